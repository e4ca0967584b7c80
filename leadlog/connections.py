"""HTTP connections with bounds, whatever connects.

uvicorn bounds neither the size of a head nor the time that it takes, lets a connection that never
asks anything live for ever, and counts idle connections against its limit, so that idle ones shut
honest ones out. Here whoever keeps the server waiting longest goes first when there are too many.
"""

import asyncio
from collections.abc import Callable
from typing import Any, Final, cast

from uvicorn.config import Config
from uvicorn.protocols.http.httptools_impl import STATUS_LINE, HttpToolsProtocol
from uvicorn.server import ServerState

from channels.sdk.delivery import Reply
from channels.sdk.intake import problem
from ingest.gateway.asgi import Receive, Scope, Send, send_reply
from ingest.gateway.refusals import unavailable

MOST_HEAD_BYTES: Final = 64 * 1024
HEAD_WITHIN_S: Final = 15.0
"""From the connection, or from the first byte of a later request, to the end of its head."""
LINGER_S: Final = 10.0
"""How long the rest of a body is read and thrown away once it was refused: its sender, who is
still sending, gets to read why."""

_NO_REQUEST = problem(400, "this is no HTTP request", "send HTTP/1.1")
_HEAD_TOO_LARGE = problem(
    431, "the head is too large", f"address and headers may have {MOST_HEAD_BYTES} bytes"
)
_HEAD_TOO_SLOW = problem(408, "the head came too slowly", f"send it within {HEAD_WITHIN_S:.0f} s")
_OVERLOADED = unavailable("too many requests at once")


class Connections(ServerState):
    """All connections of a server. `most` are kept; the others make room."""

    def __init__(self, most: int) -> None:
        super().__init__()
        self.most = most
        self.waited_for: dict[Connection, None] = {}
        """Those from which a request, or the rest of one, must come; the longest first."""

    def welcome(self, newcomer: "Connection") -> None:
        """Wait for its request; if there are too many, close the one waited for longest."""
        if len(self.connections) > self.most and self.waited_for:
            longest = next(iter(self.waited_for))
            del self.waited_for[longest]
            longest.transport.close()
        self.waited_for[newcomer] = None


class Connection(HttpToolsProtocol):
    """One connection. `server_state` must be `Connections`."""

    def __init__(
        self,
        config: Config,
        server_state: ServerState,
        app_state: dict[str, Any],
        _loop: asyncio.AbstractEventLoop | None = None,
    ) -> None:
        super().__init__(config, server_state, app_state, _loop)
        self._all = cast("Connections", server_state)
        self._deadline: asyncio.TimerHandle | None = None
        self._refusal = _NO_REQUEST
        self._head_bytes = 0
        self._head_ended = False
        self._in_body = False

    # --- what the transport calls ---

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override] # as in uvicorn: it is always a Transport
        super().connection_made(transport)
        self._all.welcome(self)
        self._within(HEAD_WITHIN_S, self._head_too_slow)

    def connection_lost(self, exc: Exception | None) -> None:
        super().connection_lost(exc)
        self._all.waited_for.pop(self, None)
        self._in_time()

    def data_received(self, data: bytes) -> None:
        self._head_ended = False
        super().data_received(data)
        if not (self._head_ended or self._in_body or self.transport.is_closing()):
            self._head_goes_on(len(data))

    # --- what the parser calls ---

    def on_headers_complete(self) -> None:
        self._in_time()
        self._head_bytes = 0
        self._head_ended = self._in_body = True
        if sum([len(name) + len(value) for name, value in self.headers], len(self.url)) > (
            MOST_HEAD_BYTES
        ):
            self._refusal = _HEAD_TOO_LARGE
            raise ValueError("the head is too large")  # ends the parsing: see send_400_response
        overloaded = len(self.tasks) >= self._all.most
        self.app = _overloaded if overloaded else self.config.loaded_app
        super().on_headers_complete()

    def on_message_complete(self) -> None:
        super().on_message_complete()
        self._in_body = False
        if not self.cycle.response_complete:
            self._all.waited_for.pop(self, None)  # now it is for us to answer

    def on_response_complete(self) -> None:
        super().on_response_complete()
        if not self.cycle.response_complete:
            return  # the next one is here already
        self._all.waited_for.pop(self, None)
        self._all.waited_for[self] = None
        if self._in_body and self.expect_100_continue:
            self.transport.close()  # nobody knows whether the body will come
        elif self._in_body:
            self._within(LINGER_S, self.transport.close)

    def send_400_response(self, msg: str) -> None:
        """Whatever cannot be parsed, or is not to be; uvicorn's own text is `msg`."""
        del msg
        self._refuse(self._refusal)

    # --- bounds ---

    def _head_goes_on(self, size: int) -> None:
        self._head_bytes += size
        if self._head_bytes > MOST_HEAD_BYTES:
            self._refuse(_HEAD_TOO_LARGE)
        elif self._deadline is None:
            self._within(HEAD_WITHIN_S, self._head_too_slow)

    def _head_too_slow(self) -> None:
        if self._is_busy:
            return  # what came is not yet looked at: uvicorn's keep-alive follows the reply
        if self._head_bytes:
            self._refuse(_HEAD_TOO_SLOW)
        else:
            self.transport.close()

    def _within(self, seconds: float, otherwise: Callable[[], None]) -> None:
        self._in_time()
        self._deadline = self.loop.call_later(seconds, otherwise)

    def _in_time(self) -> None:
        if self._deadline is not None:
            self._deadline.cancel()
            self._deadline = None

    def _refuse(self, reply: Reply) -> None:
        if self.transport.is_closing():
            return
        if not self._is_busy:  # else it would stand in another reply's place
            self.transport.write(_bytes_of(reply))
        self.transport.close()

    @property
    def _is_busy(self) -> bool:
        """Whether a request that came as a whole still waits for its answer, or for its end."""
        cycle = self.cycle
        if cycle is None or cycle.response_complete:
            return False
        return cycle.response_started or bool(self.pipeline) or not self._in_body


def _bytes_of(reply: Reply) -> bytes:
    head = (
        f"content-type: {reply.content_type}\r\n"
        f"content-length: {len(reply.body)}\r\n"
        "connection: close\r\n\r\n"
    )
    return STATUS_LINE[reply.status] + head.encode() + reply.body


async def _overloaded(scope: Scope, receive: Receive, send: Send) -> None:
    del scope, receive
    await send_reply(send, _OVERLOADED, (("connection", "close"),))
