"""Stores from before ADR 0024: their leaf cards had leads in no order, joins were only in streams.

Run by whoever opens such a store, in the transaction that makes the new tables: some 60 µs a lead,
and other processes wait meanwhile.
"""

from collections.abc import Callable, Collection, Sequence
from typing import Any

from eventstore.domain.events import DealJoined, DealSeparated, Id, LeadRecorded
from eventstore.lead_state import attests
from eventstore.reading import Recorded
from eventstore.recorders.coding import appearance_rows
from eventstore.rows import Appearance, Source

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


def _appearance(leaf: Id, events: Sequence[Recorded]) -> Appearance:
    newest = [e.event for e in events if isinstance(e.event, LeadRecorded)][-1]
    last = events[-1].event
    stands, deal = getattr(last, "leaf", newest.leaf), getattr(last, "deal", newest.deal)
    attested = attests(newest, leaf)
    return Appearance(newest.occurred_at, attested, deal if stands == leaf else None)
