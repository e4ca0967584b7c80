"""One plain run over touches, links and commands in recorded order (SEMANTICS 3.5)."""

from collections import defaultdict
from collections.abc import Collection, Iterable
from dataclasses import dataclass, field
from typing import Any

import msgspec

from eventstore.deal_hands import DealHands
from eventstore.deal_pool import DealPool
from eventstore.domain.deals import (
    BY_HAND,
    Deal,
    Returned,
    Touch,
    absorb,
    apply,
    join_touch,
    joins_of_unsorted,
    new_deal,
    note_amount,
    note_touch,
    place,
    returns,
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
from eventstore.judging import judged
from eventstore.lead_state import LeadState, Order
from eventstore.regroup import by_hand
from eventstore.rows import Card, Hand
from eventstore.touches import JOIN_RULE, deal_id, stand, touch_of
from eventstore.work import Work


@dataclass
class StoredDeal:
    """A deal as its stream has it."""

    opened: DealOpened
    repeat_of: Id
    into: Id = b""
    withdrawn: bool = False
    commands: list[tuple[Order, DealCommand]] = field(default_factory=list)


class Opener(msgspec.Struct, frozen=True, gc=False):
    """The touch that opened a deal."""

    lead: Id
    first: Order
    leaf: Id
    """Where it stands."""


def read_deals(work: Work, ids: Collection[Id]) -> dict[Id, StoredDeal]:
    """These deals as their streams have them; those that nobody opened are left out."""
    found = work.deal_streams(set(ids))  # asked of each event of this batch
    return {
        stream: _read_deal(events)
        for stream, events in found.items()
        if isinstance(events[0][1], DealOpened)  # an id may be a lead's, by mistake
    }


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
        if isinstance(event, DealCommand):
            stored.commands.append((order, event))
    return stored


class Play:
    """One run through the recorded order of everything that bears on some persons' deals."""

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
        self.openers: dict[Id, Opener] = {}
        self.joined: dict[Id, tuple[Id, str, Id]] = {}
        """Deal → into which other, by whom or what, by which decision."""
        self._hands = DealHands(work, leads)
        self._touches: dict[Id, list[Touch]] = defaultdict(list)
        self._returned: dict[Id, list[Touch]] = defaultdict(list)
        """Deal → what came after its end, as `Deal.returned` tells it."""
        self._parent = {leaf: leaf for leaf in members}
        self._of: dict[Id, DealPool] = defaultdict(DealPool)
        self._now: Order = (0, 0)

    def run(self) -> None:
        steps: list[tuple[Order, int, Any]] = [(o, 0, pair) for o, pair in self._links()]
        steps += [(lead.first, 1, lead) for lead in self.leads]
        for deal, stored in self.stored.items():
            steps += [(order, 2, (deal, event)) for order, event in stored.commands]
        steps += [(hand.order, 3, hand) for hand in self._hands.in_order]
        steps.sort(key=lambda step: step[:2])
        for order, kind, what in self.work.each(steps):
            self._now = order
            (self._link, self._touch, self._command, self._by_hand)[kind](what)
        for name, row in self.deals.items():
            row.by_hand = name in self._hands.named

    def let_go(self, work: Work) -> None:
        """Keep what was played, and what going on takes; `work` is what to read by from now on."""
        self.work, self.leads, self.stored = work, [], {}

    def go_on(self, lead: LeadState) -> Deal | None:
        """Play a touch that was recorded after everything played so far; gives its deal."""
        self._now = lead.first
        self._touch(lead)
        return self.deals[self._final(self.placed[lead.id])] if lead.id in self.placed else None

    def go_on_with(self, name: Id, command: DealCommand) -> Deal | None:
        """Play a command recorded after everything played so far.

        None where it bears on more than its own deal: that was joined into another, or no touch
        had opened it. Then everything is to be played anew.
        """
        deal = self.deals.get(name)
        if deal is None or name in self.joined:
            return None
        self._apply(deal, command)
        return deal

    def persons(self) -> dict[Id, list[Deal]]:
        """The open and closed deals of each person, by the person's head as it stands now."""
        found: dict[Id, list[Deal]] = {}
        for root, deals in self._of.items():
            if every := list(deals):
                found.setdefault(self.members[root].person, []).extend(every)
        return found

    def _links(self) -> list[tuple[Order, tuple[Id, Id]]]:
        """Every link that stands, with the order of its earliest remaining evidence.

        Those that one lead brings come in the order in which the partition joins them.
        """
        withdrawn = self.work.withdrawn(self.members)
        earliest: dict[tuple[Id, Id], tuple[Order, int, int, int]] = {}
        for lead in self.work.each(self.leads_with_pairs()):
            for one in judged(self.work, lead):
                held = not one.links or (*one.pair, lead.id) in withdrawn
                if not held and self._stands(*one.pair):
                    now = (lead.first, *one.key[2:])
                    earliest[one.pair] = min(earliest.get(one.pair, now), now)
        merges, _ = by_hand(self.work.hands(self.members))
        in_order = sorted(earliest.items(), key=lambda link: link[1])
        links = [(key[0], pair) for pair, key in in_order]
        links += [(h.order, (h.a, h.b)) for h in merges if self._of_one_person(h.a, h.b)]
        return links

    def leads_with_pairs(self) -> list[LeadState]:
        """Leads that may link two of the cards, wherever they stand."""
        ids = {lead for _, lead in self.work.appearances(self.members)}
        self.work.load_leads(ids)
        fewest = 1 if self.work.policy.folds else 2
        return [self.work.leads[i] for i in ids if len(self.work.leads[i].identities) >= fewest]

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
        ours, theirs = list(self._of.pop(a, ())), list(self._of.pop(b, ()))
        self._parent[b] = a
        deals = [*ours, *theirs]
        if self.work.policy.matching.join_unsorted:
            for later, earlier in joins_of_unsorted(ours, theirs, self._opening_order):
                if not self._is_named_later(later) and self._hands.lets_rule_join(later, earlier):
                    absorb(later, earlier)
                    deals.remove(later)
                    self.joined[later.id] = (earlier.id, JOIN_RULE, b"")
        self._of[a] = DealPool(deals)

    def _touch(self, lead: LeadState) -> None:
        leaf = stand(self.work, lead)
        touch = touch_of(self.work, lead, leaf)
        deals = self._of[self._find(leaf)]
        own = deal_id(lead.id, touch.pipeline)
        pipeline = self.work.policy.pipeline(touch.pipeline)
        placement = place(touch, deals.within_reach(touch), pipeline)
        named = own in self.stored and bool(self.stored[own].commands)
        if placement.opens or (named and lead.id not in self._hands.put_apart):
            self._open(lead, touch, deals)
        elif placement.joined:
            if returns(placement.joined, touch):
                self._returned[placement.joined.id].append(touch)
            join_touch(placement.joined, touch)
            deals.noted(placement.joined)
            self._put(lead, touch, placement.joined)

    def _open(self, lead: LeadState, touch: Touch, deals: DealPool) -> None:
        repeat_of = deals.latest(touch.pipeline)
        deal = new_deal(deal_id(lead.id, touch.pipeline), touch, repeat_of)
        deals.add(deal)
        self.deals[deal.id] = deal
        self.openers[deal.id] = Opener(lead.id, lead.first, stand(self.work, lead))
        self._put(lead, touch, deal)

    def _put(self, lead: LeadState, touch: Touch, deal: Deal) -> None:
        self.placed[lead.id] = deal.id
        if self._hands.put_apart:  # else no touch ever leaves a deal
            self._touches[deal.id].append(touch)

    def _command(self, what: tuple[Id, DealCommand]) -> None:
        deal = self.deals.get(what[0])
        if deal is not None:
            self._apply(deal, what[1])

    def _apply(self, deal: Deal, command: DealCommand) -> None:
        apply(deal, command)
        if deal.returned is None:
            self._returned.pop(deal.id, None)

    def _by_hand(self, hand: Hand) -> None:
        match hand.kind:
            case "own" | "anew":
                self._put_apart(hand.a, with_later=hand.kind == "anew")
            case "join":
                self._join_by_hand(hand)
            case "leave" if hand.a in self.deals:
                self._returned.pop(hand.a, None)
                self.deals[hand.a].returned = None

    def _join_by_hand(self, hand: Hand) -> None:
        """Holds while both are one person's (SEMANTICS 3.5)."""
        deal, into = self.deals.get(hand.a), self.deals.get(self._final(hand.b))
        if deal is None or into is None or deal.id in self.joined or deal is into:
            return
        leaf, other = self._leaf_of(deal.id), self._leaf_of(into.id)
        if not self._of_one_person(leaf, other) or not self._hands.lets_join(deal, into):
            return
        absorb(deal, into)
        for root in {self._find(leaf), self._find(other)}:
            self._of[root] = self._of[root].without(deal)
        self.joined[deal.id] = (into.id, self._hands.actor(hand), hand.decision)

    def _put_apart(self, lead_id: Id, *, with_later: bool) -> None:
        """The touch opens its own deal, where it has not done so anyway.

        `with_later`: what came to the ended deal after it, and waits there as it did, goes along.
        """
        lead = next((lead for lead in self.leads if lead.id == lead_id), None)
        left = self.deals.get(self.placed.get(lead_id, b""))
        if lead is None or (left is not None and self.openers[left.id].lead == lead.id):
            return
        leaf = stand(self.work, lead)
        touch = touch_of(self.work, lead, leaf)
        waiting = self._returned.get(left.id, []) if left is not None else []
        later = waiting[waiting.index(touch) + 1 :] if with_later and touch in waiting else []
        self._open(lead, touch, self._of[self._find(leaf)])
        own = self.deals[self.placed[lead_id]]
        for one in later:
            note_touch(own, one)
            self._touches[own.id].append(one)
            self.placed[one.lead] = own.id
        if left is not None:
            self._leave(left, [touch, *later])

    def _leave(self, deal: Deal, touches: list[Touch]) -> None:
        """These are touches of the deal no more."""
        waiting = self._returned.pop(deal.id, [])
        for touch in touches:
            self._touches[deal.id].remove(touch)
        if left := [touch for touch in waiting if touch not in touches]:
            self._returned[deal.id] = left
            found = Returned(left[0].lead, left[0].occurred_at, left[-1].lead, len(left))
        deal.returned = found if left else None
        stands = self.deals[self._final(deal.id)]
        self._note_again(stands)
        root = self._find(self._leaf_of(stands.id))
        self._of[root] = DealPool(self._of[root])

    def _note_again(self, deal: Deal) -> None:
        """What a deal has of its touches, and of deals joined into it, after one touch left it."""
        said = deal.amount, deal.currency, deal.amount_of
        deal.activity, deal.threads = 0, []
        deal.amount, deal.currency, deal.amount_of = "", "", (0, b"")
        for name in [name for name in self.deals if self._final(name) == deal.id]:
            for touch in self._touches[name]:
                if touch.lead == self.deals[name].lead and touch.thread:
                    deal.threads = list(dict.fromkeys([*deal.threads, touch.thread]))
                note_touch(deal, touch)
        if said[2] >= BY_HAND:
            note_amount(deal, *said)

    def _final(self, deal: Id) -> Id:
        """The deal itself, or the one where it ends up by joins."""
        while deal in self.joined:
            deal = self.joined[deal][0]
        return deal

    def _leaf_of(self, deal: Id) -> Id:
        opener = self.openers.get(deal)
        return opener.leaf if opener else b""

    def _opening_order(self, deal: Deal) -> Order:
        return self.openers[deal.id].first

    def _is_named_later(self, deal: Deal) -> bool:
        stored = self.stored.get(deal.id)
        return stored is not None and any(order > self._now for order, _ in stored.commands)
