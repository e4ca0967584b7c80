"""A page of a card: what it takes to show it, however often the person wrote.

Touches are found by their index (ADR 0024), so only those of the page are read, the newest, those
that opened or last brought an identity, and those that opened a deal. Numbers are counted up to a
bound.
"""

from collections.abc import Collection, Iterable, Mapping
from typing import Final

from eventstore.awaiting import told_pending
from eventstore.card_source import CardSource
from eventstore.card_timeline import CardTimeline, Older, Window
from eventstore.card_view import CardView
from eventstore.customer_base import CustomerBase
from eventstore.deal_story import shown_deal
from eventstore.deal_touches import joined_groups, roots
from eventstore.domain.deals import Deal
from eventstore.domain.events import Id
from eventstore.rows import LAST, Card, Ends, Place
from eventstore.told import Json, Told, carried, newest_name, text_id, told_of

MOST_COUNTED: Final = 1000
"""Older touches, and those of a deal, are counted up to here."""
MOST_READ: Final = 200
"""In a list, of a person with more leads: so many of the newest are read."""
_ALL: Final = 2**31
MOST_DEALS: Final = 50
"""Of a person with more deals than have room in their row: so many of each pipeline."""


class CardPages:
    """Of persons as they are at each call, or as the source knew them."""

    def __init__(self, base: CustomerBase, view: CardView, source: CardSource) -> None:
        self._source = source
        self._view = view
        self._timeline = CardTimeline(base, source)

    def shown(self, person: Id, window: Window, *, everything: bool) -> Json:
        """The card with that page of its timeline."""
        cards = self._cards(person)
        page, older = self._page(cards, window)
        ends = self._source.ends(cards)
        leads = self._read(cards, ends, {*page, *self._newest(cards, window)})
        touches = [leads[lead] for lead in reversed(page)]
        deals, more = self._deals(person, cards[person], touches)
        standing = self._standing(cards, leads, deals)
        counts = self._counts({deal.id for deal in deals}, cards)
        shown: Json = {
            **self._head(person, cards, ends, leads, standing),
            "leads": [text_id(told.lead) for told in touches],
            "deals": [
                shown_deal(deal, mine, set(page), count=counts[deal.id])
                | ({"more_touches": True} if counts[deal.id] >= MOST_COUNTED else {})
                for deal, mine in self._in_order(deals, standing)
            ],
        }
        if more:
            shown["more_deals"] = True
        if everything:
            shown["deals"] += self._view.out_of_force({deal.id for deal in deals}, standing)
        return shown | self._timeline.page(
            touches,
            cards,
            [deal.id for deal in deals],
            window=window,
            older=older,
            everything=everything,
            deal_of=lambda named: self._deal_of(named, cards),
        )

    def listed(self, person: Id) -> Json:
        """The card without a timeline, with all its leads and deals by their ids.

        What leads say counts as far as they are among the newest, or brought an identity first or
        last, or opened a deal.
        """
        cards = self._cards(person)
        places = self._source.touches(cards, before=LAST, most=_ALL)
        ends = self._source.ends(cards)
        leads = self._read(cards, ends, {lead for _, lead in places[:MOST_READ]})
        deals = self._every_deal(person, cards[person], places)
        standing = self._standing(cards, leads, deals[:MOST_READ])
        touches = self._touches_of({deal.id for deal in deals}, cards, most=_ALL)
        return {
            **self._head(person, cards, ends, leads, standing),
            "leads": [text_id(lead) for _, lead in reversed(places)],
            "deals": [
                shown_deal(deal, mine, (), count=len(touches[deal.id]))
                | {"leads": [text_id(lead) for _, lead in touches[deal.id]]}
                for deal, mine in self._in_order(deals, standing)
            ],
        }

    def _cards(self, person: Id) -> dict[Id, Card]:
        members = self._source.members([person])
        return {leaf: card for leaf, (_, card) in members.items() if not card.moved_to}

    def _read(
        self, cards: Mapping[Id, Card], ends: Mapping[Id, Ends], leads: Collection[Id]
    ) -> dict[Id, Told]:
        """These leads, and those that opened a leaf card, or brought it first or last."""
        return self._told({
            *leads,
            *(card.opened_by for card in cards.values()),
            *(lead for end in ends.values() for _, lead in (end.first, end.last)),
        })  # fmt: skip

    def _standing(
        self, cards: Collection[Id], leads: dict[Id, Told], deals: Iterable[Deal]
    ) -> list[Told]:
        """Those that stand here of what was read, and of what opened these deals; oldest first."""
        leads |= self._told({deal.lead for deal in deals} - leads.keys())
        return sorted((t for t in leads.values() if t.leaf in cards), key=lambda t: t.sort_key)

    def _head(
        self,
        person: Id,
        cards: dict[Id, Card],
        ends: Mapping[Id, Ends],
        leads: dict[Id, Told],
        standing: list[Told],
    ) -> Json:
        return {
            "id": text_id(person),
            "name": newest_name(standing),
            "leaves": self._view.leaves(cards, leads.values(), ends),
            **told_pending(self._source, cards),
            **carried(standing),
        }

    def _page(self, cards: Collection[Id], window: Window) -> tuple[list[Id], Older | None]:
        """The touches of the page, the newest first, and what is before it."""
        before, most = window.before or LAST, window.most
        places = self._source.touches(cards, before=before, most=most + 1)
        leads = [lead for _, lead in places[:most]]
        if len(places) <= most:
            return leads, None
        start = places[most - 1]
        count = len(self._source.touches(cards, before=start, most=MOST_COUNTED + 1))
        return leads, Older(start, min(count, MOST_COUNTED), more=count > MOST_COUNTED)

    def _newest(self, cards: Collection[Id], window: Window) -> list[Id]:
        """On a later page: those of the first one, for they say the name."""
        if window.before is None:
            return []
        return [lead for _, lead in self._source.touches(cards, before=LAST, most=window.most)]

    def _told(self, leads: Collection[Id]) -> dict[Id, Told]:
        return told_of(self._source.streams(leads, personal=True))

    def _deal_of(self, leads: Collection[Id], cards: Collection[Id]) -> dict[Id, Id]:
        """Those of these leads that stand here, each with its deal."""
        told = told_of(self._source.streams(leads, personal=False))
        return {lead: one.deal for lead, one in told.items() if one.leaf in cards}

    # --- deals ---

    def _deals(self, person: Id, card: Card, touches: Iterable[Told]) -> tuple[list[Deal], bool]:
        """Those to be shown, and whether there are more: of many, the latest and the page's."""
        if not card.many_deals and not card.awaits:
            return card.deals, False
        named = {told.deal for told in touches if told.deal}
        named |= set(roots(self._source, named).values())
        rows = self._source.deal_rows(named)
        if card.awaits:
            return [deal for _, deal in rows.values()], False
        latest = self._source.latest_deals(person, most=MOST_DEALS + 1)
        by_pipeline: dict[str, list[Deal]] = {}
        for _, deal in latest.values():
            by_pipeline.setdefault(deal.pipeline, []).append(deal)
        chosen = {deal: row for deal, (of, row) in rows.items() if of == person}
        for found in by_pipeline.values():
            found.sort(key=lambda deal: (-deal.activity, deal.id))
            chosen |= {deal.id: deal for deal in found[:MOST_DEALS]}
        return list(chosen.values()), any(len(found) > MOST_DEALS for found in by_pipeline.values())

    def _every_deal(self, person: Id, card: Card, places: Iterable[Place]) -> list[Deal]:
        if card.awaits:
            leads = self._source.streams({lead for _, lead in places}, personal=False)
            return self._deals(person, card, told_of(leads).values())[0]
        if card.many_deals:
            return [deal for _, deal in self._source.deals_of([person]).values()]
        return card.deals

    def _in_order(
        self, deals: list[Deal], standing: list[Told]
    ) -> Iterable[tuple[Deal, list[Told]]]:
        """In the order of the touches that opened them, each with those of its touches."""
        root = roots(self._source, {told.deal for told in standing if told.deal})
        of_deal: dict[Id, list[Told]] = {}
        for told in standing:
            of_deal.setdefault(root.get(told.deal, told.deal), []).append(told)
        opened = {told.lead: place for place, told in enumerate(standing)}
        for deal in sorted(deals, key=lambda deal: opened.get(deal.lead, len(opened))):
            yield deal, of_deal.get(deal.id, [])

    def _counts(self, deals: Collection[Id], cards: Collection[Id]) -> Mapping[Id, int]:
        found = self._touches_of(deals, cards, most=MOST_COUNTED)
        return {deal: min(MOST_COUNTED, len(touches)) for deal, touches in found.items()}

    def _touches_of(
        self, deals: Collection[Id], cards: Collection[Id], *, most: int
    ) -> dict[Id, list[Place]]:
        """The touches of each deal, with those of the deals joined into it; oldest first."""
        groups = joined_groups(self._source, deals)
        every = {deal for group in groups.values() for deal in group}
        found = self._source.deal_touches(every, cards, most=most)
        return {
            deal: sorted(place for one in group for place in found.get(one, ()))
            for deal, group in groups.items()
        }
