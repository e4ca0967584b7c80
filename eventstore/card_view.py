"""A person as people read it: leaf cards, leads, deals and what happened, in order of time."""

from collections.abc import Collection, Iterable, Mapping

from channels.sdk.lead import Identity
from eventstore.awaiting import told_pending
from eventstore.card_source import CardSource
from eventstore.card_timeline import CardTimeline
from eventstore.customer_base import CustomerBase
from eventstore.deal_story import deal_known, shown_deal
from eventstore.domain.deals import Deal
from eventstore.domain.events import DealJoined, DealSeparated, Id
from eventstore.identity_names import identity_names
from eventstore.rows import Card, Ends
from eventstore.told import Json, Told, carried, newest_name, text_id, time_text


class CardView:
    """Shows persons whose rows and leads were read. Reads deals and decisions itself."""

    def __init__(self, base: CustomerBase, source: CardSource) -> None:
        self._base = base
        self._source = source
        self._timeline = CardTimeline(base, source)

    def person(
        self,
        head: Id,
        cards: dict[Id, Card],
        leads: dict[Id, Told],
        *,
        timeline: bool,
        everything: bool,
    ) -> Json:
        """The person of these leaf cards; `leads` has every lead that brought one of them.

        What leads say counts as far as their personal parts were read.
        """
        standing = sorted((t for t in leads.values() if t.leaf in cards), key=lambda t: t.sort_key)
        deals = self._rows(head, cards[head], standing)
        shown: Json = {
            "id": text_id(head),
            "name": newest_name(standing),
            "leaves": self.leaves(cards, leads.values()),
            "leads": [text_id(told.lead) for told in standing],
            "deals": self._deals(deals, standing, everything),
            **told_pending(self._source, cards),
            **carried(standing),
        }
        if timeline:
            shown["timeline"] = self._timeline.whole(standing, cards, everything=everything)
        return shown

    def fates(self, deals: Collection[Id]) -> dict[Id, Id]:
        """For each deal into which other it is joined; empty for none."""
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

    def leaves(
        self, cards: Mapping[Id, Card], leads: Iterable[Told], ends: Mapping[Id, Ends] | None = None
    ) -> list[Json]:
        """Leaf cards in the order in which their first leads came.

        `leads` are all that brought one; with `ends`, at least the first and the last of each.
        """
        brought = _by_leaf(leads)
        unbrought = {leaf: card for leaf, card in cards.items() if leaf not in brought}
        names = identity_names(self._base, unbrought) if unbrought else {}
        shown = [
            self._leaf(leaf, card, brought.get(leaf, []), names.get(leaf, ""))
            for leaf, card in cards.items()
        ]
        found = [leaf for _, leaf in sorted(shown, key=lambda pair: pair[0])]
        attested = {text_id(leaf) for leaf, end in (ends or {}).items() if end.attested}
        return [leaf | ({"proof": "attested"} if leaf["id"] in attested else {}) for leaf in found]

    def _leaf(
        self, leaf: Id, card: Card, mine: list[Told], name: str
    ) -> tuple[tuple[bool, int, Id, int], Json]:
        """The leaf card, and where it comes among others; `mine` are the leads that brought it.

        `name` is what is called what none brings: a mailbox, or what a later delivery took away.
        """
        identity = self._identity(leaf, mine)
        value = identity.value if identity else name.partition(":")[2]
        if card.kind == "lead":
            value = text_id(card.opened_by)
        first = mine[0] if mine else None
        place = first.leaves.index(leaf) if first else 0
        at, lead = first.sort_key if first else (0, b"")
        key = (not mine, at, lead, place)
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
            **({"mailbox": True} if card.is_mailbox and not mine else {}),
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

    def _deals(
        self,
        deals: list[Deal],
        standing: list[Told],
        everything: bool,
    ) -> list[Json]:
        """In the order of the touches that opened them."""
        ids = {told.deal for told in standing if told.deal}
        fates = self.fates(ids - {deal.id for deal in deals})
        of_deal: dict[Id, list[Told]] = {}
        for told in standing:
            if told.deal:
                deal = told.deal
                while fates.get(deal):
                    deal = fates[deal]
                of_deal.setdefault(deal, []).append(told)
        opened = {told.lead: place for place, told in enumerate(standing)}
        deals = sorted(deals, key=lambda deal: opened.get(deal.lead, len(opened)))
        shown = [shown_deal(deal, of_deal.get(deal.id, [])) for deal in deals]
        if everything:
            shown += self.out_of_force({deal.id for deal in deals}, standing)
        return shown

    def out_of_force(self, in_force: Collection[Id], standing: list[Told]) -> list[Json]:
        """Deals that were joined into others or withdrawn, and that these leads opened or left."""
        shown = []
        for stream, events in self._timeline.deal_streams(standing).items():
            if stream not in in_force:
                known = deal_known(events[0], events[1:])
                into = [e.event.into for e in events if isinstance(e.event, DealJoined)]
                more = {"into": text_id(into[-1])} if known.status == "joined" else {}
                shown.append({**shown_deal(known, []), **more})
        return shown


def _by_leaf(leads: Iterable[Told]) -> dict[Id, list[Told]]:
    """Leaf card → the leads that brought it, oldest first."""
    found: dict[Id, list[Told]] = {}
    for told in sorted(leads, key=lambda t: t.sort_key):
        for leaf in told.leaves:
            found.setdefault(leaf, []).append(told)
    return found
