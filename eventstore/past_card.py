"""A person as it was known at a position of the event store (SEMANTICS 5.4).

Who was whom then, the caller says; what was known of them is read from streams that end there.
Nothing is taken from rows, which tell of now, but what never changes.
"""

from collections.abc import Collection, Mapping, Sequence

from eventstore.card_timeline import Window
from eventstore.card_view import CardView
from eventstore.customer_base import CustomerBase
from eventstore.deal_story import IN_FORCE, evolve
from eventstore.domain.deals import Deal, absorb, note_amount
from eventstore.domain.events import DealJoined, DealOpened, DealSeparated, Id, SharedChanged
from eventstore.reading import Recorded
from eventstore.rows import Card
from eventstore.told import Json, Told

Streams = Mapping[Id, Sequence[Recorded]]


class PastCards:
    """Shows persons as they were known. Reads only."""

    def __init__(self, base: CustomerBase) -> None:
        self._source = base.recorder
        self._view = CardView(base)

    def show(
        self,
        head: Id,
        leaves: Collection[Id],
        leads: Collection[Id],
        upto: int,
        *,
        everything: bool = False,
        window: Window | None = None,
    ) -> Json:
        """The person of these leaf cards at a position; `leads` brought them, or stood there."""
        told = {
            lead: Told(events) for lead, events in self._known(leads, upto, personal=True).items()
        }
        cards = {leaf: card for leaf, (_, card) in self._source.cards(leaves).items()}
        shared = self._shared(cards, upto)
        for leaf, card in cards.items():
            card.person, card.moved_to, card.deals, card.many_deals = head, b"", [], False
            card.awaits, card.shared = 0, shared[leaf]
        if head in cards:
            standing = [one for one in told.values() if one.leaf in cards]
            cards[head].deals = self._deals(standing, upto)
        return self._view.person(
            head, cards, told, timeline=True, everything=everything, upto=upto, window=window
        )

    def stood(self, leaf: Id, upto: int) -> Id:
        """A leaf card; of a lead that had left its own by then, the one where it stood."""
        known = self._source.cards([leaf]).get(leaf)
        if known is None or not known[1].moved_to:
            return leaf
        lead = known[1].opened_by
        events = self._known([lead], upto).get(lead)
        return Told(events).leaf if events else leaf

    def _known(
        self, streams: Collection[Id], upto: int, *, personal: bool = False
    ) -> dict[Id, list[Recorded]]:
        found = self._source.streams(streams, personal=personal)
        cut = {s: [e for e in events if e.position <= upto] for s, events in found.items()}
        return {stream: events for stream, events in cut.items() if events}

    def _shared(self, cards: Mapping[Id, Card], upto: int) -> dict[Id, bool]:
        """Which of these identities counted as shared: each event turned what was before it.

        A row, read before the streams, stands for what no event has turned.
        """
        known = {leaf: card.shared for leaf, card in cards.items()}
        for leaf, events in self._source.streams(cards, personal=False).items():
            flags = [
                (recorded.position, recorded.event.shared)
                for recorded in events
                if isinstance(recorded.event, SharedChanged)
            ]
            later = [shared for position, shared in flags if position > upto]
            if flags:
                known[leaf] = not later[0] if later else flags[-1][1]
        return known

    def _deals(self, standing: Sequence[Told], upto: int) -> list[Deal]:
        """Of these touches, neither joined into others nor withdrawn."""
        found: dict[Id, Sequence[Recorded]] = {}
        wanted = {one.deal for one in standing if one.deal}
        while wanted:
            read = self._known(wanted, upto)
            found |= read
            joined = (e.event for events in read.values() for e in events)
            wanted = {e.into for e in joined if isinstance(e, DealJoined)} - found.keys()
        return in_force(found, standing)


def in_force(streams: Streams, touches: Collection[Told]) -> list[Deal]:
    """The deals of these touches after these events, and what touches and people say of amounts.

    A touch is recorded just before the deal that it opens, which may be beyond the end.
    """
    deals = {stream: _opened(events[0]) for stream, events in streams.items()}
    steps: list[tuple[int, Id, Told | Recorded]] = [
        (recorded.position, deal, recorded)
        for deal, events in streams.items()
        for recorded in events[1:]
    ]
    steps += [(told.position, told.deal, told) for told in touches if told.deal in deals]
    into: dict[Id, Id] = {}
    for _, name, step in sorted(steps, key=lambda step: step[0]):
        deal = deals[name]
        if isinstance(step, Told):
            order = (step.occurred_at, step.lead)
            note_amount(deal, step.newest.amount, step.newest.currency, order)
            continue
        if isinstance(step.event, DealJoined):
            into[name] = step.event.into
            absorb(deal, deals[into[name]])
        elif isinstance(step.event, DealSeparated):
            into.pop(name, None)
        evolve(deal, step.event, joined=name in into)
    ends = {_end(told.deal, into) for told in touches if told.deal}
    return [deal for name, deal in deals.items() if name in ends and deal.status in IN_FORCE]


def _end(deal: Id, into: Mapping[Id, Id]) -> Id:
    while deal in into:
        deal = into[deal]
    return deal


def _opened(recorded: Recorded) -> Deal:
    event = recorded.event
    if not isinstance(event, DealOpened):
        raise TypeError(f"stream {recorded.stream.hex()} of a deal begins with {type(event)}")
    return Deal(recorded.stream, event.lead, event.pipeline, repeat_of=event.repeat_of)
