"""Persons who are similar but not equal: a slip in a number, a name in other letters.

Read from the events at the moment of asking, so nothing of it is stored or held in memory between
two questions, and recording a lead costs nothing more. Every lead is compared with a bounded
number of others (eventstore.likeness.candidates).
"""

from collections.abc import Iterable
from typing import NamedTuple

import numpy as np

from eventstore.domain.events import Id, LeadRecorded, TouchPlaced
from eventstore.likeness.candidates import candidates
from eventstore.likeness.columns import table_of
from eventstore.likeness.profiles import Profile, profile_of
from eventstore.likeness.reasons import reasons
from eventstore.likeness.scoring import probability, scored
from eventstore.recorders.port import CustomerRecorder

_PAGE = 5000
_CARDS = 5000


class Lookalike(NamedTuple):
    """Two leaf cards of two persons, by the two leads of theirs that are most alike."""

    a: Id
    b: Id
    probability: float
    """That they are one person, as the weights have it."""
    reasons: list[str]


class Pair(NamedTuple):
    """Two of the profiles, by their place, and the bits that speak for one person."""

    one: int
    other: int
    bits: float


def lookalikes(recorder: CustomerRecorder) -> list[Lookalike]:
    """Every two persons for whom more speaks than against, the most alike first."""
    leaf_of, profiles = _profiles(recorder)
    person_of = _persons(recorder, set(leaf_of.values()))
    persons = [person_of[leaf_of[profile.lead]] for profile in profiles]
    kept = _once_each(profiles, persons)
    profiles, persons = [profiles[i] for i in kept], [persons[i] for i in kept]
    best: dict[tuple[Id, Id], Pair] = {}
    for pair in alike(profiles, persons):
        one, other = sorted((persons[pair.one], persons[pair.other]))
        if (one, other) not in best or best[one, other].bits < pair.bits:
            best[one, other] = pair
    found = [_told(pair, profiles, leaf_of) for pair in best.values()]
    return sorted(found, key=lambda one: (-one.probability, one.a, one.b))


def alike(profiles: list[Profile], persons: list[Id]) -> list[Pair]:
    """Every two profiles of different persons for whom more speaks than against."""
    numbers: dict[Id, int] = {}
    codes = np.fromiter(
        (numbers.setdefault(person, len(numbers)) for person in persons), np.int64, len(persons)
    )
    table = table_of(profiles)
    found = scored(table, *candidates(table, codes), persons=len(numbers))
    return [
        Pair(int(low), int(high), float(bits))
        for low, high, bits in zip(found.low, found.high, found.bits, strict=True)
    ]


def _profiles(recorder: CustomerRecorder) -> tuple[dict[Id, Id], list[Profile]]:
    """Lead → leaf card where it stands, and what each delivery about a lead says."""
    leaf_of: dict[Id, Id] = {}
    profiles: list[Profile] = []
    after = 0
    while page := recorder.read(after, _PAGE, personal=True):
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
        cards = recorder.cards(every[start : start + _CARDS])
        found |= {leaf: card.person for leaf, (_, card) in cards.items()}
    return found


def _once_each(profiles: list[Profile], persons: list[Id]) -> list[int]:
    """A person who says the same a thousand times is compared once."""
    seen = {
        (person, profile.content): place
        for place, (profile, person) in enumerate(zip(profiles, persons, strict=True))
        if len(profile.names) > 1 or profile.phone or profile.mailbox or profile.fields
    }
    return sorted(seen.values())


def _told(pair: Pair, profiles: list[Profile], leaf_of: dict[Id, Id]) -> Lookalike:
    one, other = profiles[pair.one], profiles[pair.other]
    a, b = sorted((leaf_of[one.lead], leaf_of[other.lead]))
    return Lookalike(a, b, probability(pair.bits), reasons(one, other))
