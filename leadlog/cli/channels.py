"""leadlog channels: what adapters there are, trying and checking them, and making new ones."""

import json
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer
from rich.console import Console
from rich.table import Table

from channels.registry import BUILT_IN, UnknownType, adapter_class, types
from channels.sdk.adapter import PollingAdapter, WebhookAdapter
from channels.sdk.recorded import BadCall
from channels.trial import try_delivery
from leadlog.cli.ask import AsJson, Config, Data, note, write_json
from leadlog.control import OperationFailed
from projections.terminal import Terminal

if TYPE_CHECKING:  # the lab takes long to import, and one command of many needs it
    from channels.sdk.testing.rule import Rule
    from leadlog.lab.check import Report

app = typer.Typer(help="Channel adapters: list, try, check, make new ones.", no_args_is_help=True)


@app.command("list")
def list_channels(as_json: AsJson = False, config: Config = None, data: Data = None) -> None:
    """Every adapter: how it is fed, and its settings.

    Example: [bold]leadlog channels list[/bold]
    """
    del config, data
    found = [_described(name) for name in types()]
    if as_json:
        write_json(found)
        return
    table = Table("type", "fed by", "settings", "from", box=None)
    for item in found:
        table.add_row(item["type"], item["fed_by"], ", ".join(item["settings"]), item["from"])
    Terminal().print(table)


def _described(name: str) -> dict[str, Any]:
    origin = "leadlog" if name in BUILT_IN else "installed"
    try:
        found = adapter_class(name)
    except ImportError as error:
        return {
            "type": name,
            "fed_by": f"cannot be loaded: {error}",
            "settings": [],
            "from": origin,
        }
    ways = [
        way
        for way, kind in (("webhook", WebhookAdapter), ("polling", PollingAdapter))
        if issubclass(found, kind)
    ]
    common = {"type", "name", "country", "timezone", "secret_path"}
    own = [field for field in found.Settings.__struct_encode_fields__ if field not in common]
    return {"type": name, "fed_by": ", ".join(ways), "settings": own, "from": origin}


@app.command("try")
def try_one(
    account_type: Annotated[
        str | None, typer.Argument(metavar="TYPE", help="The adapter's type.")
    ] = None,
    account: Annotated[
        str | None, typer.Option(help="Account settings (JSON file), - for standard input.")
    ] = None,
    request: Annotated[
        str | None, typer.Option(help="Recorded delivery (JSON file), - for standard input.")
    ] = None,
    batch: Annotated[
        bool, typer.Option("--batch", help="One {type, account, request} a line on standard input.")
    ] = False,
    as_json: AsJson = False,
    config: Config = None,
    data: Data = None,
) -> None:
    """Run one recorded delivery through an adapter's verify and parse; changes nothing.

    Example: [bold]leadlog channels try mango --account office.json --request call.json[/bold]
    """
    del as_json, config, data
    if batch:
        _try_batch()
        return
    if not (account_type and account and request):
        raise OperationFailed("give TYPE, --account FILE and --request FILE, or --batch", status=2)
    try:
        write_json([try_delivery(account_type, _json(account), _json(request))])
    except BadCall as error:
        raise OperationFailed(str(error), status=2) from error


@app.command("check")
def check_channels(
    names: Annotated[
        list[str] | None, typer.Argument(metavar="NAME", help="Types of adapters; all of them.")
    ] = None,
    rules: Annotated[
        list[str] | None, typer.Option("--rule", help="Only this rule (may be repeated).")
    ] = None,
    tries: Annotated[
        int, typer.Option(min=1, help="Changed copies of each recording, for each rule.")
    ] = 150,
    as_json: AsJson = False,
    config: Config = None,
    data: Data = None,
) -> None:
    """Play recorded deliveries through the real gateway, whole and broken in every way.

    Exits 1 when a rule fails. What cannot be measured is said by manifest.toml beside the adapter.

    Example: [bold]leadlog channels check mango[/bold]
    """
    from leadlog.lab import report

    del config, data
    reports = list(_checked(names or list(types()), rules or [], tries))
    if as_json:
        write_json(map(report.as_object, reports))
    elif len(reports) == 1:
        report.show(Console(), reports[0])
    else:
        report.show_all(Console(), reports)
    if not all(one.ok for one in reports):
        raise typer.Exit(1)


def _checked(names: list[str], rules: list[str], tries: int) -> "Iterator[Report]":
    from channels.sdk.testing.recordings import BadRecording
    from leadlog.lab.check import ALL_RULES, check

    unknown = sorted(set(rules) - {rule.name for rule in ALL_RULES})
    if unknown:
        known = ", ".join(rule.name for rule in ALL_RULES)
        raise OperationFailed(f"no rule {', '.join(unknown)}; there are: {known}", status=2)
    with Console(stderr=True).status("") as status:
        for name in names:

            def progress(rule: "Rule", name: str = name) -> None:
                status.update(f"{name}: {rule.name}")

            try:
                yield check(name, only=rules, tries=tries, progress=progress)
            except (UnknownType, BadRecording) as error:
                raise OperationFailed(str(error), status=2) from error


@app.command("new")
def new_channel(
    name: Annotated[str, typer.Argument(metavar="NAME", help="The new type, such as acme_crm.")],
    folder: Annotated[
        Path | None,
        typer.Option("--dir", help="Write a package of its own there, not into this checkout."),
    ] = None,
    as_json: AsJson = False,
    config: Config = None,
    data: Data = None,
) -> None:
    """Write an adapter that works: one file, with its recordings, its test and its page.

    Then make it yours; docs/channels/author.md tells how.

    Example: [bold]leadlog channels new acme_crm --dir ../leadlog-acme[/bold]
    """
    from leadlog.scaffold import write_adapter

    del config, data
    written = [str(path) for path in write_adapter(name, folder)]
    next_steps = _next_steps(name, folder)
    if as_json:
        write_json([{"type": name, "files": written, "next": next_steps}])
        return
    for line in (*written, "", "Next:", *next_steps):
        typer.echo(line)


def _next_steps(name: str, folder: Path | None) -> list[str]:
    if folder:
        tests = folder / "tests"
        return [f"pip install -e {folder}", f"leadlog channels check {name}", f"pytest {tests}"]
    return [
        f"leadlog channels check {name}",
        f"pytest tests/channels/{name}",
        f"name channels.{name} in the import contracts of pyproject.toml",
        f"name channels/{name}/README.md in docs/channels/README.md",
    ]


def _try_batch() -> None:
    failed = False
    for number, line in enumerate(sys.stdin.buffer, 1):
        if not line.strip():
            continue
        try:
            asked = json.loads(line)
            write_json([try_delivery(asked["type"], asked["account"], asked["request"])])
        except (BadCall, ValueError, KeyError, TypeError, RecursionError) as error:
            failed = True
            note(f"line {number}: {type(error).__name__}: {error}")
            write_json([{"error": str(error), "line": number}])
    if failed:
        raise typer.Exit(2)


def _json(file: str) -> Any:
    try:
        text = sys.stdin.read() if file == "-" else Path(file).read_text(encoding="utf-8")
        return json.loads(text)
    except (OSError, ValueError) as error:
        raise OperationFailed(f"{file}: {error}", status=2) from error
