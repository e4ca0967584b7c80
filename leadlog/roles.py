"""Which parts run in this process, wired: the only place that constructs them."""

import asyncio
import os
import signal
import socket
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import AsyncExitStack
from dataclasses import dataclass
from typing import Any

import structlog
import uvicorn
import uvloop

from channels.registry import make_adapter
from channels.sdk.adapter import PollingAdapter, WebhookAdapter
from ingest.gateway.app import Gateway
from ingest.log.sqlite import SQLiteLogWriter
from leadlog import control
from leadlog.desk import desk_app
from leadlog.lag import progress_of
from leadlog.polling import is_called, polling, reasons
from leadlog.readiness import Readiness
from leadlog.server import Control, FrontDoor
from leadlog.settings import Settings
from leadlog.system import System, owned
from leadlog.web_server import new_server

_STOP_WITHIN_S = 4.0
"""For what the threads have begun, after the same again for requests: below 10 s together."""
_BACKLOG = 2048
_log = structlog.get_logger()


@dataclass
class Runner:
    """A role that is a loop in a thread of its own."""

    name: str
    loop: Callable[[threading.Event], None]
    fault: BaseException | None = None
    thread: threading.Thread | None = None

    def start(self, stop: threading.Event) -> None:
        self.thread = threading.Thread(target=self._run, args=(stop,), name=self.name, daemon=True)
        self.thread.start()

    def _run(self, stop: threading.Event) -> None:
        try:
            self.loop(stop)
        except BaseException as fault:  # noqa: BLE001 - told by /readyz, and the process ends
            self.fault = fault
            _log.exception("role_failed", role=self.name)
            signal.raise_signal(signal.SIGTERM)

    @property
    def state(self) -> str:
        if self.fault is not None:
            return f"failed: {type(self.fault).__name__}: {self.fault}"
        return "ok" if self.thread is not None and self.thread.is_alive() else "not running"


Companion = Callable[[System, control.Address, threading.Event], None]
"""Works beside a ready server, as the demo does, in a thread of its own, until the event is set.

The server ends when it returns earlier.
"""


def serve(
    settings: Settings,
    *,
    announce: Callable[[str], None] = print,
    companion: Companion | None = None,
) -> int:
    """Every role in one process until SIGINT or SIGTERM; gives the exit status.

    Raises DataInUse when another process owns the data directory.
    """
    with owned(settings) as system, asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        return runner.run(_serve(settings, system, announce, companion))


async def _serve(
    settings: Settings,
    system: System,
    announce: Callable[[str], None],
    companion: Companion | None,
) -> int:
    listening = _listen(settings.server.host, settings.server.port)
    stop = system.stopping
    writer = SQLiteLogWriter(system.log_path)
    runners = [
        Runner("processor", system.processor.run),
        Runner("projector", system.projector.run),
        Runner("inbox", system.inbox.projector.run),
    ]
    adapters = webhook_adapters(settings)
    address = control.announce(settings.data, "http://starting")
    gateway = Gateway(adapters, writer)
    door = FrontDoor(
        gateway=gateway,
        desk=desk_app(system),
        control=Control(system, address.token),
        ready=Readiness(
            roles=lambda: {runner.name: runner.state for runner in runners},
            log_fault=lambda: gateway.log_fault,
            progress=lambda: progress_of(system),
            accounts=lambda: reasons(system.polled),
        ),
    )
    server = new_server(door, most=settings.server.max_connections, stopping=stop)
    for runner in runners:
        runner.start(stop)
    fetching = AsyncExitStack()
    try:
        system.polled = await fetching.enter_async_context(polling(settings, writer))
        serving = asyncio.create_task(server.serve(sockets=[listening]))
        await _until_started(server, serving)
        if server.started:
            url = f"http://{_host(settings.server.host)}:{_port(server)}"
            address = control.update(settings.data, address, url)
            for line in _addresses(url, settings):
                announce(line)
            if companion is not None:
                runners.append(_beside(server, companion, system, address))
                runners[-1].start(stop)
        await serving
    finally:
        stop.set()
        await fetching.aclose()
        await writer.close()
        control.retire(settings.data)
        _join(runners)
    return 1 if any(runner.fault for runner in runners) or not server.started else 0


def _join(runners: list[Runner]) -> None:
    """Wait for what the roles have begun; a role that does not come to an end is cut off.

    That loses nothing: every role can be killed at any moment.
    """
    give_up = time.monotonic() + _STOP_WITHIN_S
    for runner in runners:
        if runner.thread is not None:
            runner.thread.join(max(0.0, give_up - time.monotonic()))
            if runner.thread.is_alive():
                _log.error("role_cut_off", role=runner.name, waited_s=_STOP_WITHIN_S)
                os._exit(1)


def _listen(host: str, port: int) -> socket.socket:
    """The socket, before anything else starts; OperationFailed where it cannot be had."""
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    try:
        return socket.create_server((host, port), family=family, backlog=_BACKLOG)
    except OSError as error:
        why = str(error.strerror).partition(" (while")[0]
        raise control.OperationFailed(
            f"cannot listen on {host}:{port}: {why}; choose another with --port or --host"
        ) from error


def _beside(
    server: uvicorn.Server, companion: Companion, system: System, address: control.Address
) -> Runner:
    def run(stop: threading.Event) -> None:
        companion(system, address, stop)
        server.should_exit = True

    return Runner("companion", run)


async def _until_started(server: uvicorn.Server, serving: "asyncio.Task[None]") -> None:
    while not (server.started or serving.done()):  # noqa: ASYNC110 - uvicorn tells it only so
        await asyncio.sleep(0.01)


def webhook_adapters(settings: Settings) -> dict[str, WebhookAdapter[Any]]:
    """The adapters of all accounts that providers call."""
    made = {str(table["name"]): make_adapter(dict(table)) for table in settings.accounts}
    return {name: a for name, a in made.items() if isinstance(a, WebhookAdapter) and is_called(a)}


def _port(server: uvicorn.Server) -> int:
    port: int = server.servers[0].sockets[0].getsockname()[1]
    return port


def _host(host: str) -> str:
    """Where this machine reaches itself, as addresses write it."""
    if ":" in host:
        return f"[{'::1' if host == '::' else host}]"
    return "127.0.0.1" if host in ("0.0.0.0", "") else host


def _ways_in(url: str, table: dict[str, Any]) -> Iterator[str]:
    """Where an account's deliveries go, and where they are fetched."""
    name, adapter = table["name"], make_adapter(dict(table))
    source = adapter.fetched_from() if isinstance(adapter, PollingAdapter) else ""
    if source:
        yield f"fetched  {name} from {source}"
    if is_called(adapter):
        secret = "/<secret_path>" if table.get("secret_path") else ""
        yield f"intake   {url}/in/{name}{secret}"
    elif not source:
        yield f"NOT FETCHED {name}: its settings do not say from where; see the README of its type"


def _addresses(url: str, settings: Settings) -> Iterator[str]:
    yield f"leadlog is ready at {url}/"
    yield f"  numbers  {url}/numbers"
    for table in settings.accounts:
        for way in _ways_in(url, table):
            yield f"  {way}   ({table['type']})"
    if not settings.accounts:
        yield "  no accounts are configured; see leadlog.example.toml, or try: leadlog demo"
    sys.stdout.flush()
