"""Which deal a touch joins or opens (SEMANTICS 3.3, 3.4). Pure, on one person's deals."""

from collections.abc import Callable, Iterable

import msgspec

from eventstore.domain.events import (
    AmountSet,
    DealClosed,
    DealCommand,
    DealReopened,
    Id,
    OwnerSet,
    StageEntered,
)
from eventstore.domain.pipeline import UNSORTED, Pipeline

OPEN, WON, LOST, DECLINED = "open", "won", "lost", "declined"
_REOPENING_KINDS = frozenset({"message", "comment", "call"})
BY_HAND: tuple[int, Id] = (1 << 62, b"")
"""Stands for the order of an amount that a person said: later than every order."""


class Returned(msgspec.Struct, array_like=True, frozen=True, gc=False):
    """Touches that joined a deal after it was won or lost, and wait for its owner (SEMANTICS 3.3).

    Bounded, however many there are.
    """

    first: Id
    """The lead that came first, in recorded order, …"""
    at: int
    """… when it happened (milliseconds), …"""
    last: Id
    """… the one that came last, …"""
    touches: int
    """… and how many there are."""


class Deal(msgspec.Struct, array_like=True, gc=False):
    """What a decision needs to know of a deal; kept in its person's row."""

    id: Id
    lead: Id
    """The lead that opened it: the order of opening is the order in which those were recorded."""
    pipeline: str
    status: str = OPEN
    stage: str = UNSORTED
    activity: int = 0
    """The latest time of a touch, milliseconds."""
    closed_at: int = 0
    repeat_of: Id = b""
    threads: list[Id] = []
    """Threads of its touches, as far as a touch may ask for them (`Touch.keeps_thread`), and of its
    first."""
    owner: str = ""
    by_hand: bool = False
    """A decision of a person says whether it is joined with another, or opened by a touch."""
    amount: str = ""
    """What a person said it comes to, else the order of its latest touch that has one."""
    currency: str = ""
    amount_of: tuple[int, Id] = (0, b"")
    """Time and lead of the order that the amount is from; of a person's word, above all times."""
    returned: Returned | None = None
    """What came since it was won or lost; until somebody reopens it, or leaves that with it."""


class Touch(msgspec.Struct, frozen=True, gc=False):
    """A lead as far as deals care."""

    lead: Id
    occurred_at: int
    kind: str
    direction: str
    pipeline: str
    thread: Id
    on_shared: bool
    """It stands on the card of a shared identity."""
    amount: str = ""
    """Of its order; empty for none."""
    currency: str = ""
    keeps_thread: bool = False
    """Its deal is to be found by its thread: the person has the card of a shared identity."""


class Placement(msgspec.Struct, frozen=True, gc=False):
    """Where a touch belongs; neither of both for a touch that opens nothing."""

    joined: Deal | None = None
    opens: bool = False
    repeat_of: Id = b""


def place(touch: Touch, deals: Iterable[Deal], pipeline: Pipeline) -> Placement:
    """The person's open deal, else one lately closed, else a new one (SEMANTICS 3.3)."""
    here = [deal for deal in deals if deal.pipeline == pipeline.id]
    within_reach = here
    if touch.on_shared:
        within_reach = [deal for deal in here if touch.thread and touch.thread in deal.threads]
    opened = [deal for deal in within_reach if deal.status == OPEN]
    if opened:
        return Placement(joined=latest(opened))
    if touch.kind in _REOPENING_KINDS:
        ended = [
            deal
            for deal in within_reach
            if deal.status in (WON, LOST)
            and touch.occurred_at <= deal.closed_at + pipeline.reopen_ms
        ]
        if ended:
            return Placement(joined=latest(ended))
    if touch.direction != "in":
        return Placement()
    return Placement(opens=True, repeat_of=repeated(here, pipeline.id))


def repeated(deals: Iterable[Deal], pipeline: str) -> Id:
    """The deal that a new one in this pipeline is the repeat of; empty for none."""
    here = [deal for deal in deals if deal.pipeline == pipeline]
    return latest(here).id if here else b""


