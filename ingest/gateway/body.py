"""Reads the body of a request within bounds of size, time and memory."""

import asyncio
from collections.abc import Mapping

from ingest.gateway.asgi import Message, Receive

SMALL = 64 * 1024
"""Bytes. A body up to this size is always read, however many others are on their way."""
PATIENCE_S = 20.0
"""For the whole of a small body; a larger one has a second more for each `LEAST_RATE` bytes."""
LEAST_RATE = 64 * 1024
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
    """The bodies on their way to one process."""

    def __init__(self, *, patience_s: float = PATIENCE_S, most_held: int = MOST_HELD) -> None:
        self._patience_s = patience_s
        self._most_held = most_held
        self._held = 0

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
        alarm = _Alarm(self._patience_s)
        pieces: list[bytes] = []
        size = 0
        try:
            more = True
            while more:
                message = await receive()
                pieces.append(_piece_of(message))
                size = self._grown(size, len(pieces[-1]), limit)
                if more := message.get("more_body", False):
                    alarm.put_off(self._patience_s + size / LEAST_RATE)
        except BaseException as error:
            self._release(size)
            if alarm.was_heard_as(error):
                raise BodyTooSlow from None
            raise
        finally:
            alarm.off()
        return b"".join(pieces)

    def release(self, body: bytes) -> None:
        """Nobody holds this body any longer."""
        self._release(len(body))

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


class _Alarm:
    """Cancels this task once its time is over: `asyncio.timeout` in a fifth of its time."""

    def __init__(self, within: float) -> None:
        self._task = asyncio.current_task()
        self._loop = asyncio.get_running_loop()
        self._began = self._loop.time()
        self._rang = False
        self._timer = self._loop.call_at(self._began + within, self._ring)

    def put_off(self, within: float) -> None:
        """Ring so many seconds after the beginning instead."""
        self._timer.cancel()
        self._timer = self._loop.call_at(self._began + within, self._ring)

    def off(self) -> None:
        self._timer.cancel()

    def was_heard_as(self, error: BaseException) -> bool:
        """Whether this error is the alarm's, and nobody else wants the task to end."""
        if not self._rang or self._task is None:
            return False
        return self._task.uncancel() == 0 and isinstance(error, asyncio.CancelledError)

    def _ring(self) -> None:
        self._rang = True
        if self._task is not None:
            self._task.cancel()
