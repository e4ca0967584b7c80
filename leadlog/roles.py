"""Which parts run in this process, wired: the only place that constructs them."""

import asyncio
import socket
import sys
import threading
from collections.abc import AsyncIterator, Callable, Collection, Iterator, Mapping
from contextlib import AsyncExitStack, asynccontextmanager, contextmanager
from dataclasses import dataclass
from typing import Any

import uvicorn
import uvloop

from channels.sdk.adapter import WebhookAdapter
from ingest.gateway.app import Gateway
from leadlog import control
from leadlog.addresses import Announce
from leadlog.collector import settle_collector
from leadlog.desk import desk_app
from leadlog.insiders import Insiders
from leadlog.lag import progress_of
from leadlog.lead_log import KafkaLog
from leadlog.mail_door import mail_door
from leadlog.ownership import is_alone, owned
from leadlog.polling import adapters_of, is_called, polling, reasons
from leadlog.readiness import Readiness
from leadlog.role_names import Role
from leadlog.runners import Loop, Runner, join, leave
from leadlog.server import App, Control, FrontDoor
from leadlog.settings import Settings
from leadlog.system import System
from leadlog.web_server import new_server

_BACKLOG = 2048


Companion = Callable[[System, control.Address, threading.Event], None]
"""Works beside a ready server, as the demo does, in a thread of its own, until the event is set.

The server ends when it returns earlier.
"""


Sites = Callable[[System], Mapping[str, App]]
"""Makes further sites of the same server, each under the first segment of its paths."""


def serve(
    settings: Settings,
    *,
    roles: Collection[Role] = tuple(Role),
    announce: Announce,
    companion: Companion | None = None,
    sites: Sites | None = None,
) -> int:
    """These roles in one process until SIGINT or SIGTERM; gives the exit status.

    Raises DataInUse when another process owns the data directory, and an embedded store is used.
    """
    with (
        owned(settings, roles) as system,
        asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner,
    ):
        return runner.run(_serve(system, roles, announce, companion, sites))


async def _serve(
    system: System,
    roles: Collection[Role],
    announce: Announce,
    companion: Companion | None,
    sites: Sites | None,
) -> int:
    settings, stop = system.settings, system.stopping
    listening = _listen(settings.server.host, settings.server.port)
    if "events" in settings.stores.embedded and any("events" in role.stores for role in roles):
        system.base  # noqa: B018 - opened here and now: a disk that is broken is told at once
    runners = _runners(system, roles)
    async with AsyncExitStack() as ending:  # what was begun last ends first
        ending.callback(join, runners)
        address = ending.enter_context(_announced(settings, roles))
        gateway = await ending.enter_async_context(_intake(system, roles))
        ending.callback(stop.set)
        ready = Readiness(
            roles=lambda: {runner.name: runner.state for runner in runners},
            log_fault=lambda: gateway.log_fault if gateway else None,
            progress=lambda: progress_of(system, roles),
            accounts=lambda: reasons(system.polled),
        )
        desk = desk_app(system) if Role.DESK in roles else None
        commands = Control(system, address.token) if address else None
        beside = sites(system) if sites else {}
        door = FrontDoor(
            gateway=gateway,
            desk=desk,
            control=commands,
            ready=ready,
            insider=Insiders((settings.desk.token,)),
            measuring=Insiders((settings.desk.token, settings.metrics.token)),
            sites=beside,
        )
        server = new_server(door, most=settings.server.max_connections, stopping=stop)
        serving = asyncio.create_task(server.serve(sockets=[listening]))
        await _until_started(server, serving)
        if server.started:
            for runner in runners:  # not earlier: one that fails ends the server by a signal
                runner.start(stop)
            url = f"http://{_host(settings.server.host)}:{_port(server)}"
            if address is not None:
                address = control.update(settings.data, address, url)
            announce(url, settings, roles)
            sys.stdout.flush()
            if companion is not None and address is not None:
                beside_it = _Beside(server, companion, system, address)
                runners.append(Runner("companion", lambda: beside_it))
                runners[-1].start(stop)
        settle_collector()
        await serving
    status = 1 if any(runner.fault for runner in runners) or not server.started else 0
    leave(runners, status)
    return status


@contextmanager
def _announced(settings: Settings, roles: Collection[Role]) -> Iterator[control.Address | None]:
    """Where commands find this process, if they need to: else they open the stores themselves."""
    if not is_alone(settings, roles):
        yield None
        return
    try:
        yield control.announce(settings.data)
    finally:
        control.retire(settings.data)


@asynccontextmanager
async def _intake(system: System, roles: Collection[Role]) -> AsyncIterator[Gateway | None]:
    """The roles that write the lead log: what is called, which is given, and what fetches."""
    if not {Role.GATEWAY, Role.POLLERS} & {*roles}:
        yield None
        return
    writer = await system.lead_log.new_writer()
    try:
        async with AsyncExitStack() as fetching:
            if Role.POLLERS in roles:
                states = await fetching.enter_async_context(polling(system.settings, writer))
                system.polled = states
            if Role.GATEWAY in roles:
                await fetching.enter_async_context(mail_door(system.settings, writer))
            adapters = webhook_adapters(system.settings)
            yield Gateway(adapters, writer) if Role.GATEWAY in roles else None
    finally:
        await writer.close()


def _runners(system: System, roles: Collection[Role]) -> list[Runner]:
    """The roles that are loops, each of one part or some, which they open."""
    parts: dict[Role, dict[str, Callable[[], Loop]]] = {
        Role.PROCESSOR: {
            "processor": lambda: system.processor,
            "follower": lambda: system.following,
        },
        Role.PROJECTOR: {
            "projector": lambda: system.projector,
            "inbox": lambda: system.inbox.projector,
        },
        Role.OUTBOX: {"outbox": lambda: system.outbox},
    }
    if isinstance(system.lead_log, KafkaLog):
        parts[Role.OUTBOX]["publisher"] = lambda: system.publisher
    chosen = [part for role in roles for part in parts.get(role, {}).items()]
    return [Runner(name, part) for name, part in chosen]


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


@dataclass(frozen=True)
class _Beside:
    """A companion as a role, which ends with the server; and the server with it."""

    server: uvicorn.Server
    companion: Companion
    system: System
    address: control.Address

    def run(self, stop: threading.Event) -> None:
        self.companion(self.system, self.address, stop)
        self.server.should_exit = True
        stop.wait()


async def _until_started(server: uvicorn.Server, serving: "asyncio.Task[None]") -> None:
    while not (server.started or serving.done()):  # noqa: ASYNC110 - uvicorn tells it only so
        await asyncio.sleep(0.01)


def webhook_adapters(settings: Settings) -> dict[str, WebhookAdapter[Any]]:
    """The adapters of all accounts that providers call."""
    return {
        name: adapter
        for name, adapter in adapters_of(settings).items()
        if isinstance(adapter, WebhookAdapter) and is_called(adapter)
    }


def _port(server: uvicorn.Server) -> int:
    port: int = server.servers[0].sockets[0].getsockname()[1]
    return port


def _host(host: str) -> str:
    """Where this machine reaches itself, as addresses write it."""
    if ":" in host:
        return f"[{'::1' if host == '::' else host}]"
    return "127.0.0.1" if host in ("0.0.0.0", "") else host
