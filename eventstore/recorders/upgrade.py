"""Stores from before: what whoever opens one writes in the transaction that makes the new tables.

Before ADR 0024 their leaf cards had leads in no order, and joins were only in streams: some 60 µs a
lead. Before ADR 0028 nothing was kept of the review queue: some 10 µs a pair of two persons. Other
processes wait meanwhile.
"""

from collections import Counter
from collections.abc import Callable, Collection, Sequence
from typing import Any

from eventstore.domain.events import DealJoined, DealSeparated, Id, LeadRecorded
from eventstore.lead_state import attests
from eventstore.reading import Recorded
from eventstore.recorders.coding import appearance_rows
from eventstore.rows import Appearance, Card, Pair, Source

OLD = "appearance_before_0024"
JOINED_ONCE = "SELECT DISTINCT originator_id FROM stored_events WHERE topic = 'J'"
_AT_ONCE = 2000

Key = tuple[Id, Id]
"""Leaf card and lead."""


def appearances_anew(
    source: Source,
    after: Callable[[Key, int], Sequence[Key]],
    write: Callable[[list[tuple[Any, ...]]], None],
) -> None:
    """Write the new row of each old one; `after` gives those in order that follow a key."""
    last: Key = (b"", b"")
    while page := after(last, _AT_ONCE):
        last = page[-1]
        streams = source.streams({lead for _, lead in page}, personal=False)
        write(appearance_rows({key: _appearance(key[0], streams[key[1]]) for key in page}))


def joins_anew(source: Source, ever: Collection[Id]) -> list[tuple[Id, Id]]:
    """Deal and into which it is joined now, of those that ever were."""
    found = []
    for deal, events in source.streams(ever, personal=False).items():
        last = [e.event for e in events if isinstance(e.event, DealJoined | DealSeparated)][-1]
        if isinstance(last, DealJoined):
            found.append((deal, last.into))
    return sorted(found)


def stirred_anew(
    cards: Callable[[Collection[Id]], dict[Id, tuple[int, Card]]],
    apart: Callable[[Key, int], list[tuple[Key, Pair]]],
) -> set[Id]:
    """The leaf cards by which two persons may be in the review queue; `apart` pages their pairs."""
    found, visitors = set[Id](), Counter[Id]()
    last: Key = (b"", b"")
    while page := apart(last, _AT_ONCE):
        last = page[-1][0]
        known = {i: card for i, (_, card) in cards({i for key, _ in page for i in key}).items()}
        for key, pair in page:
            met = [leaf for leaf in key if known[leaf].kind == "visitor"]
            visitors.update(met)
            found |= {i for i in met if known[i].person != i or known[i].leaves > 1}
            if not met and (pair.key or pair.suggested):
                found.update(key)
    return found | {visitor for visitor, count in visitors.items() if count > 1}


def _appearance(leaf: Id, events: Sequence[Recorded]) -> Appearance:
    newest = [e.event for e in events if isinstance(e.event, LeadRecorded)][-1]
    last = events[-1].event
    stands, deal = getattr(last, "leaf", newest.leaf), getattr(last, "deal", newest.deal)
    attested = attests(newest, leaf)
    return Appearance(newest.occurred_at, attested, deal if stands == leaf else None)
