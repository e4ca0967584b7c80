"""The deals of persons as decisions need them, in the person's row or in rows of their own.

A person with many deals (the card of a switchboard, above all) has them in rows of their own, so
that a lead there reads and writes as little as any other.
"""

from collections.abc import Collection, Sequence

from eventstore.card_rows import CardRows
from eventstore.domain.deals import OPEN, Deal, Touch
from eventstore.domain.events import Id
from eventstore.domain.pipeline import Pipeline
from eventstore.rows import Return

MOST_IN_A_ROW = 20
"""With more deals than this a person has them in rows of their own."""


class PersonDeals:
    """Part of one batch's working set. Deals are named by their person's head."""

    def __init__(self, cards: CardRows, *, most: int = MOST_IN_A_ROW) -> None:
        self._cards = cards
        self._most = most
        self._rows: dict[Id, tuple[Id, Deal]] = {}
        """Deal → its person's head, and the row; read, or written by this batch."""
        self._whole: set[Id] = set()
        self._leading: set[tuple[Id, str]] = set()
        self._threads: set[Id] = set()

    def all(self, head: Id) -> list[Deal]:
        """Every deal of the person that is neither joined into another nor withdrawn."""
        card = self._cards.known(head)
        if not card.many_deals:
            return card.deals
        if head not in self._whole:
            self._adopt(self._cards.source.deals_of([head]))
            self._whole.add(head)
        return self._read_of(head)

    def one(self, head: Id, deal: Id) -> Deal | None:
        """A deal of the person, by its id."""
        card = self._cards.known(head)
        if not card.many_deals:
            return next((row for row in card.deals if row.id == deal), None)
        if deal not in self._rows:
            self._adopt(self._cards.source.deal_rows([deal]))
        person, row = self._rows.get(deal, (b"", None))
        return row if person == head or card.awaits else None

    def within_reach(self, head: Id, touch: Touch, pipeline: Pipeline) -> list[Deal]:
        """Those of the person's deals among which `place` finds what it would among all."""
        card = self._cards.known(head)
        if not card.many_deals:
            return card.deals
        source = self._cards.source
        if head not in self._whole:
            if (head, pipeline.id) not in self._leading:
                self._leading.add((head, pipeline.id))
                self._adopt(source.leading_deals(head, pipeline.id))
            if touch.on_shared:
                self.load_threads([touch.thread] if touch.thread else [])
            elif not any(
                (deal.pipeline, deal.status) == (pipeline.id, OPEN) for deal in self._read_of(head)
            ):
                since = touch.occurred_at - pipeline.reopen_ms
                self._adopt(source.ended_deal(head, pipeline.id, since))
        return self._read_of(head)

    def load_threads(self, threads: list[Id]) -> None:
        """Read the deals of these threads."""
        wanted = [thread for thread in threads if thread not in self._threads]
        if wanted:
            self._threads.update(wanted)
            self._adopt(self._cards.source.deals_in_threads(wanted))

    def add(self, head: Id, deal: Deal) -> None:
        """The person has a deal more."""
        card = self._cards.changing(head)
        if card.many_deals:
            self._write(head, deal)
        else:
            self.put(head, [*card.deals, deal])

    def changed(self, head: Id, deal: Deal) -> None:
        """The row of a deal is not what it was."""
        card = self._cards.changing(head)
        if deal.returned:
            self.note_returned(deal)
        if card.awaits:
            self._write(self._rows[deal.id][0], deal)
        elif card.many_deals:
            self._write(head, deal)

    def note_returned(self, deal: Deal, *, because: Id | None = b"") -> None:
        """What came to the deal after its end, or its owner, is another (see `rows.Return`)."""
        written = self._cards.changes.returned
        known = written.get(deal.id)
        if because is None and known is not None:
            because = known.because
        found = deal.returned
        written[deal.id] = Return(deal.id, found.at, deal.owner, because) if found else None

    def decided_again(self, before: Deal | None, after: Deal | None, *, because: Id) -> None:
        """The same where a deal was decided again: it was so before, and is so after.

        What comes into the queue by that is put there as one piece of work (SEMANTICS 7).
        """
        was = before.returned if before else None
        if after is None or after.returned is None:
            if before is not None and was is not None:
                self._cards.changes.returned[before.id] = None
        elif after.returned.last == because:
            self.note_returned(after)  # that is what came just now
        elif before is None or was is None:
            self.note_returned(after, because=because)
        elif (was.at, before.owner) != (after.returned.at, after.owner):
            self.note_returned(after, because=None)

    def put(self, head: Id, deals: list[Deal]) -> None:
        """These are the person's deals, and no others."""
        card = self._cards.changing(head)
        before = {deal.id for deal in self.all(head)} if card.many_deals else set()
        card.many_deals = len(deals) > self._most
        card.deals = [] if card.many_deals else deals
        for gone in before if not card.many_deals else before - {deal.id for deal in deals}:
            del self._rows[gone]
            self._cards.changes.deals[gone] = None
        if card.many_deals:
            self._whole.add(head)
            for deal in deals:
                self._write(head, deal)

    # --- while the deals of a person are awaited: they stand in rows of their own, whoever's ---

    def spread(self, leaf: Id) -> None:
        """The deals in the row of this leaf card have rows of their own from here on."""
        card = self._cards.changing(leaf)
        if not card.many_deals:
            for deal in card.deals:
                self._write(leaf, deal)
            card.deals, card.many_deals = [], True

    def load(self, deals: Collection[Id]) -> None:
        """Read the rows of these deals."""
        self._adopt(self._cards.source.deal_rows(deals))

    def put_row(self, deal: Id, head: Id, row: Deal | None, *, because: Id) -> None:
        """The deal, read before, is this person's, or has no row any more."""
        known = self._rows.get(deal)
        self.decided_again(known[1] if known else None, row, because=because)
        if row is None:
            if known is not None:
                del self._rows[deal]
                self._cards.changes.deals[deal] = None
        elif known != (head, row):
            self._write(head, row)

    def settle(self, leaf: Id, deals: Sequence[Deal]) -> None:
        """These are the person's deals; their own rows have been written by pieces."""
        card = self._cards.changing(leaf)
        card.many_deals = len(deals) > self._most
        card.deals = [] if card.many_deals else list(deals)
        for deal in card.deals:
            self._cards.changes.deals[deal.id] = None

    def _write(self, head: Id, deal: Deal) -> None:
        self._rows[deal.id] = (head, deal)
        self._cards.changes.deals[deal.id] = (head, deal)

    def _read_of(self, head: Id) -> list[Deal]:
        return [deal for person, deal in self._rows.values() if person == head]

    def _adopt(self, found: dict[Id, tuple[Id, Deal]]) -> None:
        for deal, row in found.items():
            if deal not in self._rows and self._cards.changes.deals.get(deal, row) is not None:
                self._rows[deal] = row
