"""The working set of one transaction: rows read so far, rows changed, events to be recorded.

Everything that decides reads through here, so that a decision sees those before it in the same
batch as if they were stored.
"""

from collections import Counter
from collections.abc import Callable, Collection, Iterable, Iterator
from typing import Final, TypeVar

import msgspec

from eventstore.card_rows import CardRows
from eventstore.domain.events import (
    DealJoined,
    DealSeparated,
    Event,
    Id,
    LeadRecorded,
    TouchPlaced,
)
from eventstore.keyring import Keyring
from eventstore.lead_state import LeadState, Order, attests, state_of
from eventstore.mapper import Personal
from eventstore.person_deals import PersonDeals
from eventstore.policy import Policy
from eventstore.rows import LAST, Appearance, Changes, Hand, Pair, Pending, Source

T = TypeVar("T")

Beat = Callable[[], None]
"""Called now and then where much is read or gone through; may raise, to leave off there."""
_BEAT: Final = 1000
"""Items between two beats: some ten milliseconds' work."""
_ALL: Final = 2**31


class Work:
    """One batch's working set. Not thread-safe; thrown away after its save, failed or not."""

    def __init__(
        self, source: Source, keyring: Keyring, policy: Policy, *, beat: Beat = lambda: None
    ) -> None:
        self.source = source
        self.keyring = keyring
        self.policy = policy
        self.beat = beat
        self.changes = Changes()
        cards = CardRows(source, self.changes)
        self.load_cards = cards.load
        self.card = cards.card
        self.known_card = cards.known
        self.head = cards.head
        self.has_many_deals = cards.has_many_deals
        self.changing = cards.changing
        self.open_card = cards.open
        self.members = cards.members
        self.deals = PersonDeals(cards, most=policy.most_deals_in_a_row)
        self.leads: dict[Id, LeadState] = {}
        self.seen: set[Id] = set()
        self.threads: dict[Id, Id] = {}
        """See eventstore.conversations."""
        self._pairs: dict[tuple[Id, Id], Pair | None] = {}
        self._streams: dict[Id, int] = {}
        self._moved_on: dict[Id, int] = {}
        self._order: dict[tuple[Id, int], Order] = {}

    def each(self, items: Iterable[T]) -> Iterator[T]:
        """The same items, however many, with a beat now and then."""
        for number, item in enumerate(items):
            if number % _BEAT == 0:
                self.beat()
            yield item

    # --- pairs, appearances, decisions by hand ---

    def load_pairs(self, keys: Iterable[tuple[Id, Id]]) -> None:
        wanted = {key for key in keys if key not in self._pairs}
        if wanted:
            found = self.source.pairs(wanted)
            for key in wanted:
                self._pairs[key] = found.get(key)

    def pair(self, key: tuple[Id, Id]) -> Pair | None:
        if key not in self._pairs:
            self.load_pairs([key])
        return self._pairs[key]

    def put_pair(self, key: tuple[Id, Id], pair: Pair | None) -> None:
        self._pairs[key] = pair
        self.changes.pairs[key] = pair

    def pairs_of(self, leaves: Collection[Id]) -> dict[tuple[Id, Id], Pair]:
        wanted = set(leaves)
        found: dict[tuple[Id, Id], Pair | None] = dict(self.source.pairs_of(wanted))
        found |= {k: p for k, p in self._pairs.items() if k[0] in wanted or k[1] in wanted}
        return {key: pair for key, pair in found.items() if pair is not None}

    def appearances(self, leaves: Collection[Id]) -> set[tuple[Id, Id]]:
        wanted = set(leaves)
        ours = {entry for entry in self.changes.appearances if entry[0] in wanted}
        return (self.source.appearances(wanted) - self.changes.vanished.keys()) | ours

    def standing(self, leaves: Collection[Id]) -> set[Id]:
        """The leads that stand on these leaf cards."""
        wanted = set(leaves)
        stored = {lead for _, lead in self.source.touches(wanted, before=LAST, most=_ALL)}
        gone = {lead for leaf, lead in self.changes.vanished if leaf in wanted}
        ours = self.changes.appearances.items()
        here = {lead for (leaf, lead), one in ours if leaf in wanted and one.deal is not None}
        return (stored - gone) | here

    def appearance_counts(self, leaves: Collection[Id]) -> Counter[Id]:
        """How many leads brought each of these identities; one of this batch may count twice."""
        ours = Counter(leaf for leaf, _ in self.changes.appearances if leaf in leaves)
        return ours + Counter(self.source.appearance_counts(leaves))

    def hands(self, leaves: Collection[Id]) -> list[Hand]:
        """Merges, vetoes and marks in force on these leaf cards, in recorded order.

        A decision that names the card of a lead without identity bears on the leaf card where
        that lead stands now (SEMANTICS 2.2.5).
        """
        wanted = {leaf: leaf for leaf in leaves}
        for leaf in leaves:
            for alias in self.known_card(leaf).aliases:
                if self.known_card(alias).moved_to == leaf:
                    wanted[alias] = leaf
        return sorted(
            (h._replace(a=self.bears_on(h.a), b=self.bears_on(h.b)) for h in self._hands(wanted)),
            key=lambda hand: hand.order,
        )

    def deal_hands(self, deals: Collection[Id]) -> list[Hand]:
        """Decisions in force about joining and parting these deals, in recorded order."""
        return sorted(self._hands(deals), key=lambda hand: hand.order)

    def _hands(self, named: Collection[Id]) -> list[Hand]:
        found = {(h.decision, h.a, h.b): h for h in self.source.hands(named)}
        for hand, in_force in self.changes.hands:
            found.pop((hand.decision, hand.a, hand.b), None)
            if in_force and (hand.a in named or hand.b in named):
                found[hand.decision, hand.a, hand.b] = hand
        return list(found.values())

    def bears_on(self, leaf: Id) -> Id:
        """The leaf card that an id bears on: its own, or where the lead of that card stands."""
        card = self.card(leaf)
        return card.moved_to if card is not None and card.moved_to else leaf

    def alias(self, own: Id, leaf: Id, *, among: Iterable[Id] = ()) -> None:
        """The lead of the card `own` stands on `leaf` from now on, or may stand on these others."""
        self.changing(own).moved_to = leaf
        for place in (leaf, *among):
            card = self.changing(place)
            if own not in card.aliases:
                card.aliases = [*card.aliases, own]

    def decision(self, decision: Id) -> list[tuple[Hand, bool]]:
        """The rows of one decision, and whether they are in force."""
        found = {(h.a, h.b): (h, force) for h, force in self.source.decision(decision)}
        found |= {(h.a, h.b): (h, f) for h, f in self.changes.hands if h.decision == decision}
        return list(found.values())

    def undoing(self, decision: Id) -> Id:
        """The undo of this decision that is in force; empty where there is none."""
        return next((h.decision for h in self._hands([decision]) if h.kind == "undo"), b"")

    def persons_before(self, leaves: Collection[Id]) -> set[Id]:
        """The persons to whom these leaf cards belonged at the last commit."""
        return {card.person for _, card in self.source.cards(leaves).values()}

    def decide_by_hand(self, kind: str, a: Id, b: Id, decision: Id, event: Event) -> None:
        """Record a decision, and its row for the partition."""
        self.emit(decision, event)
        self.decided_on(kind, [(a, b)], decision)

    def decided_on(self, kind: str, pairs: Iterable[tuple[Id, Id]], decision: Id) -> None:
        """Rows of the decision whose event was recorded last."""
        position = -len(self.changes.events)
        self.changes.hands += [
            (Hand(decision, kind, a, b, position), True) for a, b in sorted(pairs)
        ]

    def withdrawn(self, leaves: Collection[Id]) -> set[tuple[Id, Id, Id]]:
        """(leaf card, leaf card, lead) for evidence that no longer counts."""
        wanted = set(leaves)
        times = dict(self.source.withdrawn(wanted))
        for key, more in self.changes.withdrawn.items():
            if key[0] in wanted:
                times[key] = times.get(key, 0) + more
        return {key for key, count in times.items() if count > 0}

    # --- the review queue ---

    def stir(self, leaves: Iterable[Id]) -> None:
        """The persons of these leaf cards may be in the review queue otherwise than before."""
        self.changes.stirred.update(leaves)

    # --- what goes on in pieces ---

    def pending(self, name: Id) -> Pending | None:
        """How far the work in pieces of a person or a decision is; None where there is none."""
        if name in self.changes.pending:
            return self.changes.pending[name][1]
        version, row = self.source.pending([name]).get(name, (0, None))
        self._moved_on[name] = version
        return row

    def put_pending(self, name: Id, row: Pending | None) -> None:
        """It is as far as this now; None: done."""
        self.pending(name)
        version = self._moved_on[name]
        if row is None and not version:
            self.changes.pending.pop(name, None)
        else:
            self.changes.pending[name] = (version, row)

    # --- keys ---

    def keyed(self, key: Id) -> Id:
        """What a key stands for; empty where it is not there."""
        return self.changes.keys.get(key) or self.source.keyed([key]).get(key, b"")

    # --- leads ---

    def load_leads(self, ids: Iterable[Id]) -> None:
        """Read the streams of these leads, without their personal parts."""
        self.beat()
        wanted = {i for i in ids if i not in self.leads}
        if wanted:
            for stream, events in self.source.streams(wanted, personal=False).items():
                if isinstance(events[0].event, LeadRecorded):
                    state = state_of(stream, events)
                    state.newest = self.policy.in_order(state.newest)
                    self.leads[stream] = state
            if self.policy.folds:
                leads = (self.leads[stream] for stream in wanted if stream in self.leads)
                self.load_cards({i.leaf for one in leads for i in one.identities})

    def place_lead(
        self, lead: LeadState, leaf: Id, deal: Id, *, opened: bool = False, because: Id = b""
    ) -> None:
        """The lead stands here and belongs to this deal: in its own event while that is new."""
        if lead.leaf and lead.leaf != leaf:
            self._stands_no_more(lead)
        self._appears(lead, leaf, deal)
        before = lead.leaf or leaf
        lead.leaf, lead.deal = leaf, deal
        if lead.first[0] == 1 and lead.version == 1:
            slot = lead.first[1]
            stream, version, _, personal = self.changes.events[slot]
            lead.newest = msgspec.structs.replace(lead.newest, leaf=leaf, deal=deal, opened=opened)
            self.changes.events[slot] = (stream, version, lead.newest, personal)
        else:
            lead.version = self.emit(lead.id, TouchPlaced(deal=deal, leaf=leaf, because=because))
            if before != leaf:  # what the two persons are called may change
                self.stir([before, leaf])

    def appears_anew(self, lead: LeadState, before: LeadRecorded, leaves: Iterable[Id]) -> None:
        """The lead, told of as `before` until now, appears on `leaves` as it is now.

        Those are its leaf cards. On others it appears no more, but where it stands it does until
        it is placed elsewhere.
        """
        here = {*leaves, lead.leaf}
        for leaf in {identity.leaf for identity in before.identities} - here:
            self._appears_no_more(lead, leaf, before)
        for leaf in here:
            deal = lead.deal if leaf == lead.leaf else None
            self._appears(lead, leaf, deal, before)
            now = Appearance(lead.newest.occurred_at, attests(lead.newest, leaf), deal)
            self.changes.appearances[leaf, lead.id] = now

    def _stands_no_more(self, lead: LeadState) -> None:
        """Where it stood, the lead appears still if it brings that identity."""
        if any(identity.leaf == lead.leaf for identity in lead.identities):
            self._appears(lead, lead.leaf, None)
        else:
            self._appears_no_more(lead, lead.leaf, lead.newest)

    def _appears(
        self, lead: LeadState, leaf: Id, deal: Id | None, told: LeadRecorded | None = None
    ) -> None:
        known = self._appeared(lead, leaf, told or lead.newest)
        self.changes.appearances[leaf, lead.id] = Appearance(known.at, known.attested, deal)

    def _appears_no_more(self, lead: LeadState, leaf: Id, told: LeadRecorded) -> None:
        self._appeared(lead, leaf, told)
        self.changes.appearances.pop((leaf, lead.id), None)

    def _appeared(self, lead: LeadState, leaf: Id, told: LeadRecorded) -> Appearance:
        """How the lead, told of so until now, appears there; if stored, that row is to go."""
        key = (leaf, lead.id)
        if known := self.changes.appearances.get(key):
            return known
        known = Appearance(
            told.occurred_at, attests(told, leaf), lead.deal if leaf == lead.leaf else None
        )
        if lead.first[0] == 0:
            self.changes.vanished.setdefault(key, known)
        return known

    def deal_streams(self, ids: Collection[Id]) -> dict[Id, list[tuple[Order, Event]]]:
        """The events of these deals in recorded order; deals that nobody opened are left out."""
        found: dict[Id, list[tuple[Order, Event]]] = {}
        for stream, events in self.source.streams(ids, personal=False).items():
            found[stream] = [((0, e.position), e.event) for e in events]
        for slot, (stream, _, event, _) in enumerate(self.changes.events):
            if stream in ids:
                found.setdefault(stream, []).append(((1, slot), event))
        return found

    # --- events ---

    def emit(self, stream: Id, event: Event, personal: Personal | None = None) -> int:
        """Record an event at the end of a lead's or a deal's stream; gives its version."""
        if stream not in self._streams:
            state = self.leads.get(stream)
            known = state.version if state else self._stored_version(stream)
            self._streams[stream] = known
        if isinstance(event, DealJoined):
            self.changes.joins[stream] = event.into
        elif isinstance(event, DealSeparated):
            self.changes.joins[stream] = b""
        return self._append(stream, event, personal)

    def emit_new(self, stream: Id, event: Event, personal: Personal | None = None) -> None:
        """Record the first event of a stream that is known to be new."""
        self._streams[stream] = 0
        self._append(stream, event, personal)

    def emit_card(self, leaf: Id, event: Event, personal: Personal | None = None) -> None:
        """Record an event at the end of a leaf card's stream."""
        card = self.changing(leaf)
        self._streams[leaf] = card.events
        card.events = self._append(leaf, event, personal)

    def order_of(self, stream: Id, version: int = 1) -> Order:
        """Where an event stands among all, stored or not."""
        key = (stream, version)
        if key not in self._order:
            self.load_orders([key])
        return self._order[key]

    def load_orders(self, events: Iterable[tuple[Id, int]]) -> None:
        wanted = [key for key in events if key not in self._order]
        if wanted:
            self._order |= {k: (0, p) for k, p in self.source.positions(wanted).items()}

    def _append(self, stream: Id, event: Event, personal: Personal | None) -> int:
        version = self._streams[stream] + 1
        self._streams[stream] = version
        self._order[stream, version] = (1, len(self.changes.events))
        self.changes.events.append((stream, version, event, personal))
        return version

    def _stored_version(self, stream: Id) -> int:
        events = self.source.streams([stream], personal=False).get(stream)
        return events[-1].version if events else 0
