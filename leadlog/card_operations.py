"""What can be asked and decided about cards, by name (see leadlog.operations)."""

from collections.abc import Callable, Iterator
from dataclasses import astuple
from typing import Any
from uuid import UUID

from eventstore.briefs import briefs
from eventstore.card_commands import CardCommands
from eventstore.card_timeline import Window
from eventstore.deciding import Decided
from eventstore.domain.events import LeadRecorded
from eventstore.evidence import Selection, select
from eventstore.orders import Orders, order
from eventstore.rematching import rematch
from eventstore.returned_items import Only
from eventstore.review_queue import ReviewQueue
from eventstore.said import said
from eventstore.told import text_id
from leadlog.control import OperationFailed
from leadlog.on_the_way import Progress, told_on_the_way
from leadlog.system import System

Arguments = dict[str, Any]

NOBODY = "-"
"""In place of an owner's name: the deals that nobody owns."""
SEARCH_LIMIT = 20
"""Cards that a search by name gives at once, where no other number is asked for."""
RECENT_EVENTS = 1000
"""So far back are those who were heard of last looked for."""


def list_all(system: System, arguments: Arguments) -> Iterator[Any]:
    """Every card in the order of their ids; with `brief` as lists want them."""
    with_leads = bool(arguments.get("with_leads"))
    after = _uuid(arguments["after"], "card") if "after" in arguments else b""
    if arguments.get("brief"):
        for heads in system.cards.heads(after):
            found = briefs(system.cards, heads, system.inbox.newest)
            yield from (card for card in found if card["leads"] or not with_leads)
        return
    yield from system.cards.all(
        with_leads=with_leads, everything=bool(arguments.get("all")), after=after
    )


def find(system: System, arguments: Arguments) -> Iterator[Any]:
    """Cards by an address or an account, else by a name: the first page of `search`."""
    (page,) = search(system, arguments)
    if not page["items"]:
        raise OperationFailed(
            said(
                "no card for '%(query)s'; give a phone, an e-mail, an account such as @name, an"
                " id, kind:value or a name",
                query=str(arguments["query"]),
            )
        )
    yield from page["items"]


def search(system: System, arguments: Arguments) -> Iterator[Any]:
    """One page of cards, best first, and the cursor of the next; names wait for the inbox.

    Whoever an address or an account names comes before those who are called so.

    With `brief` they are told as lists want them.
    """
    query, cursor = str(arguments["query"]), arguments.get("cursor")
    named = system.cards.persons_at(query)
    first = [] if cursor else _listed(system, named, arguments)
    name = system.cards.name_in(query)
    if not name:
        yield {"items": first, "next": None}
        return
    limit = max(int(arguments.get("limit") or SEARCH_LIMIT) - len(first), 1)
    page = system.inbox.find(name, limit=limit, cursor=cursor)
    hits = {hit.person: hit.score / 1000 for hit in page.hits if hit.person not in named}
    cards = _listed(system, list(hits), arguments)
    scores = {text_id(person): score for person, score in hits.items()}
    told = [card | {"score": scores[card["id"]]} for card in cards]
    yield {"items": [*first, *told], "next": page.next}


def _listed(system: System, persons: list[bytes], arguments: Arguments) -> list[dict[str, Any]]:
    if arguments.get("brief"):
        return briefs(system.cards, persons, system.inbox.newest)
    return system.cards.of(persons, everything=bool(arguments.get("all")))


def brief(system: System, arguments: Arguments) -> Iterator[Any]:
    """One card as lists have it, with its version."""
    version = system.cards.version
    person = system.cards.person_of(_leaf(system, arguments["id"]))
    for card in briefs(system.cards, [person] if person else [], system.inbox.newest):
        yield {**card, "version": version}


def recent(system: System, arguments: Arguments) -> Iterator[Any]:
    """Those who were heard of last, the newest first; out of the last events only."""
    most = int(arguments.get("limit") or SEARCH_LIMIT)
    last = system.base.recorder.last_position()
    events = system.base.recorder.read(max(0, last - RECENT_EVENTS), RECENT_EVENTS)
    leaves = [e.event.leaf for e in reversed(events) if isinstance(e.event, LeadRecorded)]
    person_of = system.cards.persons_of(set(leaves))
    persons = list(dict.fromkeys(person_of[leaf] for leaf in leaves if leaf in person_of))[:most]
    yield from briefs(system.cards, persons, system.inbox.newest)


