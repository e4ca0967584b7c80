"""A provider's HTTP API as tests want it: over a real socket, and as badly behaved as they say."""

import asyncio
import json
import threading
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any, Self

from aiohttp import web


@dataclass(frozen=True)
class Asked:
    """One request that came."""

    method: str
    path: str
    query: dict[str, str]
    headers: dict[str, str]
    fields: dict[str, str]
    """Of a form."""
    body: Any
    """Of JSON; None otherwise."""


@dataclass(frozen=True)
class Says:
    """An answer."""

    body: Any = None
    status: int = 200
    headers: dict[str, str] = field(default_factory=dict)


class Cuts:
    """The provider has done what was asked, and the connection breaks before it says so."""


Act = Says | Cuts


class Provider:
    """Answers with `script`, act by act, and then by `usually`. Runs in a thread of its own."""

    def __init__(self, usually: Callable[[Asked], Act]) -> None:
        self.usually = usually
        self.script: list[Act] = []
        self.asked: list[Asked] = []
        self._ready = threading.Event()
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._run, daemon=True)
        self.url = ""

    def __enter__(self) -> Self:
        self._thread.start()
        if not self._ready.wait(60):
            raise TimeoutError("the made-up provider did not start")
        return self

    def __exit__(self, *_: object) -> None:
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join(60)

    def _run(self) -> None:
        asyncio.set_event_loop(self._loop)
        runner = self._loop.run_until_complete(self._start())
        self._ready.set()
        self._loop.run_forever()
        self._loop.run_until_complete(runner.cleanup())
        self._loop.close()

    async def _start(self) -> web.AppRunner:
        application = web.Application()
        application.router.add_route("*", "/{anything:.*}", self._answer)
        runner = web.AppRunner(application, shutdown_timeout=0.1)
        await runner.setup()
        site = web.TCPSite(runner, "127.0.0.1", 0)
        await site.start()
        port = site._server.sockets[0].getsockname()[1]
        self.url = f"http://127.0.0.1:{port}"
        return runner

    async def _answer(self, request: web.Request) -> web.StreamResponse:
        asked = await _read(request)
        self.asked.append(asked)
        act = self.script.pop(0) if self.script else self.usually(asked)
        if isinstance(act, Cuts):
            request.transport.abort()
            return web.Response()
        text = act.body if isinstance(act.body, str) else json.dumps(act.body)
        return web.Response(
            text=text, status=act.status, headers=act.headers, content_type="application/json"
        )


async def _read(request: web.Request) -> Asked:
    whole = await request.read()
    is_json = request.content_type == "application/json"
    fields = {} if is_json else {k: str(v) for k, v in (await request.post()).items()}
    return Asked(
        request.method,
        request.path,
        dict(request.query),
        dict(request.headers),
        fields,
        json.loads(whole) if is_json and whole else None,
    )
