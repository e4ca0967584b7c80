"""A TCP proxy that does to connections what networks do, at a moment of the test's choosing.

Where nothing is to pass, the kernel drops every packet that comes to our end, as a cut wire would:
nothing is acknowledged, no answer comes to a SYN, and keep-alives find nobody.
"""

import asyncio
import contextlib
import ctypes
import socket
import struct
import threading
from collections.abc import Callable
from enum import Enum
from typing import Self

_CHUNK = 1 << 20
_RESET_AT_CLOSE = struct.pack("ii", 1, 0)
_ATTACH_FILTER, _DETACH_FILTER = 26, 27  # SO_ATTACH_FILTER of asm-generic/socket.h
_TAKE_NOTHING = ctypes.create_string_buffer(struct.pack("HBBI", 6, 0, 0, 0))  # BPF: return 0
_FILTER = struct.pack("HP", 1, ctypes.addressof(_TAKE_NOTHING))


class Way(Enum):
    """What passes."""

    OPEN = "everything"
    DARK = "nothing, not even an acknowledgement; connections go on where they were"
    DEAF = "what clients say; what servers answer is lost, and they have done it all the same"


class _Pair:
    """A connection: what the client has, and what the server has, of it."""

    def __init__(self, client: asyncio.StreamWriter, server: asyncio.StreamWriter) -> None:
        self.client = client
        self.server = server
        self.spoilt = False
        """Something of it was lost on the way: it can only end."""
        self.half_open = False
        """The server has ended it, and the client was never told."""


class Proxy:
    """Between clients and one server on the loopback, from the start until `close`.

    `cut_at` is what a client says when its connection is cut, once; with `heard` the server still
    gets it, and only the answer is lost. With `strike` nothing is cut: that is called instead, as
    soon as the server was told.
    """

    def __init__(self, port: int, *, at: int = 0) -> None:
        """To the server at `port`; clients come in `at`, by default any port that is free."""
        self._server_port = port
        self.cut_at: bytes | None = None
        self.heard = False
        self.strike: Callable[[], None] | None = None
        self.cuts = 0
        """Connections that were cut, and strikes."""
        self.lost = 0
        """Answers that were taken from a server and not handed on."""
        self._way = Way.OPEN
        self._pairs: set[_Pair] = set()
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever, daemon=True)
        self._thread.start()
        self._listening = self._run(self._listen(at))
        self.port: int = self._listening.sockets[0].getsockname()[1]

    def let(self, way: Way) -> None:
        """From now on. What has lost something ends by a reset once the way is open again."""
        self._run(self._let(way))

    def reset(self) -> int:
        """End every connection by RST on both sides; gives how many there were."""
        return self._run(self._reset_those(self._pairs.copy))

    def half_open(self) -> int:
        """End every connection for the server alone; whatever the client says is lost.

        Gives how many there were.
        """
        return self._run(self._end_for_server())

    def close(self) -> None:
        self._run(self._close())
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join()
        self._loop.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def _run(self, work):
        return asyncio.run_coroutine_threadsafe(work, self._loop).result(30)

    # --- on the loop ---

    async def _listen(self, at: int) -> asyncio.Server:
        return await asyncio.start_server(self._connect, "127.0.0.1", at, limit=_CHUNK)

    async def _connect(self, heard: asyncio.StreamReader, client: asyncio.StreamWriter) -> None:
        try:
            answered, server = await asyncio.open_connection(
                "127.0.0.1", self._server_port, limit=_CHUNK
            )
        except OSError:
            _reset(client)
            return
        pair = _Pair(client, server)
        self._pairs.add(pair)
        try:
            await asyncio.gather(self._tell(heard, pair), self._answer(answered, pair))
        except asyncio.CancelledError:
            pass  # by `close`; asyncio's own callback would tell of it at length
        finally:
            self._pairs.discard(pair)

    async def _tell(self, heard: asyncio.StreamReader, pair: _Pair) -> None:
        """What the client says, to the server."""
        try:
            while data := await heard.read(_CHUNK):
                struck = self.cut_at is not None and self.cut_at in data
                if struck:
                    self.cut_at = None
                    self.cuts += 1
                    pair.spoilt = self.strike is None
                if struck and pair.spoilt and not self.heard:
                    break
                pair.server.write(data)
                await pair.server.drain()
                if struck and self.strike is not None:
                    self.strike()
        except OSError:
            pass
        _end(pair.client, pair.server)

    async def _answer(self, answered: asyncio.StreamReader, pair: _Pair) -> None:
        """What the server says, to the client. A cut connection ends with its answer."""
        try:
            while data := await answered.read(_CHUNK):
                if pair.spoilt and self._way is Way.OPEN:
                    break
                if self._way is Way.DEAF or pair.spoilt:
                    pair.spoilt = True
                    self.lost += 1
                    continue
                pair.client.write(data)
                await pair.client.drain()
        except OSError:
            pass
        if not pair.half_open:
            _end(pair.client, pair.server)

    async def _let(self, way: Way) -> None:
        self._way = way
        for end in (*self._listening.sockets, *self._clients()):
            _filter(end, nothing=way is Way.DARK)
        if way is Way.OPEN:
            await self._reset_those(lambda: {p for p in self._pairs if p.spoilt or p.half_open})

    async def _reset_those(self, chosen: Callable[[], set[_Pair]]) -> int:
        pairs = chosen()
        for pair in pairs:
            _reset(pair.client, pair.server)
        await asyncio.sleep(0)
        return len(pairs)

    async def _end_for_server(self) -> int:
        for pair in self._pairs:
            pair.half_open = True
            _filter(_socket(pair.client), nothing=True)
            _reset(pair.server)
        return len(self._pairs)

    def _clients(self) -> list[socket.socket]:
        return [_socket(pair.client) for pair in self._pairs if not pair.client.is_closing()]

    async def _close(self) -> None:
        self._listening.close()
        await self._reset_those(self._pairs.copy)
        others = asyncio.all_tasks() - {asyncio.current_task()}
        for task in others:
            task.cancel()
        await asyncio.gather(*others, return_exceptions=True)


def _socket(end: asyncio.StreamWriter) -> socket.socket:
    own: socket.socket = end.get_extra_info("socket")
    return own


def _filter(end: socket.socket, *, nothing: bool) -> None:
    """From now on the kernel gives this socket nothing, or everything again."""
    if nothing:
        end.setsockopt(socket.SOL_SOCKET, _ATTACH_FILTER, _FILTER)
    else:
        with contextlib.suppress(OSError):  # it had none
            end.setsockopt(socket.SOL_SOCKET, _DETACH_FILTER, 0)


def _reset(*ends: asyncio.StreamWriter) -> None:
    for end in ends:
        if _socket(end).fileno() >= 0:
            _socket(end).setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, _RESET_AT_CLOSE)
        end.transport.abort()


def _end(*ends: asyncio.StreamWriter) -> None:
    for end in ends:
        end.close()
