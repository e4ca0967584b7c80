"""up, run, feed: starting the system and putting lead events onto its log."""

import sys
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Annotated, Any, NoReturn

import msgspec
import typer

from leadlog.cli.ask import AsJson, Config, Data, ask, note, settings, write_json
from leadlog.cli.waiting import telling
from leadlog.control import OperationFailed
from leadlog.logs import set_up
from leadlog.role_names import NOT_YET, Role
from leadlog.settings import Settings

_CHUNK = 2000
_WAIT_S = 3600.0


class _EventId(msgspec.Struct):
    event_id: str


def add_to(app: typer.Typer) -> None:
    app.command()(up)
    app.command("run")(run_roles)
    app.command()(feed)


def up(
    port: Annotated[int | None, typer.Option(help="Port to listen on; 0 for any free one.")] = None,
    host: Annotated[str | None, typer.Option(help="Address to listen on.")] = None,
    as_json: AsJson = False,
    config: Config = None,
    data: Data = None,
) -> None:
    """Start everything in one process; Ctrl-C stops it.

    Example: [bold]leadlog up --port 8080 --data ./data[/bold]
    """
    _start(settings(config, data), port, host, tuple(Role), as_json)


def run_roles(
    roles: Annotated[list[str], typer.Argument(help=f"Any of: {', '.join(Role)}.")],
    port: Annotated[int | None, typer.Option(help="Port to listen on; 0 for any free one.")] = None,
    host: Annotated[str | None, typer.Option(help="Address to listen on.")] = None,
    as_json: AsJson = False,
    config: Config = None,
    data: Data = None,
) -> None:
    """Start chosen roles on the configured stores, one process of many.

    gateway takes deliveries, pollers fetch them, processor decides about
    them, projector keeps the numbers, outbox sends and publishes, desk shows.
    Each process answers /healthz, /readyz and /metrics on its port.

    On Kafka, PostgreSQL and ClickHouse start as many as you like
    (docs/servers.md). Embedded stores belong to one process: with them give
    all roles, or use `leadlog up`.

    Example: [bold]leadlog run processor projector --port 8081[/bold]
    """
    chosen = settings(config, data)
    names = [_role(name) for name in roles]
    mine = chosen.stores.embedded & {store for role in names for store in role.stores}
    if idle := [role for role in Role if role not in names and role.stores & mine]:
        note(f"{', '.join(idle)}: no other process can run them beside this one on embedded stores")
    _start(chosen, port, host, names, as_json)


def _role(name: str) -> Role:
    if name in NOT_YET:
        raise OperationFailed(
            f"the role {name!r} has no work in this version; leave it out", status=2
        )
    try:
        return Role(name)
    except ValueError:
        known = ", ".join(Role)
        raise OperationFailed(f"no role {name!r}; there are: {known}", status=2) from None


def _start(
    chosen: Settings, port: int | None, host: str | None, roles: Sequence[Role], as_json: bool
) -> NoReturn:
    changes: dict[str, Any] = {}
    if port is not None:
        changes["port"] = port
    if host is not None:
        changes["host"] = host
    chosen = chosen.model_copy(update={"server": chosen.server.model_copy(update=changes)})
    set_up(chosen.logging)
    from leadlog.addresses import addresses, announced, as_object
    from leadlog.roles import serve  # the web server is imported by the commands that need it

    announce = announced(as_object if as_json else addresses)
    raise typer.Exit(serve(chosen, roles=roles, announce=announce))


def feed(
    files: Annotated[list[str], typer.Argument(help="Files of lead events, - for standard input.")],
    wait: Annotated[bool, typer.Option("--wait", help="Return when all is projected.")] = False,
    as_json: AsJson = False,
    config: Config = None,
    data: Data = None,
) -> None:
    """Append lead events to the lead log: a JSON object a line (docs/lead-event.schema.json).

    Broken lines are named on standard error and go to the quarantine.

    Example: [bold]leadlog feed march.jsonl --wait[/bold]
    """
    chosen = settings(config, data)
    totals = {"appended": 0, "duplicate": 0, "quarantined": 0}
    with telling("reading") as tell:
        for chunk in _chunks(files):
            (told,) = ask(chosen, "feed", lines=chunk)
            for line in told["broken"]:
                note(line)
            for name in totals:
                totals[name] += told[name]
            tell(f"{sum(totals.values()):,} lines on the log")
        if wait:
            tell("waiting until all is processed and projected")
            (told,) = ask(chosen, "wait", seconds=_WAIT_S)
    if as_json:
        write_json([totals])
    else:
        print(", ".join(f"{count:,} {name}" for name, count in totals.items()))  # noqa: T201 - the result


def _chunks(files: list[str]) -> Iterator[list[tuple[str, int, str, bool]]]:
    seen: set[str] = set()
    chunk: list[tuple[str, int, str, bool]] = []
    for file, number, line in _lines(files):
        event = _event_id(line)
        chunk.append((file, number, line, event in seen))
        if event:
            seen.add(event)
        if len(chunk) == _CHUNK:
            yield chunk
            chunk = []
    if chunk:
        yield chunk


def _lines(files: list[str]) -> Iterator[tuple[str, int, str]]:
    for file in files:
        try:
            source = sys.stdin.buffer if file == "-" else Path(file).open("rb")  # noqa: SIM115 - closed below
        except OSError as error:
            raise OperationFailed(f"cannot read {file}: {error.strerror}", status=2) from error
        with source:
            for number, line in enumerate(source, 1):
                text = line.decode("utf-8", "surrogateescape").strip()
                if text:
                    yield ("stdin" if file == "-" else file), number, text


def _event_id(line: str) -> str:
    try:
        return msgspec.json.decode(line, type=_EventId).event_id.replace("-", "").lower()
    except (msgspec.MsgspecError, ValueError, RecursionError):
        return ""
