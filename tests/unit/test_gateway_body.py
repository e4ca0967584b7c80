"""Bodies are read within bounds of size, time and memory."""

import asyncio

import pytest

from ingest.gateway.body import (
    LEAST_RATE,
    SMALL,
    Bodies,
    BodiesTooMany,
    BodyTooLarge,
    BodyTooSlow,
    ClientGone,
)


def coming(*pieces, pause=0.0, whole=True):
    """A client that sends these pieces; None: it goes away."""
    left = list(pieces)

    async def receive():
        await asyncio.sleep(pause)
        if not left:
            await asyncio.Event().wait()
        piece = left.pop(0)
        if piece is None:
            return {"type": "http.disconnect"}
        return {"type": "http.request", "body": piece, "more_body": bool(left) or not whole}

    return receive


async def read(bodies, *pieces, limit=10 * SMALL, headers=None, **more):
    return await bodies.read(headers or {}, coming(*pieces, **more), limit)


async def test_the_pieces_are_put_together():
    assert await read(Bodies(), b"one", b"", b"two") == b"onetwo"


async def test_a_body_may_have_the_limit_and_no_more():
    assert await read(Bodies(), b"12345", b"67890", limit=10) == b"1234567890"
    with pytest.raises(BodyTooLarge):
        await read(Bodies(), b"12345", b"678901", limit=10)


async def test_a_length_over_the_limit_is_enough_to_know():
    with pytest.raises(BodyTooLarge):
        await read(Bodies(), headers={"content-length": "11"}, limit=10)


async def test_whoever_leaves_is_gone():
    with pytest.raises(ClientGone):
        await read(Bodies(), b"one", None)


async def test_a_body_must_come_in_time():
    with pytest.raises(BodyTooSlow):
        await read(Bodies(patience_s=0.05), b"one", whole=False)


async def test_who_cancels_the_reading_is_not_told_that_it_was_slow():
    reading = asyncio.create_task(read(Bodies(), b"one", whole=False))
    await asyncio.sleep(0)
    reading.cancel()
    with pytest.raises(asyncio.CancelledError):
        await reading


async def test_a_body_that_came_in_time_leaves_no_alarm_behind():
    assert await read(Bodies(patience_s=0.02), b"one") == b"one"
    await asyncio.sleep(0.05)


async def test_a_large_body_has_more_time():
    bodies = Bodies(patience_s=0.3)
    half = bytes(LEAST_RATE // 2)  # half a second more each
    assert len(await read(bodies, half, half, half, pause=0.2)) == 3 * len(half)


async def test_large_bodies_together_have_a_bound_and_small_ones_are_always_read():
    bodies = Bodies(most_held=5 * SMALL)
    large = bytes(2 * SMALL)
    kept = [await read(bodies, large), await read(bodies, large)]
    with pytest.raises(BodiesTooMany):
        await read(bodies, bytes(SMALL), bytes(SMALL))
    assert await read(bodies, bytes(SMALL)) == bytes(SMALL)
    bodies.release(kept.pop())
    kept.append(await read(bodies, bytes(SMALL), bytes(SMALL)))
    for body in kept:
        bodies.release(body)
    assert len(await read(bodies, bytes(5 * SMALL))) == 5 * SMALL


@pytest.mark.parametrize(("last", "error"), [(None, ClientGone), (bytes(SMALL), BodyTooLarge)])
async def test_what_is_not_read_to_its_end_is_not_held(last, error):
    bodies = Bodies(most_held=5 * SMALL)
    for _ in range(10):
        with pytest.raises(error):
            await read(bodies, bytes(3 * SMALL), last, limit=3 * SMALL)
    assert len(await read(bodies, bytes(5 * SMALL))) == 5 * SMALL
