"""The Russian data set, measured: what the default settings do, and what others would."""

from collections.abc import Hashable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from time import perf_counter
from typing import NamedTuple

from eventstore.domain.events import Id
from eventstore.domain.matching import Matching
from eventstore.lookalikes import Lookalike, lookalikes
from leadlog.quality.causes import Causes, causes
from leadlog.quality.choices import Choice, choices, persons
from leadlog.quality.measures import Measures, measure
from leadlog.quality.people import Cause
from leadlog.quality.promise import broken
from leadlog.quality.run import KEYRING, Progress, Stored, processed
from leadlog.quality.visits import DataSet, russian_leads

_KNOWN_SHARED = frozenset({Cause.FAMILY, Cause.OFFICE, Cause.MADE_UP})
_STEPS = (0.5, 0.7, 0.9, 0.99)


@dataclass(frozen=True, slots=True, kw_only=True)
class Found:
    """What the run showed."""

    leads: int
    people: int
    """True people, bots left out."""
    seed: int
    measures: Measures
    """Of the default settings, as the event store has it."""
    causes: Causes
    broken: list[str]
    """Leads that were joined through an identity that is marked, listed or over the limit."""
    as_partition: bool
    """The event store has the persons that the partition of the same facts has."""
    others: dict[str, Measures]
    """By setting."""
    suggested: "Suggested"

    @property
    def holds(self) -> bool:
        """Everything that is promised, not only aimed at."""
        return self.as_partition and not self.broken


class Suggested(NamedTuple):
    """The suggestions of what is similar, not equal, against the truth."""

    told: int
    right: int
    by_probability: dict[str, tuple[int, int]]
    """From this probability on, below the next: how many, how many of them right."""
    seconds: float
    """For all leads of the store at once."""


def run(count: int, yours: Matching, *, seed: int, progress: Progress) -> Found:
    """Make the leads up, process them, and measure; `yours` beside the other settings."""
    progress("leads made up", 0, count)
    data = russian_leads(count, seed=seed)
    with processed(data, progress) as stored:
        return _found(data, stored, yours, seed, progress)


def _found(data: DataSet, stored: Stored, yours: Matching, seed: int, progress: Progress) -> Found:
    truth, default = data.truth, Matching()
    again = persons(data.leads, Choice("default", default, stored.marks))
    started = perf_counter()
    similar = lookalikes(stored.base.recorder)
    seconds = perf_counter() - started
    return Found(
        leads=len(data.leads),
        people=len({who for who in truth.person_of.values() if who >= 0}),
        seed=seed,
        measures=measure(stored.person_of, truth.person_of, on_shared=stored.on_shared),
        causes=causes(data.leads, stored.person_of, truth, shared=stored.shared, matching=default),
        broken=broken(data.leads, stored.person_of, marks=stored.marks, matching=default),
        as_partition=_groups(stored.person_of) == _groups(again.person_of),
        others=dict(_others(data, stored, yours, similar, progress)),
        suggested=_suggested(data, stored, similar, seconds),
    )


def _suggested(
    data: DataSet, stored: Stored, similar: Sequence[Lookalike], seconds: float
) -> Suggested:
    """A suggestion is right where the two persons have a true one in common."""
    people: dict[Id, set[int]] = {}
    for lead, who in data.truth.person_of.items():
        people.setdefault(stored.person_of[lead], set()).add(who)
    person_of = {leaf: stored.person_of[lead] for lead, leaf in stored.leaf_of.items()}
    counts = {step: [0, 0] for step in _STEPS}
    for one in similar:
        right = not people[person_of[one.a]].isdisjoint(people[person_of[one.b]])
        step = max(step for step in _STEPS if step <= one.probability)
        counts[step][0] += 1
        counts[step][1] += right
    return Suggested(
        len(similar),
        sum(right for _, right in counts.values()),
        {f"{step:.2f}": (count, right) for step, (count, right) in counts.items()},
        seconds,
    )


def _others(
    data: DataSet,
    stored: Stored,
    yours: Matching,
    similar: Sequence[Lookalike],
    progress: Progress,
) -> Iterator[tuple[str, Measures]]:
    tried = [Choice("yours", yours, stored.marks)] if yours != Matching() else []
    tried += choices(stored.marks, _known_shared(data.truth.causes))
    for least in (0.9, 0.5):
        merges = [(one.a, one.b) for one in similar if one.probability >= least]
        name = f"every likeness from {least} on accepted"
        tried.append(Choice(name, Matching(), stored.marks, merges))
    for number, choice in enumerate(tried, 1):
        given = persons(data.leads, choice)
        yield (
            choice.name,
            measure(given.person_of, data.truth.person_of, on_shared=given.on_shared),
        )
        progress("other settings", number, len(tried))


def _groups(person_of: Mapping[str, Hashable]) -> set[frozenset[str]]:
    groups: dict[Hashable, set[str]] = {}
    for lead, person in person_of.items():
        groups.setdefault(person, set()).add(lead)
    return {frozenset(leads) for leads in groups.values()}


def _known_shared(causes_: Mapping[tuple[str, str], Cause]) -> dict[Id, bool]:
    """Leaf cards of all identities that the truth knows to be used by several people."""
    return {KEYRING.leaf(*name): True for name, cause in causes_.items() if cause in _KNOWN_SHARED}
