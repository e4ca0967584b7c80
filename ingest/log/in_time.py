"""An end to every wait for a client of Kafka, whatever it makes of being cancelled.

aiokafka swallows cancellations while it closes (`AIOKafkaClient.close`), and raises some that
nobody asked for: `AIOKafkaConsumer.stop` does, should a fetch pause just then because its broker is
gone. `asyncio.wait_for` waits for ever for the former, and hands the latter to its caller, who ends
without a word.
"""

import asyncio
from collections.abc import Coroutine
from typing import Any, Final, TypeVar

T = TypeVar("T")

_FAREWELL_S: Final = 1.0
_GRACE_S: Final = 0.2
_CANCELS: Final = 2
_left: set["asyncio.Task[Any]"] = set()
"""A loop alone does not keep its tasks alive."""


class GaveUp(ConnectionError):
    """A client of Kafka ended its work by itself, and did not say why."""


async def in_time(work: Coroutine[Any, Any, T], seconds: float) -> T:
    """What `work` gives; TimeoutError if it takes longer, GaveUp if it cancels itself.

    What does not let itself be cancelled is left to end whenever it will.
    """
    task = asyncio.ensure_future(work)
    try:
        done, _ = await asyncio.wait([task], timeout=seconds)
    except asyncio.CancelledError:
        await _leave(task)
        raise
    if not done:
        await _leave(task)
        raise TimeoutError
    if task.cancelled():
        raise GaveUp("the client of Kafka gave up by itself")
    return task.result()


async def part(closing: Coroutine[Any, Any, object], seconds: float = _FAREWELL_S) -> bool:
    """Close a client that is done with; False where it does not close, or not so soon."""
    try:
        await in_time(closing, seconds)
    except Exception:  # noqa: BLE001 - nothing more is wanted of it
        return False
    return True


async def _leave(task: "asyncio.Task[Any]") -> None:
    _left.add(task)
    task.add_done_callback(_forget)
    for _ in range(_CANCELS):
        if not task.done():
            task.cancel()
            await asyncio.wait([task], timeout=_GRACE_S)


def _forget(task: "asyncio.Task[Any]") -> None:
    _left.discard(task)
    if not task.cancelled():
        task.exception()  # seen: nobody is left whom it concerns
