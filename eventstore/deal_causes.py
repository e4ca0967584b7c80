"""Why deals were joined, parted or withdrawn: the decision behind it, with its reason."""

from collections.abc import Iterable

from eventstore.card_source import CardSource
from eventstore.domain.events import DealJoined, Decision, Event, Id
from eventstore.reading import Recorded


def cause_of(event: Event) -> Id:
    """The decision or the lead of which this event of a deal came; empty for a command's."""
    if isinstance(event, DealJoined):
        return event.command  # empty where a rule joined them
    return getattr(event, "because", b"")


def causes(source: CardSource, events: Iterable[Recorded]) -> dict[Id, Decision]:
    """The decisions of which these events of deals came; leads are left out."""
    named = {cause_of(recorded.event) for recorded in events} - {b""}
    first = source.first_events(named, personal=True) if named else {}
    found = ((name, recorded.event) for name, recorded in first.items())
    return {name: event for name, event in found if isinstance(event, Decision)}
