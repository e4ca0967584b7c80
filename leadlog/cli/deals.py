"""leadlog deal: what is being sold, and the commands of operators."""

from typing import Annotated, Any

import typer
from rich.console import Console
from rich.table import Table

from leadlog.cli.ask import AsJson, Config, Data, ask, settings, write_json
from leadlog.cli.cards import DryRun, Reason, decide

app = typer.Typer(help="Deals: list, show, and move them.", no_args_is_help=True)

Deal = Annotated[str, typer.Argument(metavar="DEAL", help="The deal's id.")]
Actor = Annotated[str, typer.Option("--as", help="Who does it.")]
Command = Annotated[
    str | None, typer.Option("--command", help="Id of the command: the same twice is one effect.")
]
Version = Annotated[
    int | None, typer.Option("--version", help="Refuse if the deal changed since this version.")
]


@app.command("list")
def list_deals(
    status: Annotated[str | None, typer.Option(help="open, won, lost or declined.")] = None,
    everything: Annotated[
        bool, typer.Option("--all", help="Those joined into others or withdrawn, too.")
    ] = False,
    as_json: AsJson = False,
    config: Config = None,
    data: Data = None,
) -> None:
    """Every deal.

    Example: [bold]leadlog deal list --status open[/bold]
    """
    found = ask(settings(config, data), "deal.list", status=status, all=everything)
    if as_json:
        write_json(found)
        return
    table = Table("deal", "person", "name", "pipeline", "stage", "status", "touches", box=None)
    for deal in found:
        table.add_row(
            deal["id"], deal["person"], deal["name"], deal.get("pipeline", ""),
            deal.get("stage", ""), deal["status"], str(len(deal["leads"])),
        )  # fmt: skip
    Console().print(table)


@app.command()
def show(deal: Deal, as_json: AsJson = False, config: Config = None, data: Data = None) -> None:
    """One deal with its touches.

    Example: [bold]leadlog deal show 3f0c…[/bold]
    """
    (found,) = ask(settings(config, data), "deal.show", id=deal)
    if as_json:
        write_json([found])
        return
    console = Console()
    for name in (
        "id", "version", "person", "name", "pipeline", "stage", "status", "amount", "currency",
        "owner", "repeat_of",
    ):  # fmt: skip
        console.print(f"{name:10} {found.get(name) or ''}", markup=False)
    for name in found["also_open"]:
        console.print(f"also open  {name}", markup=False)
    for name, text in found["fields"].items():
        console.print(f"  {name}: {text}", markup=False)
    for touch in found["timeline"]:
        console.print(f"  {touch['at']}  {touch['channel']:10} {touch['kind']}", markup=False)
    for entry in found["history"]:
        passed = f", passing {', '.join(entry['skipped'])}" if entry.get("skipped") else ""
        what = f"{entry['what']} {entry.get('stage', '')}{passed}".strip()
        line = f"  {entry['at']}  (recorded {entry['recorded_at']})  {what}"
        console.print(f"{line}  {entry['actor'] or ''}", markup=False)


@app.command()
def accept(
    deal: Deal,
    actor: Actor = "",
    command: Command = None,
    version: Version = None,
    as_json: AsJson = False,
    config: Config = None,
    data: Data = None,
) -> None:
    """Take an unsorted deal.

    Example: [bold]leadlog deal accept 3f0c… --as anna[/bold]
    """
    _command(config, data, as_json, "accept", deal, actor=actor, command=command, version=version)


@app.command()
def decline(
    deal: Deal,
    reason: Annotated[str, typer.Option(help="From the pipeline's list, spam among them.")],
    actor: Actor = "",
    command: Command = None,
    version: Version = None,
    as_json: AsJson = False,
    config: Config = None,
    data: Data = None,
) -> None:
    """Decline an unsorted deal.

    Example: [bold]leadlog deal decline 3f0c… --reason spam[/bold]
    """
    given = {"actor": actor, "command": command, "version": version, "reason": reason}
    _command(config, data, as_json, "decline", deal, **given)


