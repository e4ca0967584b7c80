"""Persons who are similar but not equal: a slip in a number, a name in other letters.

Read from the events at the moment of asking, so nothing of it is stored or held in memory between
two questions, and recording a lead costs nothing more. Every lead is compared with a bounded
number of others (eventstore.likeness.candidates).
"""

from collections.abc import Iterable, Sequence
from typing import NamedTuple

import numpy as np

from eventstore.domain.events import Id, LeadRecorded, TouchPlaced
from eventstore.likeness.candidates import candidates
from eventstore.likeness.columns import Codes, Table, table_of
from eventstore.likeness.own_rows import own_agreement
from eventstore.likeness.profiles import Profile, profile_of
from eventstore.likeness.reasons import reasons
from eventstore.likeness.repeats import once_each
from eventstore.likeness.scoring import Scored, probability, scored
from eventstore.likeness.weights import Weights, weights_of
from eventstore.recorders.port import CustomerRecorder

_PAGE = 5000
_CARDS = 5000


class Lookalike(NamedTuple):
    """Two leaf cards of two persons, by the two leads of theirs that are most alike."""

    a: Id
    b: Id
    probability: float
    """That they are one person, as the weights have it."""
    reasons: Sequence[str]


def lookalikes(recorder: CustomerRecorder) -> list[Lookalike]:
    """Every two persons for whom more speaks than against, the most alike first."""
    leaf_of, profiles = _profiles(recorder)
    person_of = _persons(recorder, set(leaf_of.values()))
    leaves = [leaf_of[profile.lead] for profile in profiles]
    persons = numbered([person_of[leaf] for leaf in leaves])
    table = table_of(profiles)
    own = own_agreement(table, persons, numbered([profile.lead for profile in profiles]))
    kept = once_each(table, persons)
    table, persons = table.only(kept), persons[kept]
    weights = weights_of(table, own)
    found = _best(_scored(table, persons, weights), persons)
    told = zip(found.bits.tolist(), reasons(weights, found.low, found.high), strict=True)
    pairs = zip(kept[found.low].tolist(), kept[found.high].tolist(), strict=True)
    each = [
        _told(leaves[one], leaves[other], bits, why)
        for (one, other), (bits, why) in zip(pairs, told, strict=True)
    ]
    return sorted(each, key=lambda one: (-one.probability, one.a, one.b))


def alike(table: Table, persons: Codes) -> Scored:
    """Every two rows of different persons for whom more speaks than against."""
    return _scored(table, persons, weights_of(table))


def _scored(table: Table, persons: Codes, weights: Weights) -> Scored:
    known = int(np.count_nonzero(np.bincount(persons)))
    return scored(weights, *candidates(table, persons), persons=known)


def numbered(names: Sequence[Id]) -> Codes:
    """The same number for the same name, from 0 on."""
    known: dict[Id, int] = {}
    numbers = [known.setdefault(name, len(known)) for name in names]
    return np.array(numbers, np.int64)


def _profiles(recorder: CustomerRecorder) -> tuple[dict[Id, Id], list[Profile]]:
    """Lead → leaf card where it stands, and what each delivery about a lead says."""
    leaf_of: dict[Id, Id] = {}
    profiles: list[Profile] = []
    after = 0
    while page := recorder.said(after, _PAGE):
        after = page[-1].position
        for recorded in page:
            event = recorded.event
            if isinstance(event, TouchPlaced):
                leaf_of[recorded.stream] = event.leaf
            elif isinstance(event, LeadRecorded):
                leaf_of[recorded.stream] = event.leaf
                if event.personal is not None:
                    profiles.append(profile_of(recorded.stream, event.personal))
    return leaf_of, profiles


def _persons(recorder: CustomerRecorder, leaves: Iterable[Id]) -> dict[Id, Id]:
    found: dict[Id, Id] = {}
    every = sorted(leaves)
    for start in range(0, len(every), _CARDS):
        found |= recorder.persons(every[start : start + _CARDS])
    return found


def _best(found: Scored, persons: Codes) -> Scored:
    """Of every two persons the two rows that are most alike."""
    one, other = np.sort([persons[found.low], persons[found.high]], axis=0)
    order = np.lexsort((-found.bits, other, one))
    both = np.array([one, other])[:, order]
    first = order[np.append(True, np.any(both[:, 1:] != both[:, :-1], axis=0))[: len(order)]]
    return Scored(found.low[first], found.high[first], found.bits[first])


def _told(one: Id, other: Id, bits: float, why: Sequence[str]) -> Lookalike:
    a, b = sorted((one, other))
    return Lookalike(a, b, probability(bits), why)
