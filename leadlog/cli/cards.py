"""leadlog card: who is who."""

from typing import Annotated

import typer

from leadlog.cli import card_text
from leadlog.cli.options import (
    Deciding,
    DecidingOnCard,
    Everything,
    Where,
    command,
)
from leadlog.control import OperationFailed

app = typer.Typer(
    help="Persons: list, find, show, explain, and every decision about them.", no_args_is_help=True
)

One = Annotated[str, typer.Argument(metavar="ID", help="An id, or kind:value in any spelling.")]
Other = Annotated[str, typer.Argument(metavar="ID2", help="Another one.")]


@command(app, "list")
def list_cards(
    where: Where,
    with_leads: Annotated[
        bool, typer.Option("--with-leads", help="Leave out persons without a lead.")
    ] = False,
    everything: Everything = False,
) -> None:
    """Every person.

    Example: [bold]leadlog card list --json | jq .name[/bold]
    """
    given = {"with_leads": with_leads, "all": everything, "brief": not where.as_json}
    where.tell(where.ask("card.list", **given), card_text.table)


@command(app)
def find(
    where: Where,
    query: Annotated[
        str, typer.Argument(help="A phone or account in any spelling, e-mail, id or name.")
    ],
    limit: Annotated[int, typer.Option(min=1, max=100, help="Most cards, of a name.")] = 20,
    everything: Everything = False,
) -> None:
    """Find persons: by an address exactly, by name in any order, alphabet and near spelling.

    An account may be written @name, t.me/name, vk.com/id7, wa.me/79123456789, or as its number.

    Example: [bold]leadlog card find '8 (912) 345-67-89'[/bold],
    [bold]leadlog card find @anna_82[/bold], or [bold]leadlog card find 'смирнва ольга'[/bold]
    """
    given = {"query": query, "limit": limit, "all": everything, "brief": not where.as_json}
    where.tell(where.ask("card.find", **given), card_text.table)


@command(app)
def show(
    where: Where,
    card: One,
    at: Annotated[
        str | None, typer.Option("--at", help="As known at this time or position.")
    ] = None,
    most: Annotated[
        int, typer.Option(min=1, help="So many of the newest touches; --json has and reads all.")
    ] = 50,
    everything: Everything = False,
) -> None:
    """One person with its timeline, as it is, or as it was known at a time.

    Example: [bold]leadlog card show phone:89123456789 --at 2026-03-01T12:00:00Z[/bold]
    """
    page = None if where.as_json else most
    found = where.ask("card.show", id=card, all=everything, at=at, most=page)
    where.tell(found, card_text.cards)


@command(app)
def explain(
    where: Where,
    card: One,
    other: Annotated[str | None, typer.Argument(metavar="[ID2]", help="Another one.")] = None,
) -> None:
    """Why the leaf cards of one person are one, or why two are or are not.

    Example: [bold]leadlog card explain phone:89123456789 telegram:5550000042[/bold]
    """
    where.tell(
        where.ask("card.explain", id=card, other=other, brief=not where.as_json),
        card_text.explanations,
    )


@command(app)
def merge(how: DecidingOnCard, card: One, other: Other) -> None:
    """Say that two cards are one person.

    Example: [bold]leadlog card merge phone:89123456789 vk:20000001 --dry-run[/bold]
    """
    how.decide("card.merge", id=card, other=other)


@command(app)
def unmerge(how: DecidingOnCard, card: One, other: Other) -> None:
    """Say that two leaf cards are never the same person (a veto).

    Example: [bold]leadlog card unmerge phone:89123456789 email:anna@example.ru[/bold]
    """
    how.decide("card.unmerge", id=card, other=other)


@command(app)
def share(how: DecidingOnCard, card: One) -> None:
    """Say that an identity is used by several persons: it links nobody any more.

    Example: [bold]leadlog card share phone:84951234567 --reason switchboard[/bold]
    """
    how.decide("card.mark", id=card, shared=True)


