"""Deals of one person joined and parted by hand (SEMANTICS 3.4). Undone as any decision is."""

from typing import NamedTuple

from eventstore.customer_base import CustomerBase
from eventstore.deciding import Decided, carry_out
from eventstore.domain.deals import OPEN, Deal
from eventstore.domain.events import DealOpened, DealsJoined, DealsParted, Id, TouchParted
from eventstore.orders import CommandRefused, NotThere, Orders, WrongCommand, stale_deal
from eventstore.replay import StoredDeal, read_deals
from eventstore.rows import Hand
from eventstore.said import said
from eventstore.touches import deal_id, stand
from eventstore.work import Work


class _Named(NamedTuple):
    """A deal that a command names."""

    id: Id
    stored: StoredDeal
    leaf: Id
    """Where the touch stands that opened it."""


class DealJoins:
    """Decisions about which deals are one. Each has an id, by which it can be undone."""

    def __init__(self, base: CustomerBase) -> None:
        self._base = base

    def join(
        self,
        a: Id,
        b: Id,
        by: Orders,
        *,
        reason: str = "",
        dry_run: bool = False,
        other_version: int | None = None,
    ) -> Decided:
        """Join two open deals of one person; the later opened goes into the earlier.

        `by.expected_version` is that of `a`, `other_version` that of `b`.
        """

        def decide(work: Work) -> set[Id]:
            one, other = _named(work, a), _named(work, b)
            refuse_stale_deal(work, a, by.expected_version)
            refuse_stale_deal(work, b, other_version)
            if a == b:
                raise WrongCommand(said("both name the same deal"))
            _refuse_unlike(work, one, other)
            earlier, later = sorted((one, other), key=lambda n: work.order_of(n.stored.opened.lead))
            event = DealsJoined(
                actor=by.actor,
                at=by.at,
                reason=reason,
                about=(one.leaf, other.leaf),
                deal=later.id,
                into=earlier.id,
            )
            work.decide_by_hand("join", later.id, earlier.id, by.command, event)
            return {one.leaf, other.leaf}

        return carry_out(self._base, by, ("join", a, b, reason), decide, dry_run=dry_run)

    def part(self, deal: Id, by: Orders, *, reason: str = "", dry_run: bool = False) -> Decided:
        """Take a joined deal out of the one it was joined into, by a rule or by a person."""

        def decide(work: Work) -> set[Id]:
            named = _named(work, deal)
            refuse_stale_deal(work, deal, by.expected_version)
            into = named.stored.into
            if not into or named.stored.withdrawn:
                raise CommandRefused(
                    said("the deal is joined into no other; to part a touch from it, name the lead")
                )
            leaves = (named.leaf, _named(work, into).leaf)
            event = DealsParted(
                actor=by.actor, at=by.at, reason=reason, about=leaves, deal=deal, into=into
            )
            work.decide_by_hand("part", deal, into, by.command, event)
            return set(leaves)

        return carry_out(self._base, by, ("part", deal, reason), decide, dry_run=dry_run)

    def put_apart(
        self, lead: Id, by: Orders, *, reason: str = "", dry_run: bool = False, seen: Id = b""
    ) -> Decided:
        """Put a touch that joined a deal to a deal of its own.

        `by.expected_version` is that of the deal where the touch was `seen`: by default its own,
        which may have been joined into that one.
        """

        def decide(work: Work) -> set[Id]:
            work.load_leads([lead])
            state = work.leads.get(lead)
            if state is None:
                raise NotThere(said("no lead %(lead)s", lead=lead))
            own = deal_id(lead, state.newest.pipeline)
            if state.deal == own:
                raise CommandRefused(said("the lead opened its deal itself"))
            if state.deal:
                refuse_stale_deal(work, seen or state.deal, by.expected_version)
            leaf = stand(work, state)
            event = TouchParted(
                actor=by.actor, at=by.at, reason=reason, about=(leaf,), lead=lead, deal=own
            )
            work.decide_by_hand("own", lead, own, by.command, event)
            return {leaf}

        return carry_out(self._base, by, ("own", lead, reason), decide, dry_run=dry_run)


def leaves_concerned(work: Work, hand: Hand) -> set[Id]:
    """The leaf cards where the touches stand that such a decision is about."""
    leads = {hand.a}
    if hand.kind not in {"own", "anew"}:
        leads = {deal.opened.lead for deal in read_deals(work, [hand.a, hand.b]).values()}
    work.load_leads(leads)
    return {stand(work, work.leads[lead]) for lead in leads}


def refuse_stale_deal(work: Work, deal: Id, expected: int | None) -> None:
    """Raise StaleVersion if the deal changed since the version that the sender saw, if any."""
    if expected is None:
        return
    events = work.source.streams([deal], personal=False).get(deal, ())
    if events and events[-1].version != expected:
        raise stale_deal(events, expected)


def _named(work: Work, deal: Id) -> _Named:
    stored = read_deals(work, [deal]).get(deal)
    if stored is None or not isinstance(stored.opened, DealOpened):
        raise NotThere(said("no deal %(deal)s", deal=deal))
    work.load_leads([stored.opened.lead])
    return _Named(deal, stored, stand(work, work.leads[stored.opened.lead]))


def _refuse_unlike(work: Work, one: _Named, other: _Named) -> None:
    person = work.known_card(one.leaf).person
    if person != work.known_card(other.leaf).person:
        raise CommandRefused(
            said("the deals are of two persons; if they are one, first: leadlog card merge")
        )
    rows: dict[Id, Deal] = {}
    for named in (one, other):
        row = work.deals.one(person, named.id)
        if row is None:
            raise CommandRefused(
                said("deal %(deal)s was joined into another one, or withdrawn", deal=named.id)
            )
        if row.status != OPEN:
            raise CommandRefused(
                said(
                    "deal %(deal)s is %(status)s; reopen it first", deal=named.id, status=row.status
                )
            )
        rows[named.id] = row
    if rows[one.id].pipeline != rows[other.id].pipeline:
        raise CommandRefused(said("the deals are in two pipelines"))