def show(system: System, arguments: Arguments) -> Iterator[Any]:
    """A card as it is, or with `at` as it was known then; with `most`, a page of its timeline."""
    window = Window.of(arguments["most"], arguments.get("before")) if "most" in arguments else None
    everything = bool(arguments.get("all"))
    if "at" in arguments:
        yield _as_known(system, arguments["id"], arguments["at"], window, everything)
        return
    shown = system.cards.show(arguments["id"], everything=everything, window=window)
    if shown is None:
        raise OperationFailed(said("no card '%(name)s'", name=str(arguments["id"])))
    yield shown


def _as_known(
    system: System, name: str, at: str, window: Window | None, everything: bool
) -> dict[str, Any]:
    from projections.moments import read_as_of
    from projections.past import person_at

    position, moment = read_as_of(at)
    upto = system.reports.as_of(position=position, time=moment).position
    leaf = system.past_cards.stood(_leaf(system, name), upto)
    person = person_at(system.analytics, leaf, upto)
    if not person.leads:
        raise OperationFailed(said("nobody knew '%(name)s' yet at %(at)s", name=name, at=at))
    known = system.past_cards.show(person, upto, everything=everything, window=window)
    return {**known, "as_of": upto}


def explain(system: System, arguments: Arguments) -> Iterator[Any]:
    """Why the leaf cards of one person are one, or about two, why they are or are not."""
    one = _leaf(system, arguments["id"])
    if "other" in arguments:
        yield system.explainer.two(one, _leaf(system, arguments["other"]))
    else:
        yield system.explainer.person(one, brief=bool(arguments.get("brief")))


def merge(system: System, arguments: Arguments) -> Iterator[Any]:
    a, b = _leaf(system, arguments["id"]), _leaf(system, arguments["other"])
    seen = arguments.get("deals") or {}
    deals = {_uuid(deal, "deal"): int(version) for deal, version in seen.items()}
    yield _decide(system, arguments, lambda c, by, **how: c.merge(a, b, by, deals=deals, **how))


def unmerge(system: System, arguments: Arguments) -> Iterator[Any]:
    a, b = _leaf(system, arguments["id"]), _leaf(system, arguments["other"])
    yield _decide(system, arguments, lambda c, by, **how: c.veto(a, b, by, **how))


def mark(system: System, arguments: Arguments) -> Iterator[Any]:
    leaf, shared = _leaf(system, arguments["id"]), bool(arguments["shared"])
    yield _decide(system, arguments, lambda c, by, **how: c.mark(leaf, shared, by, **how))


def undo(system: System, arguments: Arguments) -> Iterator[Any]:
    decision = _uuid(arguments["decision"])
    yield _decide(system, arguments, lambda c, by, **how: c.undo(decision, by, **how))


def withdraw(system: System, arguments: Arguments) -> Iterator[Any]:
    """Withdraw the evidence that a query selects; at least one condition is needed."""
    pair = None
    if "id" in arguments:
        pair = (_leaf(system, arguments["id"]), _leaf(system, arguments["other"]))
    identity = arguments.get("identity")
    selection = Selection(
        pair=pair,
        rule=arguments.get("rule"),
        version=arguments.get("version"),
        identity=_leaf(system, identity) if identity else None,
        since=_moment(arguments.get("from")),
        until=_moment(arguments.get("to")),
    )
    if selection == Selection():
        raise OperationFailed(
            said("say what to withdraw: two cards, a rule, an identity, a time"), status=2
        )
    seen = [*(pair or ()), *([selection.identity] if selection.identity else [])]
    if arguments.get("card_version") is not None and not seen:
        raise OperationFailed(
            said("a version is that of cards: name two, or an identity"), status=2
        )
    evidence = select(system.base, selection)

    def work(progress: Progress) -> dict[str, Any]:
        return _decide(
            system,
            arguments,
            lambda c, by, **how: c.withdraw(
                evidence, by, progress=progress, asked=astuple(selection), seen=seen, **how
            ),
        )

    yield from _told(work, arguments)


