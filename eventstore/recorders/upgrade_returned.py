"""Stores from before ADR 0032: which deals something came to after they were won or lost.

Told by what is stored: of a deal that stands as won or lost, every touch from outside that was
recorded after its last end has joined it since. Some 150 µs a deal that was ever closed.
"""

from collections.abc import Collection, Iterator

from eventstore.domain.deals import LOST, WON, Deal, Returned
from eventstore.domain.events import DealOpened, Id
from eventstore.returned_since import last_end, returned_since
from eventstore.rows import Changes, Return, Source
from eventstore.told import told_of

CLOSED_ONCE = "SELECT DISTINCT originator_id FROM stored_events WHERE topic = 'C'"
_AT_ONCE = 500
_ALL = 2**31


def returned_anew(source: Source, closed: Collection[Id]) -> Iterator[Changes]:
    """The rows to be written, of those deals that ever were closed."""
    in_order = sorted(closed)
    for start in range(0, len(in_order), _AT_ONCE):
        changes = _returned_of(source, in_order[start : start + _AT_ONCE])
        if changes.returned:
            yield changes


def _returned_of(source: Source, deals: Collection[Id]) -> Changes:
    changes = Changes()
    rows = _Rows(source, changes, deals)
    touches = source.deal_touches(rows.ended, rows.leaves, most=_ALL)
    leads = {lead for places in touches.values() for _, lead in places}
    told = told_of(source.streams(leads, personal=False))
    for deal, end in rows.ended.items():
        came = [told[lead] for _, lead in touches.get(deal, ())]
        if since := returned_since(came, end):
            rows.put(deal, since)
    return changes


class _Rows:
    """The rows of deals that are won or lost, in their persons' rows or in their own."""

    def __init__(self, source: Source, changes: Changes, deals: Collection[Id]) -> None:
        self._changes = changes
        streams = source.streams(deals, personal=False)
        opened = {d: of[0].event.lead for d, of in streams.items()
                  if isinstance(of[0].event, DealOpened)}  # fmt: skip
        openers = told_of(source.streams(set(opened.values()), personal=False))
        leaves = source.cards({told.leaf for told in openers.values()})
        members = source.members({card.person for _, card in leaves.values()})
        self._heads = {leaf: card for leaf, card in members.items() if card[1].person == leaf}
        self.leaves = frozenset(members)
        """Where touches of these deals stand."""
        self._own = source.deal_rows(deals)
        self._person = {d: leaves[openers[lead].leaf][1].person for d, lead in opened.items()}
        rows = {deal: self._row(deal) for deal in opened}
        self._rows = {d: row for d, row in rows.items() if row and row.status in (WON, LOST)}
        self.ended = {deal: last_end(streams[deal]) for deal in self._rows}
        """Each with the position of its last end."""

    def _row(self, deal: Id) -> Deal | None:
        if deal in self._own:
            return self._own[deal][1]
        _, head = self._heads[self._person[deal]]
        return next((row for row in head.deals if row.id == deal), None)

    def put(self, deal: Id, returned: Returned) -> None:
        row = self._rows[deal]
        row.returned = returned
        self._changes.returned[deal] = Return(deal, returned.at, row.owner)
        if deal in self._own:
            self._changes.deals[deal] = self._own[deal]
        else:
            person = self._person[deal]
            self._changes.cards[person] = self._heads[person]
