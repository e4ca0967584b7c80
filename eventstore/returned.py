"""What came to a deal after it was won or lost: a new deal, or left with it (SEMANTICS 3.3).

Decisions like any other: each has an id, by which it can be undone. Their version is that of the
card (see eventstore.card_changes): refused, too, if something came that the sender did not see.
"""

from collections.abc import Sequence
from typing import Final, NamedTuple

from eventstore.asked import Asked
from eventstore.card_changes import refuse_stale
from eventstore.customer_base import CustomerBase
from eventstore.deciding import Decided, carry_out
from eventstore.domain.deals import Deal, Returned
from eventstore.domain.events import DealOpened, Id, LeadRecorded, ReturnsLeft, TouchParted
from eventstore.orders import Change, CommandRefused, NotThere, Orders, StaleVersion
from eventstore.said import said
from eventstore.told import text_id, time_text
from eventstore.touches import deal_id, stand
from eventstore.withdrawals import SEALED_WITH
from eventstore.work import Work

MOST_LEFT: Final = 200
"""Deals that one command leaves as they are."""


class _Found(NamedTuple):
    """A deal to which something came after its end."""

    deal: Deal
    returned: Returned
    leaf: Id
    """Where the touch stands that opened it."""
    head: Id


class Returns:
    """The two things that can be done about it; a third is to reopen the deal."""

    def __init__(self, base: CustomerBase) -> None:
        self._base = base

    def anew(
        self,
        deal: Id,
        by: Orders,
        *,
        reason: str = "",
        dry_run: bool = False,
        asked: Asked = (),
    ) -> Decided:
        """Open a new deal with what came: by the first of those touches, the others with it."""

        def decide(work: Work) -> set[Id]:
            found = _found(work, deal, by)
            lead = found.returned.first
            work.load_leads([lead])
            leaf = stand(work, work.leads[lead])
            own = deal_id(lead, found.deal.pipeline)
            event = TouchParted(
                actor=by.actor,
                at=by.at,
                reason=reason,
                about=(leaf,),
                lead=lead,
                deal=own,
                anew=True,
            )
            work.decide_by_hand("anew", lead, own, by.command, event)
            return {leaf}

        means = asked or ("anew", deal, reason)
        return carry_out(self._base, by, means, decide, dry_run=dry_run)

    def leave(
        self,
        deals: Sequence[Id],
        by: Orders,
        *,
        reason: str = "",
        dry_run: bool = False,
        asked: Asked = (),
    ) -> Decided:
        """Leave it with these deals: of what came by now, nothing is to be done."""

        def decide(work: Work) -> set[Id]:
            found = [_found(work, deal, by) for deal in deals]
            event = ReturnsLeft(
                actor=by.actor,
                at=by.at,
                reason=reason,
                about=tuple(sorted({one.leaf for one in found})[:SEALED_WITH]),
                deals=tuple(deals),
            )
            work.emit(by.command, event)
            work.decided_on("leave", [(deal, deal) for deal in deals], by.command)
            return {one.leaf for one in found if not _left(work, one)}

        means = asked or ("leave", *deals, reason)
        return carry_out(self._base, by, means, decide, dry_run=dry_run)


def _left(work: Work, found: _Found) -> bool:
    """Nothing else follows from it; False where the person's deals are awaited, and this, too."""
    if work.known_card(found.head).awaits:
        return False
    found.deal.returned = None
    work.deals.changed(found.head, found.deal)
    work.deals.note_returned(found.deal)
    return True


def _found(work: Work, deal: Id, by: Orders) -> _Found:
    opened = work.source.first_events([deal], personal=False).get(deal)
    if opened is None or not isinstance(opened.event, DealOpened):
        raise NotThere(said("no deal %(deal)s", deal=deal))
    lead = opened.event.lead
    work.load_leads([lead])
    leaf = work.leads[lead].leaf
    head = work.known_card(leaf).person
    row = work.deals.one(head, deal)
    if row is None or row.returned is None:
        raise CommandRefused(
            said("nothing waits at deal %(deal)s that came after it was won or lost", deal=deal)
        )
    refuse_stale(work, by, [leaf])
    _refuse_unseen(work, row.returned, by)
    return _Found(row, row.returned, leaf, head)


def _refuse_unseen(work: Work, returned: Returned, by: Orders) -> None:
    """A touch came after what the sender saw."""
    expected = by.expected_version
    if expected is None:
        return
    last = work.source.first_events([returned.last], personal=False)[returned.last]
    if last.position > expected:
        channel = last.event.channel if isinstance(last.event, LeadRecorded) else ""
        moment = time_text(last.recorded_at)
        told = f"lead {text_id(returned.last)} by {channel} at {moment}"
        facts = {
            "what": "lead", "actor": None, "recorded_at": moment,
            "lead": text_id(returned.last), "channel": channel,
        }  # fmt: skip
        change = Change(last.position, told, facts)
        raise StaleVersion("card", expected, last.position, [change])
