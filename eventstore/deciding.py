"""How a decision by hand is carried out: decided, saved, and what it changed counted."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import NamedTuple

from msgspec.structs import replace

from eventstore.asked import Asked, asked_before
from eventstore.chains import Link
from eventstore.customer_base import CustomerBase
from eventstore.deal_fates import DealFate, deal_fates
from eventstore.domain.events import Decision, Id, PersonFormed, TouchPlaced
from eventstore.mapper import topic
from eventstore.orders import Orders
from eventstore.redecide import redecide
from eventstore.regroup import regroup
from eventstore.work import Work

_DEAL_TOPICS = frozenset("OGCRAHJDTQB")


class Changed(NamedTuple):
    """What a decision changed, counted."""

    persons: int
    """Persons who gained or lost a leaf card."""
    deals: int
    leads: int
    """Leads that stand elsewhere now, or belong to another person or deal."""


class Decided(NamedTuple):
    """A decision taken, or (dry run) what it would be."""

    decision: Id
    changed: Changed
    follow: int = 0
    """Touches whose deals follow, and items of evidence that do, in pieces; at most so many."""
    cuts: tuple[Link, ...] | None = None
    """Of a veto that is tried out: the links that it cuts."""
    deals: tuple[DealFate, ...] | None = None
    """Of what is tried out: what would become of deals."""


@dataclass(slots=True)
class Concerned:
    """What several working sets change, each person, deal and lead counted once."""

    persons: set[Id] = field(default_factory=set)
    deals: set[Id] = field(default_factory=set)
    leads: set[Id] = field(default_factory=set)
    awaited: dict[Id, int] = field(default_factory=dict)
    """Persons whose deals follow, with how many touches."""

    def add(self, work: Work) -> None:
        """Note what the events of this working set change, before it is saved."""
        moved: set[Id] = set()
        for stream, _, event, _ in work.changes.events:
            match event:
                case PersonFormed():
                    self.persons.add(stream)
                    moved |= set(event.leaves)
                case TouchPlaced():
                    self.leads.add(stream)
                case _ if topic(event) in _DEAL_TOPICS:
                    self.deals.add(stream)
        self.persons |= work.persons_before(moved)
        self.leads |= work.standing(moved)
        rows = work.changes.pending.items()
        self.awaited |= {name: row.left for name, (_, row) in rows if row and row.kind == "deals"}

    def update(self, more: "Concerned") -> None:
        self.persons |= more.persons
        self.deals |= more.deals
        self.leads |= more.leads
        self.awaited |= more.awaited

    @property
    def changed(self) -> Changed:
        return Changed(len(self.persons), len(self.deals), len(self.leads))


def carry_out(
    base: CustomerBase,
    by: Orders,
    asked: Asked,
    decide: Callable[[Work], set[Id]],
    *,
    dry_run: bool,
) -> Decided:
    """Decide about everybody within reach of the leaf cards that `decide` gives, and save.

    A command that was done before is answered as it was then; one of another meaning with its id
    is refused. With `dry_run` nothing is saved.
    """

    def once(work: Work) -> Decided:
        if earlier := answered(work, by, asked):
            return earlier
        found = settle(work, by, decide)
        follow = sum(row.left for _, row in work.changes.pending.values() if row)
        _note_answer(work, by.command, (*found.changed, follow))
        fates = deal_fates(work) if dry_run else None
        return Decided(by.command, found.changed, follow, deals=fates)

    return once(base.work(whole=True)) if dry_run else base.attempt(once)


def answered(work: Work, by: Orders, asked: Asked) -> Decided | None:
    """What this command was answered when it was carried out; None where it was not yet."""
    if asked_before(work, by.command, asked) or work.decision(by.command):
        return first_answer(work, by.command)
    return None


def first_answer(work: Work, decision: Id) -> Decided:
    """What a decision that was taken changed then."""
    events = work.source.streams([decision], personal=False).get(decision, ())
    told = [e.event.changed for e in events if isinstance(e.event, Decision) and e.event.changed]
    return answer(decision, told[-1] if told else (0, 0, 0))


def answer(decision: Id, told: Sequence[int]) -> Decided:
    """A decision as its event tells what it changed."""
    persons, deals, leads, *follow = told
    return Decided(decision, Changed(persons, deals, leads), sum(follow))


def settle(work: Work, by: Orders, decide: Callable[[Work], set[Id]]) -> Concerned:
    """Decide, and all that follows."""
    leaves = decide(work)
    if leaves:
        redecided = regroup(work, leaves, because=by.command)
        redecide(work, redecided, because=by.command, at=by.at)
    found = Concerned()
    found.add(work)
    return found


def _note_answer(work: Work, command: Id, told: tuple[int, ...]) -> None:
    """Into the decision's own event, while that is new."""
    for slot, (stream, version, event, personal) in enumerate(work.changes.events):
        if stream == command and isinstance(event, Decision):
            work.changes.events[slot] = (stream, version, replace(event, changed=told), personal)
