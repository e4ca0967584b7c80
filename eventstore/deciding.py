"""How a decision by hand is carried out: decided, saved, and what it changed counted."""

from collections.abc import Callable
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


def carry_out(
    base: CustomerBase,
    by: Orders,
    decide: Callable[[Work], set[Id]],
    *,
    dry_run: bool,
    again: bool = False,
) -> Decided:
    """Decide about everybody within reach of the leaf cards that `decide` gives, and save.

    A command that was done before does nothing, unless `again`: a further piece of it. With
    `dry_run` nothing is saved.
    """

    def once(work: Work) -> Decided:
        if not again and work.decision(by.command):
            return Decided(by.command, Changed(0, 0, 0))
        leaves = decide(work)
        concerned = regroup(work, leaves, because=by.command)
        redecide(work, concerned, because=by.command, at=by.at)
        return Decided(by.command, changed(work))

    if dry_run:
        return once(base.work())
    return base.attempt(once)


def changed(work: Work) -> Changed:
    """Count what the events of this working set change."""
    persons: set[Id] = set()
    moved: set[Id] = set()
    deals: set[Id] = set()
    leads: set[Id] = set()
    for stream, _, event, _ in work.changes.events:
        match event:
            case PersonFormed():
                persons |= {stream}
                moved |= set(event.leaves)
            case TouchPlaced():
                leads.add(stream)
            case _ if topic(event) in _DEAL_TOPICS:
                deals.add(stream)
    persons |= work.persons_before(moved)
    leads |= {lead for _, lead in work.appearances(moved)}
    return Changed(len(persons), len(deals), len(leads))
