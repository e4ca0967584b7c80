"""Decide the deals of some persons again, as if their links had always been (SEMANTICS 3.5).

Their touches and commands are gone through in recorded order, each standing link in force from
the recording of its earliest remaining evidence. What differs from what stands is recorded.
"""

from collections import defaultdict
from collections.abc import Collection, Iterable
from dataclasses import dataclass, field
from typing import Any

from eventstore.domain.deals import (
    Deal,
    absorb,
    apply,
    joins_of_unsorted,
    new_deal,
    note_touch,
    place,
    repeated,
)
from eventstore.domain.events import (
    DealCommand,
    DealJoined,
    DealOpened,
    DealRestored,
    DealSeparated,
    DealWithdrawn,
    Id,
    RepeatChanged,
)
from eventstore.domain.matching import Action
from eventstore.regroup import by_hand
from eventstore.rows import Card
from eventstore.touches import JOIN_RULE, deal_id, opening, stand, touch_of
from eventstore.work import LeadState, Order, Work


@dataclass
class StoredDeal:
    """A deal as its stream has it."""

    opened: DealOpened
    repeat_of: Id
    into: Id = b""
    withdrawn: bool = False
    commands: list[tuple[Order, DealCommand | DealJoined]] = field(default_factory=list)


def redecide(work: Work, leaves: Iterable[Id], *, because: Id, at: int) -> None:
    """Decide again about the touches of the persons who have one of these leaf cards.

    `at` (milliseconds) is when the cause happened; `because` is the lead or decision.
    """
    members, leads = _concerned(work, set(leaves))
    stored = _stored_deals(work, leads)
    play = _Play(work, members, leads, stored)
    play.run()
    _record_deals(work, play, stored, because, at)
    for lead in leads:
        placed = play.placed.get(lead.id, b"")
        leaf = stand(work, lead)
        if (leaf, placed) != (lead.leaf, lead.deal):
            work.place_lead(lead, leaf, placed, because=because)
    of_person = play.persons()
    for leaf, card in members.items():
        if card.person == leaf or card.deals:
            work.changing(leaf).deals = of_person.get(leaf, [])


def _concerned(work: Work, leaves: set[Id]) -> tuple[dict[Id, Card], list[LeadState]]:
    """The leaf cards of all persons concerned, and every lead that stands or stood there."""
    persons = {work.known_card(leaf).person for leaf in leaves}
    while True:
        members = work.members(persons)
        work.load_leads({lead for _, lead in work.appearances(members)})
        leads = [work.leads[lead] for lead in sorted({i for _, i in work.appearances(members)})]
        work.load_cards({i.leaf for lead in leads for i in lead.identities})
        here = []
        beyond: set[Id] = set()
        for lead in leads:
            places = {stand(work, lead)} | ({lead.leaf} if lead.leaf else set())
            if places & members.keys():
                here.append(lead)
                beyond |= {work.known_card(leaf).person for leaf in places} - persons
        if not beyond:
            return members, here
        persons |= beyond


def _stored_deals(work: Work, leads: Collection[LeadState]) -> dict[Id, StoredDeal]:
    ids = {deal_id(lead.id, lead.newest.pipeline) for lead in leads}
    return read_deals(work, ids | {lead.deal for lead in leads if lead.deal})


def read_deals(work: Work, ids: Collection[Id]) -> dict[Id, StoredDeal]:
    """These deals as their streams have them; those that nobody opened are left out."""
    return {stream: _read_deal(events) for stream, events in work.deal_streams(ids).items()}


def _read_deal(events: Iterable[tuple[Order, Any]]) -> StoredDeal:
    (_, opened), *rest = events
    stored = StoredDeal(opened, opened.repeat_of)
    for order, event in rest:
        match event:
            case DealJoined():
                stored.into = event.into
            case DealSeparated():
                stored.into = b""
            case DealWithdrawn() | DealRestored():
                stored.withdrawn = isinstance(event, DealWithdrawn)
            case RepeatChanged():
                stored.repeat_of = event.repeat_of
        if isinstance(event, DealCommand) or (isinstance(event, DealJoined) and event.command):
            stored.commands.append((order, event))
    return stored


