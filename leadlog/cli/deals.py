"""leadlog deal: what is being sold, and the commands of operators."""

from collections.abc import Iterable, Mapping
from typing import Annotated, Any

import typer
from rich.table import Table

from leadlog.cli.card_text import following, returned
from leadlog.cli.deal_event import decided, happened
from leadlog.cli.options import (
    Deciding,
    DecidingOnCard,
    Everything,
    Moving,
    Version,
    Where,
    command,
)
from projections.terminal import Terminal

app = typer.Typer(help="Deals: list, show, and move them.", no_args_is_help=True)

Deal = Annotated[str, typer.Argument(metavar="DEAL", help="The deal's id.")]
Amount = Annotated[str | None, typer.Option(help="What it comes to, such as 149900.")]
FromList = Annotated[str, typer.Option("--reason", help="From the pipeline's list.")]

_LEAST = (36, 7, 6, 7)
"""Columns that the first cells of a deal's line want: its id is to be copied whole."""


@command(app, "list")
def list_deals(
    where: Where,
    status: Annotated[str | None, typer.Option(help="open, won, lost or declined.")] = None,
    pipeline: Annotated[str | None, typer.Option(help="The id of a pipeline.")] = None,
    everything: Everything = False,
) -> None:
    """Every deal, or those of one pipeline.

    Example: [bold]leadlog deal list --status open --pipeline service[/bold]
    """
    asked = where.ask("deal.list", status=status, pipeline=pipeline, all=everything)
    where.tell(asked, _table)


@command(app)
def show(
    where: Where,
    deal: Deal,
    most: Annotated[
        int, typer.Option(min=1, help="So many of the newest touches; --json has all.")
    ] = 50,
) -> None:
    """One deal with its touches, its history, and why it is in its pipeline.

    Example: [bold]leadlog deal show 3f0c…[/bold]
    """
    where.tell(where.ask("deal.show", id=deal, most=None if where.as_json else most), tell)


@command(app)
def accept(how: Moving, deal: Deal) -> None:
    """Take an unsorted deal.

    Example: [bold]leadlog deal accept 3f0c… --as anna[/bold]
    """
    _move(how, "accept", deal)


@command(app)
def decline(how: Moving, deal: Deal, reason: FromList) -> None:
    """Decline an unsorted deal; spam is one of the reasons.

    Example: [bold]leadlog deal decline 3f0c… --reason spam[/bold]
    """
    _move(how, "decline", deal, reason=reason)


@command(app)
def stage(
    how: Moving,
    deal: Deal,
    to: Annotated[str, typer.Argument(metavar="STAGE", help="The stage's id.")],
    amount: Amount = None,
) -> None:
    """Move a deal to a stage; some want an amount.

    Example: [bold]leadlog deal stage 3f0c… contract --amount 149900[/bold]
    """
    _move(how, "stage", deal, stage=to, amount=amount)


@command(app)
def won(how: Moving, deal: Deal, amount: Amount = None) -> None:
    """The customer bought.

    Example: [bold]leadlog deal won 3f0c… --amount 149900[/bold]
    """
    _move(how, "won", deal, amount=amount)


@command(app)
def lost(how: Moving, deal: Deal, reason: FromList) -> None:
    """The customer did not buy.

    Example: [bold]leadlog deal lost 3f0c… --reason price[/bold]
    """
    _move(how, "lost", deal, reason=reason)


@command(app)
def reopen(how: Moving, deal: Deal) -> None:
    """Go on with a closed deal.

    Example: [bold]leadlog deal reopen 3f0c…[/bold]
    """
    _move(how, "reopen", deal)


@command(app)
def own(
    how: Moving,
    deal: Deal,
    owner: Annotated[str, typer.Argument(metavar="NAME", help="Whose it is from now on.")],
) -> None:
    """Give a deal to somebody.

    Example: [bold]leadlog deal own 3f0c… anna[/bold]
    """
    _move(how, "own", deal, owner=owner)


@command(app)
def note(
    how: Moving,
    deal: Deal,
    text: Annotated[str, typer.Argument(help="For those who read it later.")],
) -> None:
    """Write a note on a deal; it stands on the card, and is kept sealed.

    Example: [bold]leadlog deal note 3f0c… 'Перезвонить в среду'[/bold]
    """
    _move(how, "note", deal, text=text)


@command(app)
def join(
    how: Deciding,
    deal: Deal,
    other: Annotated[str, typer.Argument(metavar="DEAL2", help="Another one of that person.")],
    version: Version = None,
    other_version: Annotated[
        int | None, typer.Option(help="Refuse if DEAL2 changed since this version.")
    ] = None,
) -> None:
    """Join two open deals of one person: the later opened goes into the earlier.

    Example: [bold]leadlog deal join 3f0c… 91aa… --dry-run[/bold]
    """
    how.decide("deal.join", id=deal, other=other, version=version, other_version=other_version)


