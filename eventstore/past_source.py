"""A person's rows as they were at a position of the event store (SEMANTICS 5.4, ADR 0030).

What a card shows is read through this as it is through the rows of now. Who was whom then and
where leads stood, the caller says; all else is in streams, which end there. Nothing is taken from
rows but what never changes.
"""

from bisect import bisect_left
from collections.abc import Collection, Iterable, Mapping, Sequence
from itertools import islice
from typing import Final, NamedTuple

from eventstore.deal_touches import joined_groups
from eventstore.domain.deals import LOST, WON, Deal
from eventstore.domain.events import Id, SharedChanged
from eventstore.past_deals import in_force
from eventstore.past_hands import hands_then
from eventstore.reading import Recorded
from eventstore.returned_since import last_end, returned_since
from eventstore.rows import Card, Ends, Hand, Pending, Place, Source
from eventstore.told import Told, told_of

_LOOKED_AT: Final = (50, 4096)
"""Of many leads that may attest an identity, so many are read at once: first few, then more."""


class KnownLead(NamedTuple):
    """A lead that brought an identity of a person, or stood there, as known at a position.

    They sort by their places among touches.
    """

    at: int
    """When it happened; milliseconds."""
    lead: Id
    leaf: Id
    """Where it stood."""
    deal: Id
    """Empty for none."""
    pipeline: str
    leaves: Sequence[Id]
    """Of its identities; of a lead without any, none."""
    ordered: bool
    """An order of it may have an amount."""
    amended: bool
    """A delivery after the position told more of it."""

    @property
    def place(self) -> Place:
        return self.at, self.lead


class KnownPerson(NamedTuple):
    """A person as it stood at a position."""

    head: Id
    leaves: frozenset[Id]
    leads: Sequence[KnownLead]
    joins: Mapping[Id, Id]
    """Deals of its touches → into which others they were joined."""


