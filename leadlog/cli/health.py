"""doctor: what is good, odd or broken, and what to do."""

from collections.abc import Iterator
from pathlib import Path

import msgspec
import typer
from rich.console import Console
from rich.markup import escape

from leadlog.cli.ask import AsJson, Config, Data, ask, settings, write_json
from leadlog.control import OperationFailed
from leadlog.machine import Finding
from leadlog.ownership import DataInUse
from leadlog.settings import DEFAULT_FILE, ConfigurationError

_COLOURS = {"good": "green", "odd": "yellow", "broken": "red"}


def add_to(app: typer.Typer) -> None:
    app.command()(doctor)


def doctor(as_json: AsJson = False, config: Config = None, data: Data = None) -> None:
    """Look at settings, stores, channels, clock and lag; exit 1 if anything is broken.

    Example: [bold]leadlog doctor --json | jq 'select(.state != "good")'[/bold]
    """
    found = []
    for finding in _examined(config, data):
        found.append(finding)
        if as_json:
            write_json([msgspec.to_builtins(finding)])
        else:
            _show(finding)
    if any(finding.state == "broken" for finding in found):
        raise typer.Exit(1)


def _examined(config: Path | None, data: Path | None) -> Iterator[Finding]:
    from leadlog import doctor as findings

    try:
        chosen = settings(config, data)
    except ConfigurationError as error:
        yield from findings.of_faults(error)
        return
    yield from findings.of_settings(chosen, config or DEFAULT_FILE)
    try:
        for told in ask(chosen, "doctor"):
            yield msgspec.convert(told, Finding)
    except (DataInUse, OperationFailed, OSError) as error:
        remedy = "stop that process, or repair what it says, then ask again"
        yield Finding("stores", "broken", str(error), remedy)


def _show(finding: Finding) -> None:
    colour = _COLOURS[finding.state]
    console = Console(soft_wrap=True, highlight=False)
    head = f"[{colour}]{finding.state:6}[/{colour}]  {finding.subject:18}"
    console.print(f"{head} {escape(finding.told)}")
    if finding.remedy:
        console.print(f"{'':27}[dim]{escape(finding.remedy)}[/dim]")
