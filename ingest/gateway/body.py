"""Reads the body of a request within bounds of size, time and memory."""

import asyncio
from collections.abc import Callable, Mapping

from ingest.gateway.asgi import Message, Receive

SMALL = 64 * 1024
"""Bytes. A body up to this size is always read, however many others are on their way."""
PATIENCE_S = 20.0
"""For the whole of a small body; a larger one has a second more for each `LEAST_RATE` bytes."""
LEAST_RATE = 64 * 1024
_LOOKS = 20
"""How often a body's patience is looked at: it ends so much late at most."""
MOST_HELD = 128 * 1024 * 1024
"""Bytes of all bodies that are not small, together."""


class BodyTooLarge(Exception):
    """Over the limit: answer 413, whatever else comes."""


class BodyTooSlow(Exception):
    """It did not come in time: answer 408."""


class BodiesTooMany(Exception):
    """Others hold all the memory that bodies may have: answer 503, try again later."""


class ClientGone(Exception):
    """The client went away before its body was whole: there is nobody to answer."""


class Bodies:
    """The bodies on their way to one process. Used on one event loop."""

    def __init__(self, *, patience_s: float = PATIENCE_S, most_held: int = MOST_HELD) -> None:
        self._patience_s = patience_s
        self._most_held = most_held
        self._held = 0
        self._readings: set[_Reading] = set()
        self._look: asyncio.TimerHandle | None = None

    async def read(
        self,
        headers: Mapping[str, str],
        receive: Receive,
        limit: int,
    ) -> bytes:
        """The whole body. Whoever gets one gives it back by `release` when done with it."""
        length = headers.get("content-length", "")
        if length.isdecimal() and int(length) > limit:
            raise BodyTooLarge
        began = _now()
        reading = _Reading(asyncio.current_task(), began + self._patience_s)
        self._watch(reading)
        pieces: list[bytes] = []
        size = 0
        try:
            more = True
            while more:
                message = await receive()
                pieces.append(_piece_of(message))
                size = self._grown(size, len(pieces[-1]), limit)
                if more := message.get("more_body", False):
                    reading.due = began + self._patience_s + size / LEAST_RATE
        except BaseException as error:
            self._release(size)
            if reading.was_heard_as(error):
                raise BodyTooSlow from None
            raise
        finally:
            self._readings.discard(reading)
        return b"".join(pieces)

    def release(self, body: bytes) -> None:
        """Nobody holds this body any longer."""
        self._release(len(body))

    def _watch(self, reading: "_Reading") -> None:
        """One timer looks at all bodies: nearly all are here before it rings."""
        self._readings.add(reading)
        if self._look is None:
            self._look = _later(self._patience_s / _LOOKS, self._look_around)

    def _look_around(self) -> None:
        now = _now()
        for reading in self._readings:
            if reading.due <= now:
                reading.ring()
        more = self._readings
        self._look = _later(self._patience_s / _LOOKS, self._look_around) if more else None

    def _grown(self, size: int, more: int, limit: int) -> int:
        """The new size, if it may be."""
        grown = size + more
        if grown > limit:
            raise BodyTooLarge
        if grown > SMALL:
            added = grown if size <= SMALL else more
            if self._held + added > self._most_held:
                raise BodiesTooMany
            self._held += added
        return grown

    def _release(self, size: int) -> None:
        if size > SMALL:
            self._held -= size


def _piece_of(message: Message) -> bytes:
    if message["type"] == "http.disconnect":
        raise ClientGone
    piece: bytes = message.get("body", b"")
    return piece


def _now() -> float:
    """By the loop's clock, as its timers have it."""
    return asyncio.get_running_loop().time()


def _later(seconds: float, look: Callable[[], None]) -> asyncio.TimerHandle:
    return asyncio.get_running_loop().call_later(seconds, look)


class _Reading:
    """A task that reads a body, and when its patience is over."""

    __slots__ = ("due", "rang", "task")

    def __init__(self, task: "asyncio.Task[object] | None", due: float) -> None:
        self.task = task
        self.due = due
        self.rang = False

    def ring(self) -> None:
        """Cancel the task, once."""
        if not self.rang and self.task is not None:
            self.rang = True
            self.task.cancel()

    def was_heard_as(self, error: BaseException) -> bool:
        """Whether this error is the alarm's, and nobody else wants the task to end."""
        if not self.rang or self.task is None:
            return False
        return self.task.uncancel() == 0 and isinstance(error, asyncio.CancelledError)
