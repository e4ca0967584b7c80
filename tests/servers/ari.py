"""A made-up exchange: ARI's websocket of events. Like the real one it repeats nothing."""

import asyncio
import base64
import json
from typing import Any

from aiohttp import web
from servers.http_fake import HttpFake

USER, PASSWORD = "leadlog", "secret-of-ari-conf"


class AriFake(HttpFake):
    def __init__(self) -> None:
        super().__init__()
        self._sockets: set[web.WebSocketResponse] = set()
        self.connections = 0

    def routes(self, app: web.Application) -> None:
        app.router.add_get("/ari/events", self._events)

    def tell(self, *events: dict[str, Any] | str) -> None:
        texts = [event if isinstance(event, str) else json.dumps(event) for event in events]
        asyncio.run_coroutine_threadsafe(self._send(texts), self._loop).result(30)

    def hang_up(self) -> None:
        self._loop.call_soon_threadsafe(
            lambda: [socket._req.transport.abort() for socket in self._sockets]
        )

    async def _send(self, texts: list[str]) -> None:
        for socket in self._sockets:
            for text in texts:
                await socket.send_str(text)

    async def _events(self, request: web.Request) -> web.StreamResponse:
        expected = base64.b64encode(f"{USER}:{PASSWORD}".encode()).decode()
        if request.headers.get("Authorization") != f"Basic {expected}":
            return web.Response(status=401)
        socket = web.WebSocketResponse()
        await socket.prepare(request)
        self._sockets.add(socket)
        self.connections += 1
        try:
            async for _ in socket:
                pass
        finally:
            self._sockets.discard(socket)
        return socket


def destroyed(number: int, **more: Any) -> dict[str, Any]:
    """The end of a call from outside that was answered."""
    return {
        "type": "ChannelDestroyed",
        "timestamp": "2026-02-01T13:00:50.000+0300",
        "cause": 16,
        "cause_txt": "Normal Clearing",
        "channel": {
            "id": f"1735690700.{number}",
            "name": f"PJSIP/trunk-{number:08x}",
            "state": "Up",
            "caller": {"name": "", "number": f"7921{number:07}"},
            "connected": {"name": "", "number": "101"},
            "dialplan": {"context": "from-trunk", "exten": "78120000000", "priority": 5},
            "creationtime": "2026-02-01T13:00:00.000+0300",
        },
        "application": "leadlog",
        **more,
    }
