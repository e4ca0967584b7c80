"""Clients of Kafka that swallow a cancellation, or raise one that nobody asked for."""

import asyncio
from contextlib import suppress
from types import SimpleNamespace

import pytest

from ingest.log.in_time import GaveUp, in_time, part
from ingest.log.kafka import abandon

SOON_S = 0.01
FOR_EVER_S = 60.0


async def ended(work, within_s=20.0):
    """The task of it, once it is over; fails where it does not come back."""
    task = asyncio.ensure_future(work)
    await asyncio.wait([task], timeout=within_s)
    assert task.done(), "it waits for ever"
    return task


@pytest.fixture
async def deaf():
    """Something that goes on whenever it is cancelled, until the test is over."""
    over = asyncio.Event()

    async def goes_on():
        while not over.is_set():
            with suppress(asyncio.CancelledError):
                await over.wait()

    yield goes_on
    over.set()
    await asyncio.sleep(0)


async def cancels_itself():
    raise asyncio.CancelledError


async def answers():
    await asyncio.sleep(0)
    return "answer"


async def fails():
    raise OSError("away")


async def test_an_answer_in_time_is_given_and_a_fault_raised():
    assert await in_time(answers(), FOR_EVER_S) == "answer"
    with pytest.raises(OSError, match="away"):
        await in_time(fails(), FOR_EVER_S)


async def test_what_swallows_its_cancellation_is_left_when_its_time_is_over(deaf):
    waiting = await ended(in_time(deaf(), SOON_S))
    assert isinstance(waiting.exception(), TimeoutError)


async def test_what_cancels_itself_is_a_fault_and_not_the_end_of_its_caller():
    waiting = await ended(in_time(cancels_itself(), FOR_EVER_S))
    assert not waiting.cancelled()
    assert isinstance(waiting.exception(), GaveUp)


async def test_whoever_waits_can_be_cancelled_and_what_he_waits_for_with_him(deaf):
    kind, never = asyncio.Event(), asyncio.Event()

    async def listens():
        try:
            await never.wait()
        finally:
            kind.set()

    for work in (listens, deaf):
        waiting = asyncio.create_task(in_time(work(), FOR_EVER_S))
        await asyncio.sleep(0)
        waiting.cancel()
        assert (await ended(suppressed(waiting))).result()
    assert kind.is_set()


async def suppressed(waiting):
    with suppress(asyncio.CancelledError):
        await waiting
    return waiting.cancelled()


async def test_to_part_from_a_client_never_fails_and_never_waits_for_ever(deaf):
    assert await part(answers())
    for closing in (fails(), cancels_itself(), deaf()):
        parting = await ended(part(closing, SOON_S))
        assert parting.result() is False


async def test_a_producer_is_abandoned_whatever_its_closing_does(deaf):
    """As aiokafka's: cancelled in the middle, the second closing finds what the first cancelled."""
    client = SimpleNamespace(close=cancels_itself)
    producer = SimpleNamespace(stop=deaf, client=client, _sender=None)
    assert (await ended(abandon(producer))).result() is None
