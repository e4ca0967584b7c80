"""Evidence withdrawn by a person, for a pair or for all that a query selects (SEMANTICS 2.3.10)."""

from collections.abc import Callable, Collection, Iterable, Iterator, Sequence
from functools import partial

from eventstore.asked import Asked, asked_before
from eventstore.card_changes import refuse_stale
from eventstore.customer_base import CustomerBase
from eventstore.deciding import Decided, carry_out, first_answer
from eventstore.domain.events import EvidenceWithdrawn, Id
from eventstore.orders import CommandRefused, Orders
from eventstore.rejudging import Evidence
from eventstore.said import said
from eventstore.withdrawing import begin, carry_on, was_left_undone
from eventstore.work import Work

_TOLD_EVERY = 1000

SEALED_WITH = 2
"""Leaf cards whose keys seal the reason, of decisions about many."""


def withdraw_evidence(
    base: CustomerBase,
    evidence: Iterable[Evidence],
    by: Orders,
    *,
    reason: str,
    dry_run: bool,
    progress: Callable[[int, int], None],
    asked: Asked,
    seen: Collection[Id],
) -> Decided:
    """Decide it with all that it withdraws, then carry that out, in pieces where it is much.

    So leads that come meanwhile are not meant, and one that was killed half way is carried on
    beside the processor, or here where the command is given again. Gives what all of it changed.
    `progress` is told how much is found so far, of 0; then how much is done, and of how much.
    """
    with base.carrying_out(by.command):
        if dry_run or not asked_before(base.work(), by.command, asked):
            items = tuple(_told(evidence, progress))
            decide = partial(_decide, by=by, reason=reason, items=items, seen=seen)
            decided = carry_out(base, by, asked, decide, dry_run=dry_run)
            if dry_run:
                return decided
        if was_left_undone(base.work(), by.command):
            raise CommandRefused(said("the withdrawal was undone before it had come to its end"))
        for row in carry_on(base, by.command):
            progress(row.done, row.of)
    return first_answer(base.work(), by.command)


def _told(evidence: Iterable[Evidence], progress: Callable[[int, int], None]) -> Iterator[Evidence]:
    for found, item in enumerate(evidence, 1):
        if found % _TOLD_EVERY == 0:
            progress(found, 0)
        yield item


def _decide(
    work: Work, *, by: Orders, reason: str, items: Sequence[Evidence], seen: Collection[Id]
) -> set[Id]:
    refuse_stale(work, by, seen)
    if not items:
        raise CommandRefused(said("no evidence fits; nothing was withdrawn"))
    about = items[0][:SEALED_WITH]
    most = work.policy.most_items_at_once
    for start in range(0, len(items), most):
        piece = items[start : start + most]
        event = EvidenceWithdrawn(
            actor=by.actor, at=by.at, reason=reason, about=about, items=tuple(piece)
        )
        work.emit(by.command, event)
        if not start:
            work.decided_on("withdraw", [(by.command, by.command)], by.command)
        work.decided_on("evidence", {(a, b) for a, b, _ in piece}, by.command)
    return begin(work, by.command, items)