class PastSource:
    """A CardSource of one person at a position."""

    def __init__(self, source: Source, known: KnownPerson, upto: int) -> None:
        self._source = source
        self._head, self._leaves, self._joins = known.head, known.leaves, known.joins
        self._upto = upto
        self._leads = sorted(known.leads)
        self._standing = [lead for lead in self._leads if lead.leaf in known.leaves]
        self._of_deal: dict[Id, list[KnownLead]] = {}
        for lead in self._standing:
            if lead.deal:
                self._of_deal.setdefault(lead.deal, []).append(lead)

    # --- events ---

    def streams(self, ids: Collection[Id], *, personal: bool) -> dict[Id, list[Recorded]]:
        found = self._source.streams(ids, personal=personal)
        cut = {s: [e for e in events if e.position <= self._upto] for s, events in found.items()}
        return {stream: events for stream, events in cut.items() if events}

    def first_events(self, ids: Collection[Id], *, personal: bool) -> dict[Id, Recorded]:
        found = self._source.first_events(ids, personal=personal)
        return {stream: event for stream, event in found.items() if event.position <= self._upto}

    def formed(self, leaves: Collection[Id], after: int) -> list[Recorded]:
        return [e for e in self._source.formed(leaves, after) if e.position <= self._upto]

    def hands(self, leaves: Collection[Id]) -> list[Hand]:
        return hands_then(self._source, leaves, self._upto)

    def hands_ever(self, named: Collection[Id]) -> list[Hand]:
        return [hand for hand in self._source.hands_ever(named) if hand.position <= self._upto]

    def pending(self) -> dict[Id, tuple[int, Pending]]:
        """Nothing: what was still to be done then is not kept."""
        return {}

    # --- leaf cards ---

    def members(self, persons: Collection[Id]) -> dict[Id, tuple[int, Card]]:
        return self.cards(self._leaves) if self._head in persons else {}

    def cards(self, leaves: Collection[Id]) -> dict[Id, tuple[int, Card]]:
        rows = self._source.cards(leaves)
        shared = self._shared(
            {leaf: row for leaf, (_, row) in rows.items() if leaf in self._leaves}
        )
        stood = {lead.lead: lead.leaf for lead in self._standing} if rows else {}
        for leaf, (_, card) in rows.items():
            if leaf in shared:
                card.person, card.moved_to, card.awaits = self._head, b"", 0
                card.shared, card.deals, card.many_deals = shared[leaf], [], True
            elif card.moved_to:
                card.moved_to = stood.get(card.opened_by, b"")
        return rows

    def _shared(self, cards: Mapping[Id, Card]) -> dict[Id, bool]:
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
            later = [shared for position, shared in flags if position > self._upto]
            if flags:
                known[leaf] = not later[0] if later else flags[-1][1]
        return known

    def ends(self, leaves: Collection[Id]) -> dict[Id, Ends]:
        brought: dict[Id, list[KnownLead]] = {leaf: [] for leaf in leaves}
        for lead in self._leads:
            for leaf in lead.leaves or (lead.leaf,):
                if leaf in brought:
                    brought[leaf].append(lead)
        now = self._source.ends(leaves)
        found = {}
        for leaf, leads in brought.items():
            if leads:
                attested = leaf in now and now[leaf].attested
                doubtful = leads if attested else [lead for lead in leads if lead.amended]
                proven = self._attests(leaf, [lead.lead for lead in doubtful])
                found[leaf] = Ends(leads[0].place, leads[-1].place, proven)
        return found

    def _attests(self, leaf: Id, leads: Iterable[Id]) -> bool:
        """Whether one of these leads attested the identity."""
        left, (few, many) = iter(leads), _LOOKED_AT
        while some := list(islice(left, few)):
            for told in told_of(self.streams(some, personal=False)).values():
                if (leaf, True) in told.proofs:
                    return True
            few = many
        return False

    # --- touches ---

    def touches(self, leaves: Collection[Id], *, before: Place, most: int) -> list[Place]:
        end = bisect_left(self._standing, before, key=lambda lead: lead.place)
        older = reversed(self._standing[:end])
        return list(islice((lead.place for lead in older if lead.leaf in leaves), most))

    def deal_touches(
        self,
        deals: Collection[Id],
        leaves: Collection[Id],  # noqa: ARG002 - all are at hand by their deals
        *,
        most: int,
    ) -> dict[Id, list[Place]]:
        newest = {deal: reversed(self._of_deal.get(deal, [])) for deal in deals}
        found = {deal: [t.place for t in islice(touches, most)] for deal, touches in newest.items()}
        return {deal: places for deal, places in found.items() if places}

    # --- deals ---

    def joined(self, deals: Collection[Id]) -> dict[Id, Id]:
        return {deal: self._joins[deal] for deal in deals if deal in self._joins}

    def joined_into(self, deals: Collection[Id]) -> dict[Id, Id]:
        return {deal: into for deal, into in self._joins.items() if into in deals}

    def deal_rows(self, ids: Collection[Id]) -> dict[Id, tuple[Id, Deal]]:
        """Those in force, with the amounts that their touches and people told."""
        latest = self._latest()
        wanted = {deal for deal in ids if deal in latest}
        every = {deal for group in joined_groups(self, wanted).values() for deal in group}
        ordered = [t.lead for deal in every for t in self._of_deal.get(deal, ()) if t.ordered]
        touches: Collection[Told] = told_of(self.streams(ordered, personal=False)).values()
        found = in_force(self.streams(every, personal=False), touches)
        for deal in found:
            deal.activity = latest[deal.id].at if deal.id in latest else 0
        self._note_returned([deal for deal in found if deal.id in wanted])
        return {deal.id: (self._head, deal) for deal in found if deal.id in wanted}

    def _note_returned(self, deals: Iterable[Deal]) -> None:
        """What had come to those that had ended, and waited then."""
        ended = {deal.id: deal for deal in deals if deal.status in (WON, LOST)}
        ends = {d: last_end(events) for d, events in self.streams(ended, personal=False).items()}
        for hand in self.hands(ended):
            if hand.kind == "leave":
                ends[hand.a] = max(ends[hand.a], hand.position)
        came = {(t.lead, 1): d for d in ended for t in self._of_deal.get(d, ())}
        positions = self._source.positions(came)
        late = [key[0] for key, position in positions.items() if position > ends[came[key]]]
        told = told_of(self.streams(late, personal=False))
        of_deal: dict[Id, list[Told]] = {}
        for one in told.values():
            of_deal.setdefault(came[one.lead, 1], []).append(one)
        for name, touches in of_deal.items():
            ended[name].returned = returned_since(touches, ends[name])

    def deals_of(self, persons: Collection[Id]) -> dict[Id, tuple[Id, Deal]]:
        return self.deal_rows(self._latest()) if self._head in persons else {}

    def latest_deals(self, person: Id, *, most: int) -> dict[Id, tuple[Id, Deal]]:
        of_pipeline: dict[str, list[tuple[int, Id]]] = {}
        for deal, touch in self._latest().items() if person == self._head else ():
            of_pipeline.setdefault(touch.pipeline, []).append((-touch.at, deal))
        return self.deal_rows(
            {deal for found in of_pipeline.values() for _, deal in sorted(found)[:most]}
        )

    def _latest(self) -> dict[Id, KnownLead]:
        """Each deal with touches that was joined into no other one → the latest of them."""
        found: dict[Id, KnownLead] = {}
        for deal, touches in self._of_deal.items():
            end = deal
            while end in self._joins:
                end = self._joins[end]
            found[end] = max(touches[-1], found.get(end, touches[-1]), key=lambda t: t.place)
        return found
