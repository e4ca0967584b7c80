"""What can be asked and decided about deals, by name (see leadlog.operations)."""

from collections.abc import Iterator
from typing import Any, Final
from uuid import UUID

from eventstore.deal_briefs import deal_briefs
from eventstore.deal_page import DealPages
from eventstore.deal_story import IN_FORCE
from eventstore.orders import Orders, order
from eventstore.said import said
from leadlog.card_operations import told_of
from leadlog.control import OperationFailed
from leadlog.system import System

Arguments = dict[str, Any]

_STATUSES: Final = (*sorted(IN_FORCE), "joined", "withdrawn")


def list_all(system: System, arguments: Arguments) -> Iterator[Any]:
    status = _status(arguments.get("status"))
    pipeline = _pipeline(system, arguments.get("pipeline"))
    after = _id(arguments["after"], "card") if "after" in arguments else b""
    everything = bool(arguments.get("all"))
    for card in system.cards.all(with_leads=True, everything=everything, after=after):
        for deal in card["deals"]:
            if status in (None, deal["status"]) and pipeline in (None, deal["pipeline"]):
                yield {**deal, **_of_card(card)}


def _status(given: str | None) -> str | None:
    if given is None or given in _STATUSES:
        return given
    told = said("no status '%(status)s'; there are: %(statuses)s", status=given, statuses=_STATUSES)
    raise OperationFailed(told, status=2)


def _pipeline(system: System, given: str | None) -> str | None:
    known = tuple(system.base.policy.pipelines)
    if given is None or given in known:
        return given
    told = said("no pipeline '%(pipeline)s'; there are: %(known)s", pipeline=given, known=known)
    raise OperationFailed(told, status=2)


def show(system: System, arguments: Arguments) -> Iterator[Any]:
    """One deal; with `most`, only so many of its newest touches."""
    most = int(arguments["most"]) if "most" in arguments else None
    shown = _pages(system).shown(_deal(arguments["id"]), most=most)
    if shown is None:
        raise OperationFailed(said("no deal %(deal)s", deal=str(arguments["id"])))
    yield shown


def brief(system: System, arguments: Arguments) -> Iterator[Any]:
    """Some deals in a few words each, in this order; those that nobody opened are left out."""
    yield from deal_briefs(system.base.recorder, [_deal(name) for name in arguments["ids"]])


def _pages(system: System) -> DealPages:
    return DealPages(system.base, system.cards)


def _of_card(card: dict[str, Any]) -> dict[str, Any]:
    """What a deal is told with of its person."""
    told = {"person": card["id"], "name": card["name"]}
    return told | ({"pending": card["pending"]} if "pending" in card else {})


def command(system: System, arguments: Arguments) -> Iterator[Any]:
    """accept, decline, stage, won, lost, reopen, own, note: one deal, one command."""
    deal = _deal(arguments["id"])
    by = _orders(arguments)
    deals, action = system.deals, arguments["action"]
    reason, amount = str(arguments.get("reason") or ""), str(arguments.get("amount") or "")
    match action:
        case "accept":
            version = deals.accept(deal, by)
        case "decline":
            version = deals.close(deal, "declined", by, reason=reason)
        case "stage":
            version = deals.enter(deal, str(arguments["stage"]), by, amount=amount)
        case "won":
            version = deals.close(deal, "won", by, amount=amount)
        case "lost":
            version = deals.close(deal, "lost", by, reason=reason)
        case "reopen":
            version = deals.reopen(deal, by)
        case "own":
            version = deals.own(deal, str(arguments["owner"]), by)
        case "note":
            version = deals.note(deal, str(arguments["text"]), by)
        case _:
            raise OperationFailed(said("no deal command '%(action)s'", action=action), status=2)
    yield {"deal": arguments["id"], "version": version, "command": str(UUID(bytes=by.command))}


def join(system: System, arguments: Arguments) -> Iterator[Any]:
    """Two deals of one person are one from here on."""
    a, b = _deal(arguments["id"]), _deal(arguments["other"])
    reason, dry_run = _how(arguments)
    seen = arguments.get("other_version")
    decided = system.deal_joins.join(
        a, b, _orders(arguments), reason=reason, dry_run=dry_run, other_version=seen
    )
    yield told_of(decided, dry_run)


def split(system: System, arguments: Arguments) -> Iterator[Any]:
    """A joined deal stands for itself again; with `lead`, that touch has a deal of its own."""
    deal, orders = _deal(arguments["id"]), _orders(arguments)
    reason, dry_run = _how(arguments)
    if "lead" not in arguments:
        decided = system.deal_joins.part(deal, orders, reason=reason, dry_run=dry_run)
    else:
        lead = _id(arguments["lead"], "lead")
        if not system.base.recorder.decision(orders.command):  # else it has moved the touch itself
            _must_be_of(system, lead, deal)
        decided = system.deal_joins.put_apart(
            lead, orders, reason=reason, dry_run=dry_run, seen=deal
        )
    yield told_of(decided, dry_run)


def anew(system: System, arguments: Arguments) -> Iterator[Any]:
    """A new deal takes what came to this one after it was won or lost."""
    deal, orders = _deal(arguments["id"]), _orders(arguments, "card_version")
    reason, dry_run = _how(arguments)
    yield told_of(system.returns.anew(deal, orders, reason=reason, dry_run=dry_run), dry_run)


def leave(system: System, arguments: Arguments) -> Iterator[Any]:
    """What came to this deal after it was won or lost stays with it."""
    deals, orders = [_deal(arguments["id"])], _orders(arguments, "card_version")
    reason, dry_run = _how(arguments)
    yield told_of(system.returns.leave(deals, orders, reason=reason, dry_run=dry_run), dry_run)


def _must_be_of(system: System, lead: bytes, deal: bytes) -> None:
    if not _pages(system).has(deal, lead):
        raise OperationFailed(
            said("lead %(lead)s is no touch of deal %(deal)s", lead=lead, deal=deal)
        )


def _orders(arguments: Arguments, version: str = "version") -> Orders:
    return order(
        str(arguments.get("actor") or ""),
        command=str(arguments.get("command") or ""),
        at=arguments.get("at"),
        expected_version=arguments.get(version),
    )


def _how(arguments: Arguments) -> tuple[str, bool]:
    return str(arguments.get("reason") or ""), bool(arguments.get("dry_run"))


def _deal(text: str) -> bytes:
    return _id(text, "deal")


def _id(text: str, what: str) -> bytes:
    try:
        return UUID(text).bytes
    except ValueError:
        told = said("'%(text)s' is no id of a %(what)s", text=text, what=what)
        raise OperationFailed(told, status=2) from None


DEAL_OPERATIONS = {
    "deal.list": list_all,
    "deal.show": show,
    "deal.brief": brief,
    "deal.command": command,
    "deal.join": join,
    "deal.split": split,
    "deal.anew": anew,
    "deal.leave": leave,
}