def suggestions(system: System, arguments: Arguments) -> Iterator[Any]:
    """The review queue, or one of its items accepted or refused (see ReviewQueue).

    With `limit` a page of it, and the cursor of the next. With `owner` (`-` for nobody) only what
    came to the ended deals of this one, with `of` only what one decision brought to such deals.
    """
    owner, cause = arguments.get("owner"), arguments.get("of")
    only = Only("" if owner == NOBODY else owner, _uuid(cause) if cause else None)
    queue = ReviewQueue(system.cards, similar=system.lookalikes, only=only)
    if "decide" not in arguments and "limit" in arguments:
        yield queue.page(int(arguments["limit"]), str(arguments.get("cursor") or ""))
        return
    if "decide" not in arguments:
        yield from queue.each()
        return
    verdict = queue.accept if arguments["decide"] == "accept" else queue.refuse
    name = str(arguments["n"])
    yield _decide(system, arguments, lambda _, by, **how: verdict(name, by, **how))


def apply_to_past(system: System, arguments: Arguments) -> Iterator[Any]:
    """Apply the configured matching version to the past."""
    by = order(str(arguments.get("actor") or ""), command=str(arguments.get("command") or ""))
    dry_run, reason = bool(arguments.get("dry_run")), str(arguments.get("reason") or "")

    def work(progress: Progress) -> dict[str, Any]:
        decided = rematch(system.base, by, reason=reason, dry_run=dry_run, progress=progress)
        return told_of(decided, dry_run)

    yield from _told(work, arguments)


def _told(work: Callable[[Progress], dict[str, Any]], arguments: Arguments) -> Iterator[Any]:
    """Its result; with `progress`, how far it is before that."""
    if arguments.get("progress"):
        yield from told_on_the_way(work)
    else:
        yield work(lambda *_: None)


def _decide(system: System, arguments: Arguments, decide: Callable[..., Decided]) -> dict[str, Any]:
    by: Orders = order(
        str(arguments.get("actor") or ""),
        command=str(arguments.get("command") or ""),
        at=arguments.get("at"),
        expected_version=arguments.get("card_version"),
    )
    commands: CardCommands = system.card_commands
    dry_run, reason = bool(arguments.get("dry_run")), str(arguments.get("reason") or "")
    decided = decide(commands, by, reason=reason, dry_run=dry_run)
    told = told_of(decided, dry_run)
    if decided.cuts is not None:
        told["cuts"] = system.explainer.links(decided.cuts)
    return told


def told_of(decided: Decided, dry_run: bool) -> dict[str, Any]:
    """A decision as it is told to people and scripts (INTERFACE)."""
    told: dict[str, Any] = {
        "decision": text_id(decided.decision),
        "changed": decided.changed._asdict(),
    }
    if decided.follow:
        told["follow"] = decided.follow
    if dry_run:
        told["dry_run"] = True
    if decided.deals is not None:
        told["deals"] = [fate.shown() for fate in decided.deals]
    return told


def _leaf(system: System, name: str) -> bytes:
    leaf = system.cards.leaf_of(name)
    if leaf is None:
        raise OperationFailed(
            said("no card '%(name)s'; give an id, or kind:value such as phone:8912…", name=name)
        )
    return leaf


def _moment(text: str | None) -> int | None:
    if text is None:
        return None
    from projections.moments import read_moment

    return read_moment(text)


def _uuid(text: str, what: str = "decision") -> bytes:
    try:
        return UUID(text).bytes
    except ValueError:
        told = said("'%(text)s' is no id of a %(what)s", text=text, what=what)
        raise OperationFailed(told, status=2) from None


CARD_OPERATIONS = {
    "card.list": list_all,
    "card.find": find,
    "card.search": search,
    "card.brief": brief,
    "card.recent": recent,
    "card.show": show,
    "card.explain": explain,
    "card.merge": merge,
    "card.unmerge": unmerge,
    "card.mark": mark,
    "card.undo": undo,
    "card.withdraw": withdraw,
    "card.suggestions": suggestions,
    "card.rematch": apply_to_past,
}