@command(app)
def split(
    how: Deciding,
    deal: Deal,
    lead: Annotated[
        str | None, typer.Option("--lead", help="This touch of the deal, to one of its own.")
    ] = None,
    version: Version = None,
) -> None:
    """Take a joined deal out of the other one; or a touch out of its deal.

    Example: [bold]leadlog deal split 3f0c… --lead 0f9f…[/bold]
    """
    how.decide("deal.split", id=deal, lead=lead, version=version)


@command(app)
def anew(how: DecidingOnCard, deal: Deal) -> None:
    """Open a new deal with what came after this one was won or lost.

    Example: [bold]leadlog deal anew 3f0c… --as anna[/bold]
    """
    how.decide("deal.anew", id=deal)


@command(app)
def leave(how: DecidingOnCard, deal: Deal) -> None:
    """Leave with this deal what came after it was won or lost: no new deal.

    Example: [bold]leadlog deal leave 3f0c… --as anna[/bold]
    """
    how.decide("deal.leave", id=deal)


@command(app)
def undo(
    how: Deciding,
    decision: Annotated[str, typer.Argument(metavar="DECISION", help="The decision's id.")],
) -> None:
    """Take a join, a split or one of the two above back as if it had never been made; an undo, too.

    Example: [bold]leadlog deal undo 3f0c…[/bold]
    """
    how.decide("card.undo", decision=decision)


def _move(how: Moving, action: str, deal: str, **given: Any) -> None:
    told = how.ask("deal.command", action=action, id=deal, **how.how, **given)
    how.tell(told, _moved)


def _moved(found: Iterable[Any]) -> None:
    for told in found:
        print(f"done: version {told['version']} of deal {told['deal']}")  # noqa: T201 - the result


def _table(found: Iterable[Any]) -> None:
    table = Table("deal", "stage", "status", "touches", "name", "pipeline", box=None)
    for column, least in zip(table.columns, _LEAST, strict=False):
        column.no_wrap, column.min_width = True, least
    for deal in found:
        table.add_row(
            deal["id"], deal.get("stage", ""), deal["status"], str(len(deal["leads"])),
            deal["name"], deal.get("pipeline", ""),
        )  # fmt: skip
    Terminal().print(table)


def tell(found: Iterable[Any]) -> None:
    """Deals as `deal show` tells them."""
    console = Terminal()
    for deal in found:
        for line in _standing(deal):
            console.print(line)
        for note in _notes(deal):
            console.print(note, style="yellow")
        for line in (*_brought(deal), *_happened(deal)):
            console.print(line)


def _standing(deal: Mapping[str, Any]) -> Iterable[str]:
    for name in (
        "id", "version", "person", "name", "pipeline", "stage", "status", "amount",
        "currency", "owner", "repeat_of", "into",
    ):  # fmt: skip
        yield f"{name:10} {deal.get(name) or ''}"
        if name == "pipeline" and deal.get("routed"):
            yield f"{'':10} {_why(deal['routed'])}"


def _brought(deal: Mapping[str, Any]) -> Iterable[str]:
    """Its deals beside and in it, and what touches brought."""
    yield from (f"also open  {name}" for name in deal["also_open"])
    yield from (f"joined     {name}" for name in deal["joined"])
    yield from (f"  {name}: {text}" for name, text in deal["fields"].items())
    if "more_touches" in deal:
        yield "  … and earlier touches; --most tells more"
    for touch in deal["timeline"]:
        yield f"  {touch['at']}  {touch['channel']:10} {touch['kind']}"


def _happened(deal: Mapping[str, Any]) -> Iterable[str]:
    for entry in deal["history"]:
        line = f"  {entry['at']}  (recorded {entry['recorded_at']})  {happened(entry)}"
        yield f"{line}  {entry['actor'] or ''}".rstrip()
    yield from (f"  {one['at']}  {decided(one)}" for one in deal["decisions"])


def _notes(deal: Mapping[str, Any]) -> Iterable[str]:
    """What is still to be done about it."""
    if "returned" in deal:
        yield returned(deal)
    if "pending" in deal:
        yield following(deal)


def _why(routed: Mapping[str, Any]) -> str:
    """Why a deal is in its pipeline."""
    version = f"version {routed['version']} of the routing rules"
    if not routed["rule"]:
        return f"the first one: no rule of {version} fitted"
    chosen = f"rule {routed['rule']!r} of {version}"
    return f"{chosen}, by touch {routed['follows']} of the thread" if routed["follows"] else chosen
