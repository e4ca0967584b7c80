"""Reads the body of a request within bounds of size, time and memory."""

import asyncio

from ingest.gateway.asgi import Receive

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
        headers: list[tuple[bytes, bytes]],
        receive: Receive,
        limit: int,
    ) -> bytes:
        """The whole body. Whoever gets one gives it back by `release` when done with it."""
        for name, value in headers:
            if name == b"content-length" and value.isdigit() and int(value) > limit:
                raise BodyTooLarge
        pieces: list[bytes] = []
        began = asyncio.get_running_loop().time()
        size = 0
        try:
            async with asyncio.timeout(self._patience_s) as deadline:
                more = True
                while more:
                    more = await _piece(receive, pieces)
                    size = self._grown(size, len(pieces[-1]), limit)
                    if more:
                        deadline.reschedule(began + self._patience_s + size / LEAST_RATE)
        except BaseException as error:
            self._release(size)
            if isinstance(error, TimeoutError):
                raise BodyTooSlow from None
            raise
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


async def _piece(receive: Receive, pieces: list[bytes]) -> bool:
    """Append the next piece; whether there are more."""
    message = await receive()
    if message["type"] == "http.disconnect":
        raise ClientGone
    pieces.append(message.get("body", b""))
    return bool(message.get("more_body"))
