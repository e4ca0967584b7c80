"""Events → what they call people. Pure: the rows before and the events, the rows after."""

from collections import Counter
from collections.abc import Collection, Iterable, Iterator
from dataclasses import dataclass, field
from typing import NamedTuple

from channels.sdk.lead import LeadContent
from eventstore.domain.events import Id, LeadRecorded, TouchPlaced
from eventstore.reading import Recorded
from projections.inbox.spelling import folded

Key = tuple[Id, int]
"""A delivery (event id) and a name."""


class Said(NamedTuple):
    """That a delivery called its sender by a name."""

    lead: Id
    leaf: Id
    """Where the lead stands now."""
    at: int
    """When it happened, in milliseconds since 1970."""


def names_in(content: LeadContent | None) -> set[str]:
    """Every name by which somebody may look for the sender, as names are compared."""
    profile = content.profile if content else None
    if profile is None:
        return set()
    whole = f"{profile.first_name} {profile.last_name}"
    texts = (profile.name, whole, profile.username, profile.company)
    return {name for name in map(folded, texts) if name}


def names_of(page: Iterable[Recorded]) -> set[str]:
    """All names in a page of events."""
    return {
        name
        for recorded in page
        if isinstance(recorded.event, LeadRecorded)
        for name in names_in(recorded.event.personal)
    }


def told_before(page: Iterable[Recorded]) -> set[Id]:
    """The leads of a page of which an earlier event may be known."""
    return {
        recorded.stream
        for recorded in page
        if recorded.version > 1 and isinstance(recorded.event, LeadRecorded | TouchPlaced)
    }


@dataclass
class Change:
    """What a page of events changes."""

    before: dict[Key, Said]
    after: dict[Key, Said] = field(default_factory=dict)

    def gone(self) -> Iterator[Key]:
        return (key for key in self.before if self.after.get(key) != self.before[key])

    def come(self) -> Iterator[tuple[Key, Said]]:
        return (one for one in self.after.items() if self.before.get(one[0]) != one[1])

    def bearers(self) -> dict[tuple[int, Id], tuple[int, int]]:
        """(name, leaf card) → by how many deliveries more (or less), and the newest of them."""
        times: Counter[tuple[int, Id]] = Counter()
        newest: dict[tuple[int, Id], int] = {}
        for (event, name), said in self.come():
            times[name, said.leaf] += 1
            newest[name, said.leaf] = max(newest.get((name, said.leaf), said.at), said.at)
            del event
        for event, name in self.gone():
            said = self.before[event, name]
            times[name, said.leaf] -= 1
            newest.setdefault((name, said.leaf), said.at)
        return {key: (more, newest[key]) for key, more in times.items()}


def read(page: Collection[Recorded], before: dict[Key, Said], ids: dict[str, int]) -> Change:
    """What the page makes of the rows `before`; `ids` has every name of the page."""
    of_lead: dict[Id, dict[Key, Said]] = {}
    for key, said in before.items():
        of_lead.setdefault(said.lead, {})[key] = said
    for recorded in page:
        event, lead = recorded.event, recorded.stream
        if isinstance(event, LeadRecorded):
            rows = of_lead.setdefault(lead, {})
            for key in [key for key in rows if key[0] == event.event_id]:
                del rows[key]  # a later revision of the delivery replaces what it said
            for name in names_in(event.personal):
                rows[event.event_id, ids[name]] = Said(lead, event.leaf, event.occurred_at)
            _move(rows, event.leaf)
        elif isinstance(event, TouchPlaced) and event.leaf and lead in of_lead:
            _move(of_lead[lead], event.leaf)
    return Change(before, {key: said for rows in of_lead.values() for key, said in rows.items()})


def _move(rows: dict[Key, Said], leaf: Id) -> None:
    for key, said in rows.items():
        rows[key] = said._replace(leaf=leaf)