@command(app)
def unshare(how: DecidingOnCard, card: One) -> None:
    """Say that an identity is one person's, whatever the limit or the list says.

    Example: [bold]leadlog card unshare phone:89123456789[/bold]
    """
    how.decide("card.mark", id=card, shared=False)


@command(app)
def undo(
    how: DecidingOnCard,
    decision: Annotated[str, typer.Argument(metavar="DECISION", help="The decision's id.")],
) -> None:
    """Take a decision back as if it had never been made; an undo, too.

    Example: [bold]leadlog card undo 3f0c…[/bold]
    """
    how.decide("card.undo", decision=decision)


@command(app)
def withdraw(
    how: Deciding,
    card: Annotated[str | None, typer.Argument(metavar="[A]", help="A leaf card.")] = None,
    other: Annotated[str | None, typer.Argument(metavar="[B]", help="Another one.")] = None,
    rule: Annotated[str | None, typer.Option(help="Links of this matching rule.")] = None,
    version: Annotated[int | None, typer.Option(help="Of this version of the rules.")] = None,
    identity: Annotated[str | None, typer.Option(help="With this identity.")] = None,
    since: Annotated[str | None, typer.Option("--from", help="Leads from this time on.")] = None,
    until: Annotated[str | None, typer.Option("--to", help="Leads before this time.")] = None,
    card_version: Annotated[
        int | None, typer.Option(help="Refuse if the cards named changed since this version.")
    ] = None,
) -> None:
    """Withdraw the evidence of automatic links, for one pair or for all that a query selects.

    Example: [bold]leadlog card withdraw --rule "one form" --from 2026-03-01 --dry-run[/bold]
    """
    if (card is None) != (other is None):
        raise OperationFailed("give two cards, or none", status=2)
    given = {
        "id": card, "other": other, "rule": rule, "version": version, "identity": identity,
        "from": since, "to": until, "card_version": card_version,
    }  # fmt: skip
    how.decide("card.withdraw", **given)


@command(app)
def suggestions(
    how: DecidingOnCard,
    verdict: Annotated[
        str | None, typer.Argument(metavar="[accept|refuse]", help="What to do with one.")
    ] = None,
    number: Annotated[
        str | None, typer.Argument(metavar="[N]", help="Its number, or its id.")
    ] = None,
    limit: Annotated[
        int | None, typer.Option(min=1, help="Show so many of the best; all where it is not given.")
    ] = None,
    owner: Annotated[
        str | None,
        typer.Option(help="Only what came to this owner's ended deals; - for nobody's."),
    ] = None,
    of: Annotated[
        str | None, typer.Option(help="Only what this decision brought to ended deals.")
    ] = None,
) -> None:
    """The team's review queue: who wrote to an ended deal, then who may be one person, best first.

    Of a deal that was won or lost, `accept` opens a new one with what came since, `refuse` leaves
    it there. Of two persons, `accept` says that they are one, `refuse` that they are not; it is
    remembered for everybody.

    Example: [bold]leadlog card suggestions accept 1[/bold], or
    [bold]leadlog card suggestions --owner anna[/bold]
    """
    only = {"owner": owner, "of": of}
    if verdict is None and limit:
        (page,) = how.ask("card.suggestions", limit=limit, **only)
        how.tell(page["items"], card_text.queue)
    elif verdict is None:
        how.tell(how.ask("card.suggestions", **only), card_text.queue)
    elif verdict not in ("accept", "refuse") or number is None:
        raise OperationFailed("say `accept N` or `refuse N`", status=2)
    else:
        how.decide("card.suggestions", decide=verdict, n=number, **only)


@command(app)
def rematch(how: Deciding) -> None:
    """Apply a new version of the matching configuration to the past: rules, limits and lists.

    Example: [bold]leadlog card rematch --dry-run[/bold]
    """
    how.decide("card.rematch")