class _Play:
    """One run through the recorded order."""

    def __init__(
        self,
        work: Work,
        members: dict[Id, Card],
        leads: list[LeadState],
        stored: dict[Id, StoredDeal],
    ) -> None:
        self.work = work
        self.members = members
        self.leads = leads
        self.stored = stored
        self.placed: dict[Id, Id] = {}
        self.deals: dict[Id, Deal] = {}
        self.openers: dict[Id, LeadState] = {}
        self.joined: dict[Id, tuple[Id, str]] = {}
        self._parent = {leaf: leaf for leaf in members}
        self._of: dict[Id, list[Deal]] = defaultdict(list)
        self._now: Order = (0, 0)

    def run(self) -> None:
        steps: list[tuple[Order, int, Any]] = []
        steps += [(order, 0, pair) for order, pair in self._links()]
        steps += [(lead.first, 1, lead) for lead in self.leads]
        for deal, stored in self.stored.items():
            steps += [(order, 2, (deal, event)) for order, event in stored.commands]
        steps.sort(key=lambda step: step[:2])
        for order, kind, what in steps:
            self._now = order
            (self._link, self._touch, self._command)[kind](what)

    def persons(self) -> dict[Id, list[Deal]]:
        """The open and closed deals of each person, by the person's head as it stands now."""
        found: dict[Id, list[Deal]] = {}
        for root, deals in self._of.items():
            if deals:
                found.setdefault(self.members[root].person, []).extend(deals)
        return found

    def _links(self) -> list[tuple[Order, tuple[Id, Id]]]:
        """Every link that stands, with the order of its earliest remaining evidence."""
        withdrawn = self.work.withdrawn(self.members)
        earliest: dict[tuple[Id, Id], Order] = {}
        for lead in self.leads_with_pairs():
            rules = self.work.policy.judged_by(lead.newest.rules)
            for i, j, _, _, action in rules.pairs(lead.identities):
                a, b = sorted((lead.identities[i].leaf, lead.identities[j].leaf))
                held = action is not Action.LINK or (a, b, lead.id) in withdrawn
                if not held and self._stands(a, b):
                    earliest[a, b] = min(earliest.get((a, b), lead.first), lead.first)
        merges, _ = by_hand(self.work.hands(self.members))
        links = [(order, pair) for pair, order in earliest.items()]
        links += [(h.order, (h.a, h.b)) for h in merges if self._of_one_person(h.a, h.b)]
        return links

    def leads_with_pairs(self) -> list[LeadState]:
        """Leads that may link two of the cards, wherever they stand."""
        ids = {lead for _, lead in self.work.appearances(self.members)}
        self.work.load_leads(ids)
        return [self.work.leads[i] for i in ids if len(self.work.leads[i].identities) > 1]

    def _stands(self, a: Id, b: Id) -> bool:
        return self._of_one_person(a, b) and not (self.members[a].shared or self.members[b].shared)

    def _of_one_person(self, a: Id, b: Id) -> bool:
        return (
            a in self.members
            and b in self.members
            and self.members[a].person == self.members[b].person
        )

    def _find(self, leaf: Id) -> Id:
        while self._parent[leaf] != leaf:
            self._parent[leaf] = self._parent[self._parent[leaf]]
            leaf = self._parent[leaf]
        return leaf

    def _link(self, pair: tuple[Id, Id]) -> None:
        a, b = self._find(pair[0]), self._find(pair[1])
        if a == b:
            return
        ours, theirs = self._of.pop(a, []), self._of.pop(b, [])
        self._parent[b] = a
        deals = [*ours, *theirs]
        if self.work.policy.matching.join_unsorted:
            for later, earlier in joins_of_unsorted(ours, theirs, self._opening_order):
                if not self._is_named_later(later):
                    absorb(later, earlier)
                    deals.remove(later)
                    self.joined[later.id] = (earlier.id, JOIN_RULE)
        self._of[a] = deals

    def _touch(self, lead: LeadState) -> None:
        leaf = stand(self.work, lead)
        touch = touch_of(self.work, lead, leaf)
        deals = self._of[self._find(leaf)]
        own = deal_id(lead.id, touch.pipeline)
        placement = place(touch, deals, self.work.policy.pipeline(touch.pipeline))
        stays = own in self.stored and bool(self.stored[own].commands)
        if placement.opens or stays:
            deal = new_deal(own, touch, repeated(deals, touch.pipeline))
            deals.append(deal)
            self.deals[own] = deal
            self.openers[own] = lead
            self.placed[lead.id] = own
        elif placement.joined:
            note_touch(placement.joined, touch)
            self.placed[lead.id] = placement.joined.id

    def _command(self, what: tuple[Id, DealCommand | DealJoined]) -> None:
        deal_name, event = what
        deal = self.deals.get(deal_name)
        if deal is None:
            return
        if isinstance(event, DealJoined):
            self._join_by_hand(deal, event)
        else:
            apply(deal, event)

    def _join_by_hand(self, deal: Deal, event: DealJoined) -> None:
        """Holds while both are one person's (SEMANTICS 3.5)."""
        into = self.deals.get(event.into)
        leaf, other = self._leaf_of(deal.id), self._leaf_of(event.into)
        if into is None or not self._of_one_person(leaf, other):
            return
        for deals in (self._of[self._find(leaf)], self._of[self._find(other)]):
            if deal in deals:
                deals.remove(deal)
        absorb(deal, into)
        self.joined[deal.id] = (into.id, event.by)

    def _leaf_of(self, deal: Id) -> Id:
        opener = self.openers.get(deal)
        return stand(self.work, opener) if opener else b""

    def _opening_order(self, deal: Deal) -> Order:
        return self.openers[deal.id].first

    def _is_named_later(self, deal: Deal) -> bool:
        stored = self.stored.get(deal.id)
        return stored is not None and any(order > self._now for order, _ in stored.commands)


def _record_deals(
    work: Work, play: _Play, stored: dict[Id, StoredDeal], because: Id, at: int
) -> None:
    for deal_name, deal in play.deals.items():
        before = stored.get(deal_name)
        into, by = play.joined.get(deal_name, (b"", ""))
        if before is None:
            lead = play.openers[deal_name]
            work.emit_new(deal_name, opening(lead, deal, stand(work, lead)))
            before = StoredDeal(opening(lead, deal, b""), deal.repeat_of)
        if before.withdrawn:
            work.emit(deal_name, DealRestored(because=because, at=at))
        if before.repeat_of != deal.repeat_of:
            work.emit(deal_name, RepeatChanged(repeat_of=deal.repeat_of, because=because))
        if before.into and before.into != into:
            work.emit(deal_name, DealSeparated(because=because, at=at))
        if into and before.into != into:
            work.emit(deal_name, DealJoined(into=into, by=by, at=at))
    for deal_name in stored.keys() - play.deals.keys():
        if not stored[deal_name].withdrawn:
            work.emit(deal_name, DealWithdrawn(because=because, at=at))
