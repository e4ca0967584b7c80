"""The Russian data set, measured: what the default settings do, and what others would."""

from collections.abc import Hashable, Iterator, Mapping
from dataclasses import dataclass

from eventstore.domain.events import Id
from eventstore.domain.matching import Matching
from leadlog.quality.causes import Causes, causes
from leadlog.quality.choices import Choice, choices, persons
from leadlog.quality.measures import Measures, measure
from leadlog.quality.people import Cause
from leadlog.quality.promise import broken
from leadlog.quality.run import KEYRING, Progress, Stored, processed
from leadlog.quality.visits import DataSet, russian_leads

_KNOWN_SHARED = frozenset({Cause.FAMILY, Cause.OFFICE, Cause.MADE_UP})


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

    @property
    def holds(self) -> bool:
        """Everything that is promised, not only aimed at."""
        return self.as_partition and not self.broken


def run(count: int, *, seed: int, progress: Progress) -> Found:
    """Make the leads up, process them, and measure."""
    progress("leads made up", 0, count)
    data = russian_leads(count, seed=seed)
    with processed(data, progress) as stored:
        return _found(data, stored, seed, progress)


def _found(data: DataSet, stored: Stored, seed: int, progress: Progress) -> Found:
    truth, default = data.truth, Matching()
    again = persons(data.leads, Choice("default", default, stored.marks))
    return Found(
        leads=len(data.leads),
        people=len({who for who in truth.person_of.values() if who >= 0}),
        seed=seed,
        measures=measure(stored.person_of, truth.person_of, on_shared=stored.on_shared),
        causes=causes(data.leads, stored.person_of, truth, shared=stored.shared, matching=default),
        broken=broken(data.leads, stored.person_of, marks=stored.marks, matching=default),
        as_partition=_groups(stored.person_of) == _groups(again.person_of),
        others=dict(_others(data, stored, progress)),
    )


def _others(data: DataSet, stored: Stored, progress: Progress) -> Iterator[tuple[str, Measures]]:
    tried = list(choices(stored.marks, _known_shared(data.truth.causes)))
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
