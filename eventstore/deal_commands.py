"""What people do to deals: accept, decline, move, win, lose, own, note (SEMANTICS 3.7).

A command carries an id: the same command twice is one effect. It may carry the version that its
sender saw: a stale one is refused with what changed meanwhile.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Literal

from eventstore.asked import Asked, asked_before
from eventstore.customer_base import CustomerBase
from eventstore.domain.amounts import plain
from eventstore.domain.deals import BY_HAND, DECLINED, LOST, OPEN, Deal, apply
from eventstore.domain.events import (
    AmountSet,
    DealClosed,
    DealCommand,
    DealOpened,
    DealReopened,
    Id,
    NoteAdded,
    OwnerSet,
    StageEntered,
)
from eventstore.domain.pipeline import UNSORTED, WON, Pipeline, Stage
from eventstore.orders import CommandRefused, NotThere, Orders, WrongCommand, stale_deal
from eventstore.reading import Recorded
from eventstore.said import said
from eventstore.work import Work


@dataclass(frozen=True, slots=True)
class _Found:
    """A deal as a command finds it."""

    deal: Deal
    pipeline: Pipeline
    leaf: Id
    """The leaf card where it stands."""
    head: Id
    version: int
    events: Sequence[Recorded]


class DealCommands:
    """Commands on deals. Each gives the deal's new version, or raises."""

    def __init__(self, base: CustomerBase) -> None:
        self._base = base

    def enter(self, deal: Id, stage: str, by: Orders, *, amount: str = "") -> int:
        """Move the deal to a stage of its pipeline; out of `unsorted` this accepts it."""

        def decide(found: _Found) -> list[DealCommand]:
            _must_be_open(found)
            wanted = _stage(found.pipeline, stage)
            if stage == found.deal.stage and not amount:
                return []
            told = _decimal(amount)
            missing = set(wanted.required)
            if told or found.deal.amount:
                missing.discard("amount")
            if missing:
                raise CommandRefused(
                    said("stage '%(stage)s' needs: %(fields)s", stage=stage, fields=sorted(missing))
                )
            events: list[DealCommand] = []
            if told not in ("", _said(found.deal)[0]):
                events.append(AmountSet(command=by.command, actor=by.actor, at=by.at, amount=told))
            if stage != found.deal.stage:
                moved = StageEntered(command=by.command, actor=by.actor, at=by.at, stage=stage)
                events.append(moved)
            return events

        return self._run(deal, by, ("stage", stage, amount), decide)

    def accept(self, deal: Id, by: Orders) -> int:
        """Take an unsorted deal into the first stage after `unsorted`."""

        def decide(found: _Found) -> list[DealCommand]:
            _must_be_open(found)
            if found.deal.stage != UNSORTED:
                raise CommandRefused(
                    said(
                        "the deal is sorted already: it stands at %(stage)s", stage=found.deal.stage
                    )
                )
            stages = found.pipeline.stages
            stage = stages[1].id if len(stages) > 1 else UNSORTED
            owned = OwnerSet(command=by.command, actor=by.actor, at=by.at, owner=by.actor)
            moved = StageEntered(command=by.command, actor=by.actor, at=by.at, stage=stage)
            return [moved, owned] if by.actor else [moved]

        return self._run(deal, by, ("accept",), decide)

    def close(
        self,
        deal: Id,
        status: Literal["won", "lost", "declined"],
        by: Orders,
        *,
        reason: str = "",
        amount: str = "",
    ) -> int:
        """End the deal; `lost` and `declined` want a reason from the pipeline's list.

        A deal can be declined as spam whatever the list has (SEMANTICS 3.2).
        """

        def decide(found: _Found) -> list[DealCommand]:
            _must_be_open(found)
            pipeline = found.pipeline
            reasons = pipeline.decline_reasons if status == DECLINED else pipeline.lost_reasons
            if status == DECLINED and found.deal.stage != UNSORTED:
                raise CommandRefused(said("only an unsorted deal can be declined; use lost"))
            if status != WON and reason not in reasons:
                raise WrongCommand(said("reason must be one of: %(reasons)s", reasons=reasons))
            told = _decimal(amount)
            known, currency = _said(found.deal)
            return [
                DealClosed(
                    command=by.command,
                    actor=by.actor,
                    at=by.at,
                    status=status,
                    reason=reason,
                    amount=told or known,
                    currency=currency,
                )
            ]

        return self._run(deal, by, (status, reason, amount), decide)

    def reopen(self, deal: Id, by: Orders) -> int:
        """Go on with a closed deal at the stage where it stood."""

        def decide(found: _Found) -> list[DealCommand]:
            if found.deal.status == OPEN:
                raise CommandRefused(said("the deal is open"))
            stage = found.deal.stage
            return [DealReopened(command=by.command, actor=by.actor, at=by.at, stage=stage)]

        return self._run(deal, by, ("reopen",), decide)

    def own(self, deal: Id, owner: str, by: Orders) -> int:
        return self._run(
            deal,
            by,
            ("own", owner),
            lambda found: (
                []
                if found.deal.owner == owner
                else [OwnerSet(command=by.command, actor=by.actor, at=by.at, owner=owner)]
            ),
        )

    def note(self, deal: Id, text: str, by: Orders) -> int:
        """Something for those who read the deal later."""
        if not text.strip():
            raise WrongCommand(said("an empty note; write what it should say"))
        return self._run(
            deal,
            by,
            ("note", text),
            lambda found: [
                NoteAdded(command=by.command, actor=by.actor, at=by.at, text=text, leaf=found.leaf)
            ],
        )

    def _run(self, deal: Id, by: Orders, asked: Asked, decide: "Decide") -> int:
        return self._base.attempt(lambda work: self._once(work, deal, by, asked, decide))

    def _once(self, work: Work, deal: Id, by: Orders, asked: Asked, decide: "Decide") -> int:
        before = asked_before(work, by.command, ("deal", deal, *asked))
        events = work.source.streams([deal], personal=False).get(deal, ())
        if did := [e.version for e in events if _command_of(e) == by.command]:
            return did[-1]
        found = self._find(work, deal, events)
        if before:  # there was nothing to do then
            return found.version
        if by.expected_version is not None and by.expected_version != found.version:
            raise stale_deal(found.events, by.expected_version)
        version, returned = found.version, found.deal.returned
        for event in decide(found):
            apply(found.deal, event)
            if returned:
                work.deals.note_returned(found.deal)
            work.deals.changed(found.head, found.deal)
            version = work.emit(deal, event)
        return version

    def _find(self, work: Work, deal: Id, events: Sequence[Recorded]) -> _Found:
        if not events or not isinstance(events[0].event, DealOpened):
            raise NotThere(said("no deal %(deal)s", deal=deal))
        opened = events[0].event
        work.load_leads([opened.lead])
        leaf = work.leads[opened.lead].leaf
        head = work.known_card(leaf).person
        row = work.deals.one(head, deal)
        if row is not None:
            pipeline = work.policy.pipeline(opened.pipeline)
            return _Found(row, pipeline, leaf, head, events[-1].version, events)
        raise CommandRefused(
            said("the deal was joined into another one, or withdrawn; see `deal show`")
        )