def latest(deals: Iterable[Deal]) -> Deal:
    """The one with the latest activity, then the lower id."""
    return min(deals, key=lambda deal: (-deal.activity, deal.id))


def join_touch(deal: Deal, touch: Touch) -> None:
    """The touch joins a deal that it did not open."""
    note_touch(deal, touch)
    if returns(deal, touch):
        known = deal.returned
        if known is None:
            deal.returned = Returned(touch.lead, touch.occurred_at, touch.lead, 1)
        else:
            deal.returned = Returned(known.first, known.at, touch.lead, known.touches + 1)


def returns(deal: Deal, touch: Touch) -> bool:
    """Whether a touch that joins the deal is put before its owner: it could open a new one."""
    return deal.status != OPEN and touch.direction == "in"


def note_touch(deal: Deal, touch: Touch) -> None:
    """The touch is one of the deal's."""
    deal.activity = max(deal.activity, touch.occurred_at)
    if touch.thread and touch.keeps_thread and touch.thread not in deal.threads:
        deal.threads = [*deal.threads, touch.thread]
    note_amount(deal, touch.amount, touch.currency, (touch.occurred_at, touch.lead))


def note_amount(deal: Deal, amount: str, currency: str, of: tuple[int, Id]) -> None:
    """An order of this time and lead, or a person, tells what the deal comes to."""
    if amount and of >= deal.amount_of:
        deal.amount, deal.currency, deal.amount_of = amount, currency or deal.currency, of


def new_deal(deal_id: Id, touch: Touch, repeat_of: Id) -> Deal:
    return Deal(
        deal_id,
        touch.lead,
        touch.pipeline,
        activity=touch.occurred_at,
        repeat_of=repeat_of,
        threads=[touch.thread] if touch.thread else [],
        amount=touch.amount,
        currency=touch.currency if touch.amount else "",
        amount_of=(touch.occurred_at, touch.lead) if touch.amount else (0, b""),
    )


def apply(deal: Deal, event: DealCommand) -> None:
    """What a person did to the deal."""
    match event:
        case StageEntered():
            deal.stage = event.stage
        case DealClosed():
            deal.status, deal.closed_at = event.status, event.at
            note_amount(deal, event.amount, event.currency, BY_HAND)
        case DealReopened():
            deal.status, deal.stage, deal.closed_at, deal.returned = OPEN, event.stage, 0, None
        case OwnerSet():
            deal.owner = event.owner
        case AmountSet():
            note_amount(deal, event.amount, event.currency, BY_HAND)
        case _:
            pass  # notes decide nothing


def joins_of_unsorted(
    ours: Iterable[Deal], theirs: Iterable[Deal], order: Callable[[Deal], tuple[int, ...]]
) -> list[tuple[Deal, Deal]]:
    """(later, earlier): what the rule `join unsorted` joins when two persons turn out to be one."""
    found: list[tuple[Deal, Deal]] = []
    left = _unsorted(ours)
    right = _unsorted(theirs)
    for pipeline in left.keys() & right.keys():
        earliest, *later = sorted(left[pipeline] + right[pipeline], key=order)
        found += [(deal, earliest) for deal in later]
    return found


def absorb(deal: Deal, into: Deal) -> None:
    """`into` takes over what `deal` had."""
    into.activity = max(into.activity, deal.activity)
    into.threads = list(dict.fromkeys([*into.threads, *deal.threads]))
    if deal.amount_of > into.amount_of:
        note_amount(into, deal.amount, deal.currency, deal.amount_of)


def _unsorted(deals: Iterable[Deal]) -> dict[str, list[Deal]]:
    found: dict[str, list[Deal]] = {}
    for deal in deals:
        if deal.status == OPEN and deal.stage == UNSORTED:
            found.setdefault(deal.pipeline, []).append(deal)
    return found
