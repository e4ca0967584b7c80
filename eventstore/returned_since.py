"""What came to a deal after its end, by events alone: as it was then, or before rows had it."""

from collections.abc import Iterable, Sequence

from eventstore.domain.deals import Returned
from eventstore.domain.events import DealClosed
from eventstore.reading import Recorded
from eventstore.told import Told


def last_end(events: Iterable[Recorded]) -> int:
    """At which position a deal that stands as won or lost ended."""
    return [e.position for e in events if isinstance(e.event, DealClosed)][-1]


def returned_since(came: Sequence[Told], end: int) -> Returned | None:
    """Of a deal's own touches those from outside that were recorded after a position.

    They can only have joined it since: while it was open, they would have been there before.
    """
    since = [told for told in came if told.position > end and told.newest.direction == "in"]
    if not since:
        return None
    first = min(since, key=lambda told: told.position)
    last = max(since, key=lambda told: told.position)
    return Returned(first.lead, first.occurred_at, last.lead, len(since))
