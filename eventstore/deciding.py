"""How a decision by hand is carried out: decided, saved, and what it changed counted."""

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import NamedTuple

from eventstore.customer_base import CustomerBase
from eventstore.domain.events import Id, PersonFormed, TouchPlaced
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
    """Leads that belong to another person or deal now."""


class Decided(NamedTuple):
    """A decision taken, or (dry run) what it would be."""

    decision: Id
    changed: Changed


@dataclass(slots=True)
class Concerned:
    """What several working sets change, each person, deal and lead counted once."""

    persons: set[Id] = field(default_factory=set)
    deals: set[Id] = field(default_factory=set)
    leads: set[Id] = field(default_factory=set)

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
        self.leads |= {lead for _, lead in work.appearances(moved)}

    @property
    def changed(self) -> Changed:
        return Changed(len(self.persons), len(self.deals), len(self.leads))


def carry_out(
    base: CustomerBase,
    by: Orders,
    decide: Callable[[Work], set[Id]],
    *,
    dry_run: bool,
) -> Decided:
    """Decide about everybody within reach of the leaf cards that `decide` gives, and save.

    A command that was done before does nothing. With `dry_run` nothing is saved.
    """

    def once(work: Work) -> set[Id]:
        return set() if work.decision(by.command) else decide(work)

    concerned = Concerned()
    carry_out_piece(base, by, once, concerned, dry_run=dry_run)
    return Decided(by.command, concerned.changed)


def carry_out_piece(
    base: CustomerBase,
    by: Orders,
    decide: Callable[[Work], set[Id]],
    concerned: Concerned,
    *,
    dry_run: bool,
) -> None:
    """The same for a piece of a command; what it changes is noted in `concerned`."""

    def once(work: Work) -> Concerned:
        leaves = decide(work)
        if leaves:
            redecided = regroup(work, leaves, because=by.command)
            redecide(work, redecided, because=by.command, at=by.at)
        found = Concerned()
        found.add(work)
        return found

    found = once(base.work()) if dry_run else base.attempt(once)
    concerned.persons |= found.persons
    concerned.deals |= found.deals
    concerned.leads |= found.leads


def changed(work: Work) -> Changed:
    """Count what the events of this working set change."""
    concerned = Concerned()
    concerned.add(work)
    return concerned.changed
