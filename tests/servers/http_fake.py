"""What the made-up HTTP providers share: a server in a thread of its own, and ways to misbehave.

It outlives every poller of a test, as a provider does.
"""

import asyncio
import json
import random
import threading
from collections import deque
from typing import Any, Self

from aiohttp import web

GIVEN = web.RequestKey("given", dict)
"""The parameters of a request, wherever they stood."""
HANGS_S = 30.0
"""Longer than any poller of the tests waits."""


class HttpFake:
    """`faults`, first come first served, spoil the answers one after the other; then it behaves."""

    def __init__(self, *, seed: int = 0) -> None:
        self.faults: deque[str] = deque()
        self.asked: list[tuple[str, dict[str, str]]] = []
        """Paths and parameters, as they came."""
        self._chance = random.Random(seed)
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever, daemon=True)
        self._changed: asyncio.Event | None = None
        self.url = ""

    def routes(self, app: web.Application) -> None:
        raise NotImplementedError

    def __enter__(self) -> Self:
        self._thread.start()
        self.url = asyncio.run_coroutine_threadsafe(self._started(), self._loop).result(30)
        return self

    def __exit__(self, *_: object) -> None:
        asyncio.run_coroutine_threadsafe(self._runner.cleanup(), self._loop).result(30)
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join(30)
        self._loop.close()

    async def _started(self) -> str:
        self._changed = asyncio.Event()
        app = web.Application(middlewares=[self._middleware], client_max_size=1024**2)
        self.routes(app)
        self._runner = web.AppRunner(app, handler_cancellation=True, shutdown_timeout=0.1)
        await self._runner.setup()
        site = web.TCPSite(self._runner, "127.0.0.1", 0)
        await site.start()
        host, port = self._runner.addresses[0][:2]
        return f"http://{host}:{port}"

    def change(self) -> None:
        """Wake those who wait for something new; from any thread."""
        self._loop.call_soon_threadsafe(self._wake)

    def _wake(self) -> None:
        self._changed.set()
        self._changed = asyncio.Event()

    async def wait(self, seconds: float) -> None:
        try:
            await asyncio.wait_for(self._changed.wait(), seconds)
        except TimeoutError:
            return

    @web.middleware
    async def _middleware(self, request: web.Request, handler: Any) -> web.StreamResponse:
        form = {k: str(v) for k, v in (await request.post()).items()}
        given = {**request.query, **form}
        self.asked.append((request.path, given))
        fault = self.faults.popleft() if self.faults else ""
        request[GIVEN] = given
        if spoilt := await self._spoilt(request, fault):
            return spoilt
        answer = await handler(request)
        if fault == "cut":
            return await self._cut(request, answer)
        return answer

    async def _spoilt(self, request: web.Request, fault: str) -> web.StreamResponse | None:
        match fault:
            case "html":
                return web.Response(status=502, text="<html>Bad Gateway</html>")
            case "page":
                return web.Response(text="<html>Please log in</html>", content_type="text/html")
            case "broken":
                return web.Response(body=b'{"ok":true,"result":[{"up')
            case "reset":
                request.transport.abort()
                return web.Response()
            case "hang":
                await asyncio.sleep(HANGS_S)
        return None

    async def _cut(self, request: web.Request, answer: web.StreamResponse) -> web.StreamResponse:
        """Half of the answer, then the connection ends."""
        body = answer.body
        response = web.StreamResponse(headers={"content-length": str(len(body))})
        await response.prepare(request)
        await response.write(body[: len(body) // 2])
        request.transport.abort()
        return response


def spoilt(answer: dict[str, Any], poison: dict[str, Any]) -> web.Response:
    """An answer that is no JSON, each time, because of one thing in it."""
    whole, broken = json.dumps(answer), json.dumps(poison)
    return web.Response(text=whole.replace(broken, broken[:-1] + ", oops}"))
