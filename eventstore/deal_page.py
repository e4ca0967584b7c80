"""One deal as people read it, by its own touches: not by all of its person's."""

from collections.abc import Collection, Mapping
from typing import Final

from eventstore.awaiting import told_pending
from eventstore.card_decisions import CardDecisions
from eventstore.customer_base import CustomerBase
from eventstore.deal_causes import causes
from eventstore.deal_story import deal_known, history, shown_deal, shown_route
from eventstore.deal_touches import joined_groups, roots
from eventstore.domain.deals import OPEN, Deal
from eventstore.domain.events import DealOpened, Id
from eventstore.queries import Cards
from eventstore.reply_story import replies_to, with_replies
from eventstore.rows import LAST, Card
from eventstore.told import Json, Told, newest_name, text_id, told_of

_ALL: Final = 2**31
MOST_COUNTED: Final = 1000
"""Where not all touches are asked for: they are counted up to here."""
_NAMED: Final = 40
"""So many of the person's newest touches may say the name."""
_ALSO: Final = 20
"""Of a person with very many deals: so many with the latest activity are looked at."""


class DealPages:
    """Reads the last commit at each call."""

    def __init__(self, base: CustomerBase, cards: Cards) -> None:
        self._base = base
        self._source = base.recorder
        self._cards = cards
        self._decisions = CardDecisions(base.recorder)

    def shown(self, deal: Id, *, most: int | None = None) -> Json | None:
        """The deal with its touches and its history; None where nobody opened it.

        `most`: only so many of the newest touches are read and named.
        """
        card_version = self._cards.version
        events = list(self._source.streams([deal], personal=True).get(deal, ()))
        if not events or not isinstance(opened := events[0].event, DealOpened):
            return None
        opener = self._told([opened.lead])[opened.lead]
        person = self._cards.person_of(opener.leaf) or opener.leaf
        members = {leaf: card for leaf, (_, card) in self._source.members([person]).items()}
        cards = {leaf: card for leaf, card in members.items() if not card.moved_to}
        row = self._row(deal, person, cards[person])
        group = joined_groups(self._source, [deal])[deal]
        touches, count = self._touches(group, members, most) if row else ([], 0)
        known = row or deal_known(events[0], events[1:])
        into = roots(self._source, [deal]).get(deal)
        return {
            **shown_deal(known, touches, count=count),
            **({"more_touches": True} if count > len(touches) else {}),
            **({"into": text_id(into)} if into else {}),
            "routed": shown_route(opened.routed) if opened.routed else None,
            "person": text_id(person),
            "name": self._name(cards),
            **told_pending(self._source, cards),
            "version": events[-1].version,
            "card_version": card_version,
            "also_open": self._also_open(known, person, cards[person]),
            "joined": sorted(text_id(one) for one in group - {deal}),
            "decisions": self._decisions.in_force((), group),
            "timeline": self._entries(touches, cards),
            "history": history(
                events,
                self._base.policy.pipeline(known.pipeline),
                began=opener.occurred_at,
                causes=causes(self._source, events),
            ),
        }

    def has(self, deal: Id, lead: Id) -> bool:
        """Whether the lead is a touch of the deal."""
        of = {told.deal for told in self._told([lead]).values()}
        return deal in {*roots(self._source, of).values()} or of == {deal}

    def _row(self, deal: Id, person: Id, card: Card) -> Deal | None:
        """The deal where it is neither joined into another one nor withdrawn."""
        if not card.many_deals and not card.awaits:
            return next((row for row in card.deals if row.id == deal), None)
        of, row = self._source.deal_rows([deal]).get(deal, (b"", None))
        return row if of == person or card.awaits else None

    def _touches(
        self, group: Collection[Id], leaves: Collection[Id], most: int | None
    ) -> tuple[list[Told], int]:
        """Those of these deals, oldest first, and how many there are."""
        bound = _ALL if most is None else max(most, MOST_COUNTED)
        found = self._source.deal_touches(group, leaves, most=bound)
        places = sorted((place for places in found.values() for place in places), reverse=True)
        told = self._told([lead for _, lead in places[:most]], personal=True)
        return sorted(told.values(), key=lambda t: t.sort_key), min(len(places), bound)

    def _entries(self, touches: list[Told], cards: dict[Id, Card]) -> list[Json]:
        here = {told.lead for told in touches}
        echoes = [r for r in replies_to(self._source, cards) if r.echo in here]
        return with_replies(touches, echoes, {})

    def _name(self, cards: Mapping[Id, Card]) -> str:
        newest = self._source.touches(cards, before=LAST, most=_NAMED)
        leads = {lead for _, lead in newest} | {card.opened_by for card in cards.values()}
        told = [t for t in self._told(leads, personal=True).values() if t.leaf in cards]
        return newest_name(sorted(told, key=lambda t: t.sort_key))

    def _also_open(self, deal: Deal, person: Id, card: Card) -> list[str]:
        """Other open deals of the person in this pipeline, in the order of their ids."""
        if card.many_deals:
            rows = self._source.latest_deals(person, most=_ALSO)
            others = [row for _, row in rows.values()]
        else:
            others = card.deals
        return sorted(
            text_id(row.id)
            for row in others
            if (row.pipeline, row.status) == (deal.pipeline, OPEN) and row.id != deal.id
        )

    def _told(self, leads: Collection[Id], *, personal: bool = False) -> dict[Id, Told]:
        return told_of(self._source.streams(leads, personal=personal))
