"""The web side of one process: intake, desk, control, health and metrics behind one port."""

import asyncio
import hmac
import json
from collections.abc import Awaitable, Callable, Iterator, Mapping
from typing import Any

import msgspec
from prometheus_client import generate_latest

from channels.sdk.delivery import Reply
from channels.sdk.intake import problem
from eventstore.said import unsaid
from ingest.gateway.asgi import PREFIX, Receive, Scope, Send, send_reply
from leadlog.control import PATH, OperationFailed
from leadlog.operations import run
from leadlog.readiness import for_strangers
from leadlog.system import System

App = Callable[[Scope, Receive, Send], Awaitable[None]]
Readiness = Callable[[], Awaitable[dict[str, Any]]]

_MOST_CONTROL_BYTES = 64 * 1024 * 1024
_NOT_MEASURING = problem(
    403,
    "not for everybody",
    "metrics name accounts: they are for this machine (127.0.0.1), or for whoever sends"
    " `Authorization: Bearer` with [metrics] token of leadlog.toml",
)


class FrontDoor:
    """Sends each request to the part that answers it. A bare ASGI application."""

    def __init__(
        self,
        *,
        gateway: App | None,
        desk: App | None,
        control: App | None,
        ready: Readiness,
        insider: Callable[[Scope], bool],
        measuring: Callable[[Scope], bool],
        sites: Mapping[str, App] | None = None,
    ) -> None:
        self._gateway = gateway
        self._desk = desk
        self._control = control
        self._ready = ready
        self._insider = insider
        self._measuring = measuring
        self._sites = sites or {}

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "lifespan":
            await _lifespan(receive, send)
            return
        path: str = scope.get("path", "")
        app = self._app(path)
        if app is not None:
            await app(scope, receive, send)
        elif scope["type"] == "http":
            await send_reply(send, await self._small(path, scope))

    def _app(self, path: str) -> App | None:
        if path.startswith(PREFIX):
            return self._gateway
        if path.startswith(PATH):
            return self._control
        if site := self._sites.get(path[1:].partition("/")[0]):
            return site
        return None if path in {"/healthz", "/readyz", "/metrics"} else self._desk

    async def _small(self, path: str, scope: Scope) -> Reply:
        match path:
            case "/healthz":
                return Reply(200, b"alive\n")
            case "/readyz":
                told = await self._ready()
                if not self._insider(scope):
                    told = for_strangers(told)
                status = 200 if told["ready"] else 503
                return Reply(status, msgspec.json.encode(told), "application/json")
            case "/metrics" if not self._measuring(scope):
                return _NOT_MEASURING
            case "/metrics":
                return Reply(200, generate_latest(), "text/plain; version=0.0.4; charset=utf-8")
            case _:
                return problem(404, "not found", "this process does not run the role behind it")


class Control:
    """Runs operations for the command line, each in a thread, results as JSON lines."""

    def __init__(self, system: System, token: str) -> None:
        self._system = system
        self._expected = f"Bearer {token}".encode()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        given = dict(scope["headers"]).get(b"authorization", b"")
        if not hmac.compare_digest(given, self._expected):
            await send_reply(
                send, problem(401, "not authentic", "the token of this server is needed")
            )
            return
        body = await _read(receive)
        headers = [(b"content-type", b"application/x-ndjson")]
        await send({"type": "http.response.start", "status": 200, "headers": headers})
        lines = self._lines(scope["path"].removeprefix(PATH), body)
        while block := await asyncio.to_thread(_block, lines):
            await send({"type": "http.response.body", "body": block, "more_body": True})
        await send({"type": "http.response.body", "body": b""})

    def _lines(self, name: str, body: bytes) -> Iterator[bytes]:
        try:
            for result in run(self._system, name, json.loads(body or b"{}")):
                yield msgspec.json.encode({"result": result}, enc_hook=unsaid)
        except OperationFailed as error:
            yield msgspec.json.encode({"error": str(error), "status": error.status})
        except Exception as error:  # noqa: BLE001 - the command must learn that it failed
            yield msgspec.json.encode({"error": f"{type(error).__name__}: {error}", "status": 1})
        else:
            yield b'{"done":true}'


def _block(lines: Iterator[bytes]) -> bytes:
    """Some lines at once: a thread hop for each would be slow."""
    block = b""
    for line in lines:
        block += line + b"\n"
        if len(block) > 64 * 1024:
            break
    return block


async def _read(receive: Receive) -> bytes:
    body = b""
    while True:
        message = await receive()
        body += bytes(message.get("body", b""))
        if len(body) > _MOST_CONTROL_BYTES or not message.get("more_body"):
            return body


async def _lifespan(receive: Receive, send: Send) -> None:
    while True:
        message = await receive()
        await send({"type": f"{message['type']}.complete"})
        if message["type"] == "lifespan.shutdown":
            return
