"""A lead as its stream has it, and where that stands in recorded order."""

from collections.abc import Sequence

import msgspec

from eventstore.domain.events import Id, LeadIdentity, LeadRecorded, TouchPlaced
from eventstore.reading import Recorded

Order = tuple[int, int]
"""Recorded order: (0, position) of what is stored, (1, place in the batch) of what will be."""


class LeadState(msgspec.Struct, gc=False):
    """A recorded lead as its stream has it."""

    id: Id
    version: int
    """Events on its stream."""
    first: Order
    """Where its first event stands."""
    newest: LeadRecorded
    leaf: Id
    deal: Id
    event_ids: set[Id] = msgspec.field(default_factory=set)

    @property
    def identities(self) -> Sequence[LeadIdentity]:
        return self.newest.identities


def attests(lead: LeadRecorded, leaf: Id) -> bool:
    """Whether the lead proves the identity of this leaf card."""
    return any(identity.leaf == leaf and identity.attested for identity in lead.identities)


def state_of(stream: Id, events: Sequence[Recorded]) -> LeadState:
    """What the events of a lead's stream tell; they end in how it stands."""
    recorded = [e.event for e in events if isinstance(e.event, LeadRecorded)]
    last = events[-1].event
    if not isinstance(last, LeadRecorded | TouchPlaced):
        raise TypeError(f"stream {stream.hex()} of a lead ends in {type(last).__name__}")
    return LeadState(
        stream,
        events[-1].version,
        (0, events[0].position),
        recorded[-1],
        last.leaf,
        last.deal,
        {event.event_id for event in recorded},
    )