Decide = Callable[[_Found], list[DealCommand]]


def _must_be_open(found: _Found) -> None:
    if found.deal.status != OPEN:
        raise CommandRefused(
            said("the deal is %(status)s; reopen it first", status=found.deal.status)
        )


def _stage(pipeline: Pipeline, name: str) -> Stage:
    if name in (UNSORTED, WON, LOST):
        raise WrongCommand(
            said("'%(stage)s' is not entered by hand; use accept, won or lost", stage=name)
        )
    for stage in pipeline.stages:
        if stage.id == name:
            return stage
    raise WrongCommand(
        said(
            "pipeline %(pipeline)s has no stage '%(name)s'; it has: %(stages)s",
            pipeline=pipeline.id,
            name=name,
            stages=[stage.id for stage in pipeline.stages],
        )
    )


def _said(deal: Deal) -> tuple[str, str]:
    """Amount and currency that a person said. What an order brought stays with its touch."""
    return (deal.amount, deal.currency) if deal.amount_of >= BY_HAND else ("", "")


def _decimal(amount: str) -> str:
    """The amount that a person typed, empty for none, as a decimal number."""
    try:
        return plain(amount) if amount else ""
    except ValueError:
        raise WrongCommand(
            said("amount '%(amount)s' is no decimal number such as 1490.00", amount=amount)
        ) from None


def _command_of(recorded: Recorded) -> Id:
    return getattr(recorded.event, "command", b"")
