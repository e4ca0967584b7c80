"""Deals as they stood after some events (SEMANTICS 5.4)."""

from collections.abc import Collection, Mapping, Sequence

from eventstore.deal_story import IN_FORCE, evolve
from eventstore.domain.deals import Deal, absorb, note_amount
from eventstore.domain.events import DealJoined, DealOpened, DealSeparated, Id
from eventstore.reading import Recorded
from eventstore.told import Told

Streams = Mapping[Id, Sequence[Recorded]]


def in_force(streams: Streams, touches: Collection[Told]) -> list[Deal]:
    """Of these deals those neither joined into another one nor withdrawn, with their amounts.

    `touches` are those of theirs that may tell one; into which deals some are joined is among them.
    A touch is recorded just before the deal that it opens, which may be beyond the end. A join that
    was suspended or undone is as if it had never been.
    """
    deals = {stream: _opened(events[0]) for stream, events in streams.items()}
    joins = {stream: _join(events) for stream, events in streams.items()}
    steps: list[tuple[int, Id, Told | Recorded]] = [
        (recorded.position, deal, recorded)
        for deal, events in streams.items()
        for recorded in events[1:]
    ]
    steps += [(told.position, told.deal, told) for told in touches if told.deal in deals]
    joined: set[Id] = set()
    for _, name, step in sorted(steps, key=lambda step: step[0]):
        deal = deals[name]
        if isinstance(step, Told):
            order = (step.occurred_at, step.lead)
            note_amount(deal, step.newest.amount, step.newest.currency, order)
            continue
        if step is joins[name] and isinstance(step.event, DealJoined):
            joined.add(name)
            absorb(deal, deals[step.event.into])
        evolve(deal, step.event, joined=name in joined)
    return [deal for deal in deals.values() if deal.status in IN_FORCE]


def _join(events: Sequence[Recorded]) -> Recorded | None:
    """What joined the deal into another one, where that stands."""
    told = [e for e in events if isinstance(e.event, DealJoined | DealSeparated)]
    return told[-1] if told and isinstance(told[-1].event, DealJoined) else None


def _opened(recorded: Recorded) -> Deal:
    event = recorded.event
    if not isinstance(event, DealOpened):
        raise TypeError(f"stream {recorded.stream.hex()} of a deal begins with {type(event)}")
    return Deal(recorded.stream, event.lead, event.pipeline, repeat_of=event.repeat_of)
