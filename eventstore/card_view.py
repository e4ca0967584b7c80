"""A person as people read it: leaf cards, leads, deals and what happened, in order of time."""

from collections.abc import Collection, Iterable

from channels.sdk.lead import Identity
from eventstore.awaiting import told_pending
from eventstore.card_changes import decision_word
from eventstore.customer_base import CustomerBase
from eventstore.deal_story import deal_known, history, shown_deal
from eventstore.domain.deals import Deal
from eventstore.domain.events import (
    DealJoined,
    DealOpened,
    DealSeparated,
    Decision,
    Id,
)
from eventstore.reading import Recorded
from eventstore.reply_story import replies_to, with_replies
from eventstore.rows import Card, Hand
from eventstore.told import Json, Told, carried, text_id, time_text
from eventstore.touches import deal_id


class CardView:
    """Shows persons whose rows and leads were read. Reads deals and decisions itself."""

    def __init__(self, base: CustomerBase) -> None:
        self._base = base
        self._source = base.recorder

    def person(
        self,
        head: Id,
        cards: dict[Id, Card],
        leads: dict[Id, Told],
        *,
        timeline: bool,
        everything: bool,
        upto: int | None = None,
    ) -> Json:
        """The person of these leaf cards; `leads` has every lead that brought one of them.

        With a position as `upto` the timeline ends there and leaves decisions out.
        """
        standing = sorted((t for t in leads.values() if t.leaf in cards), key=lambda t: t.sort_key)
        brought = sorted(leads.values(), key=lambda t: t.sort_key)
        leaves = [self._leaf(leaf, card, brought) for leaf, card in cards.items()]
        leaves.sort(key=lambda pair: pair[0])
        shown: Json = {
            "id": text_id(head),
            "name": next((t.name for t in reversed(standing) if t.name), ""),
            "leaves": [leaf for _, leaf in leaves],
            "leads": [text_id(told.lead) for told in standing],
            "deals": self._deals(self._rows(head, cards[head], standing), standing, everything),
            **(told_pending(self._source, cards.values()) if upto is None else {}),
            **carried(standing),
        }
        if timeline:
            entries = with_replies(standing, replies_to(self._source, cards, upto))
            entries += self._deal_entries(standing, upto)
            if upto is None:
                entries += self._decisions(cards)
            shown["timeline"] = sorted(entries, key=lambda entry: entry["at"])
        return shown

    def fates(self, deals: Collection[Id]) -> dict[Id, Id]:
        """For each deal into which other it is joined now; empty for none."""
        found: dict[Id, Id] = {}
        pending = set(deals)
        while pending:
            streams = self._source.streams(pending, personal=False)
            for deal, events in streams.items():
                into = b""
                for recorded in events:
                    if isinstance(recorded.event, DealJoined):
                        into = recorded.event.into
                    elif isinstance(recorded.event, DealSeparated):
                        into = b""
                found[deal] = into
            pending = {into for into in found.values() if into} - found.keys()
        return found

    # --- leaf cards ---

    def _leaf(self, leaf: Id, card: Card, brought: list[Told]) -> tuple[tuple[int, Id, int], Json]:
        mine = [told for told in brought if leaf in told.leaves]
        identity = self._identity(leaf, mine)
        value = identity.value if identity else ""
        if card.kind == "lead":
            value = text_id(card.opened_by)
        first = mine[0] if mine else None
        place = first.leaves.index(leaf) if first else 0
        key = (first.occurred_at if first else 0, first.lead if first else b"", place)
        proofs = {attested for told in mine for lf, attested in told.proofs if lf == leaf}
        return key, {
            "id": text_id(leaf),
            "kind": card.kind,
            "value": value,
            "raw": identity.raw if identity else "",
            "proof": "attested" if True in proofs else "claimed",
            "shared": card.shared,
            "first_seen": time_text(first.occurred_at) if first else None,
            "last_seen": time_text(mine[-1].occurred_at) if mine else None,
        }

    def _identity(self, leaf: Id, mine: list[Told]) -> Identity | None:
        """The identity as the last lead spelled it."""
        for told in reversed(mine):
            for identity in told.content.identities if told.content else ():
                if self._base.keyring.leaf(identity.kind, identity.value) == leaf:
                    return identity
        return None

    # --- deals ---

    def _rows(self, head: Id, card: Card, standing: Iterable[Told]) -> list[Deal]:
        """The person's deals by their openers, wherever they are kept.

        While they are awaited: those of its touches as they were put last.
        """
        if card.awaits:
            named = {told.deal for told in standing if told.deal}
            return [deal for _, deal in self._source.deal_rows(named).values()]
        if not card.many_deals:
            return card.deals
        return [deal for _, deal in self._source.deals_of([head]).values()]

    def _deals(self, deals: list[Deal], standing: list[Told], everything: bool) -> list[Json]:
        ids = {told.deal for told in standing if told.deal}
        fates = self.fates(ids - {deal.id for deal in deals})
        of_deal: dict[Id, list[Told]] = {}
        for told in standing:
            if told.deal:
                deal = told.deal
                while fates.get(deal):
                    deal = fates[deal]
                of_deal.setdefault(deal, []).append(told)
        shown = [shown_deal(deal, of_deal.get(deal.id, [])) for deal in deals]
        if everything:
            shown += self._out_of_force({deal.id for deal in deals}, standing)
        return shown

    def _out_of_force(self, in_force: Collection[Id], standing: list[Told]) -> list[Json]:
        """Deals that were joined into others or withdrawn, and that these leads opened or left."""
        shown = []
        for events in self._deal_streams(standing).values():
            opened, *then = events
            if opened.stream not in in_force:
                known = deal_known(opened, then)
                into = [e.event.into for e in then if isinstance(e.event, DealJoined)]
                more = {"into": text_id(into[-1])} if known.status == "joined" else {}
                shown.append({**shown_deal(known, []), **more})
        return shown

    def _deal_streams(
        self, standing: Iterable[Told], *, personal: bool = False
    ) -> dict[Id, list[Recorded]]:
        ids = {deal_id(told.lead, told.newest.pipeline) for told in standing}
        ids |= {told.deal for told in standing if told.deal}
        streams = self._source.streams(ids, personal=personal)
        return {
            deal: list(events)
            for deal, events in streams.items()
            if isinstance(events[0].event, DealOpened)
        }

    def _deal_entries(self, standing: list[Told], upto: int | None) -> list[Json]:
        found: list[Json] = []
        for events in self._deal_streams(standing, personal=True).values():
            opened = events[0].event
            pipeline = opened.pipeline if isinstance(opened, DealOpened) else ""
            known = [e for e in events if upto is None or e.position <= upto]
            found += history(known, self._base.policy.pipeline(pipeline))
        return found

    # --- decisions ---

    def _decisions(self, cards: Collection[Id]) -> list[Json]:
        """Decisions about these leaf cards, each with its id for an undo.

        Undone ones are left out; a merge that a veto leaves out is told as not in force.
        """
        hands = self._hands(cards)
        merged = {
            leaf for of in hands.values() for h in of if h.kind == "merge" for leaf in (h.a, h.b)
        }
        persons = {leaf: card.person for leaf, (_, card) in self._source.cards(merged).items()}
        first = self._source.first_events(hands.keys(), personal=True)
        found = []
        for decision, recorded in first.items():
            event, of = recorded.event, hands[decision]
            if isinstance(event, Decision):
                apart = [h for h in of if h.kind == "merge" and persons[h.a] != persons[h.b]]
                found.append(
                    {
                        "type": "decision",
                        "decision": text_id(decision),
                        "what": decision_word(event),
                        "in_force": not apart,
                        "leaves": [text_id(leaf) for leaf in _leaves_of(of)],
                        "actor": event.actor or None,
                        "reason": event.reason,
                        "at": time_text(event.at),
                        "recorded_at": time_text(recorded.recorded_at),
                    }
                )
        return found

    def _hands(self, cards: Collection[Id]) -> dict[Id, list[Hand]]:
        """Decision → its rows that name one of these leaf cards; withdrawals, by their pairs."""
        hands: dict[Id, list[Hand]] = {}
        for hand in self._source.hands(cards):
            hands.setdefault(hand.decision, []).append(hand)
        return hands


def _leaves_of(hands: Iterable[Hand]) -> Iterable[Id]:
    return dict.fromkeys(leaf for hand in hands for leaf in (hand.a, hand.b))