@app.command()
def stage(
    deal: Deal,
    to: Annotated[str, typer.Argument(metavar="STAGE", help="The stage's id.")],
    amount: Annotated[str | None, typer.Option(help="Amount, where the stage wants one.")] = None,
    actor: Actor = "",
    command: Command = None,
    version: Version = None,
    as_json: AsJson = False,
    config: Config = None,
    data: Data = None,
) -> None:
    """Move a deal to a stage.

    Example: [bold]leadlog deal stage 3f0c… contract --amount 149900[/bold]
    """
    given = {"actor": actor, "command": command, "version": version, "amount": amount}
    _command(config, data, as_json, "stage", deal, stage=to, **given)


@app.command()
def won(
    deal: Deal,
    amount: Annotated[str | None, typer.Option(help="What it came to.")] = None,
    actor: Actor = "",
    command: Command = None,
    version: Version = None,
    as_json: AsJson = False,
    config: Config = None,
    data: Data = None,
) -> None:
    """The customer bought.

    Example: [bold]leadlog deal won 3f0c… --amount 149900[/bold]
    """
    given = {"actor": actor, "command": command, "version": version, "amount": amount}
    _command(config, data, as_json, "won", deal, **given)


@app.command()
def lost(
    deal: Deal,
    reason: Annotated[str, typer.Option(help="From the pipeline's list.")],
    actor: Actor = "",
    command: Command = None,
    version: Version = None,
    as_json: AsJson = False,
    config: Config = None,
    data: Data = None,
) -> None:
    """The customer did not buy.

    Example: [bold]leadlog deal lost 3f0c… --reason price[/bold]
    """
    given = {"actor": actor, "command": command, "version": version, "reason": reason}
    _command(config, data, as_json, "lost", deal, **given)


@app.command()
def reopen(
    deal: Deal,
    actor: Actor = "",
    command: Command = None,
    as_json: AsJson = False,
    config: Config = None,
    data: Data = None,
) -> None:
    """Go on with a closed deal.

    Example: [bold]leadlog deal reopen 3f0c…[/bold]
    """
    _command(config, data, as_json, "reopen", deal, actor=actor, command=command)


@app.command()
def join(
    deal: Deal,
    other: Annotated[str, typer.Argument(metavar="DEAL2", help="Another one of that person.")],
    reason: Reason = "",
    actor: Actor = "",
    command: Command = None,
    version: Version = None,
    dry_run: DryRun = False,
    as_json: AsJson = False,
    config: Config = None,
    data: Data = None,
) -> None:
    """Join two open deals of one person: the later opened goes into the earlier.

    Example: [bold]leadlog deal join 3f0c… 91aa… --dry-run[/bold]
    """
    given = {"id": deal, "other": other, "version": version}
    decide(config, data, as_json, "deal.join", reason, actor, command, dry_run, given)


@app.command()
def split(
    deal: Deal,
    lead: Annotated[
        str | None, typer.Option("--lead", help="This touch of the deal, to one of its own.")
    ] = None,
    reason: Reason = "",
    actor: Actor = "",
    command: Command = None,
    version: Version = None,
    dry_run: DryRun = False,
    as_json: AsJson = False,
    config: Config = None,
    data: Data = None,
) -> None:
    """Take a joined deal out of the other one; or a touch out of its deal.

    Example: [bold]leadlog deal split 3f0c… --lead 0f9f…[/bold]
    """
    given = {"id": deal, "lead": lead, "version": version}
    decide(config, data, as_json, "deal.split", reason, actor, command, dry_run, given)


@app.command()
def undo(
    decision: Annotated[str, typer.Argument(metavar="DECISION", help="The decision's id.")],
    reason: Reason = "",
    actor: Actor = "",
    command: Command = None,
    dry_run: DryRun = False,
    as_json: AsJson = False,
    config: Config = None,
    data: Data = None,
) -> None:
    """Take a join or a split back as if it had never been made; an undo, too.

    Example: [bold]leadlog deal undo 3f0c…[/bold]
    """
    given = {"decision": decision}
    decide(config, data, as_json, "card.undo", reason, actor, command, dry_run, given)


def _command(config: Any, data: Any, as_json: bool, action: str, deal: str, **given: Any) -> None:
    (told,) = ask(settings(config, data), "deal.command", action=action, id=deal, **given)
    if as_json:
        write_json([told])
    else:
        print(f"done: version {told['version']} of deal {told['deal']}")  # noqa: T201 - the result
