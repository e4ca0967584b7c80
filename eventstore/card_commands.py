"""What people decide about cards: merge, veto, mark, withdraw, undo (SEMANTICS 2.3.8 to 10).

Every decision has an id and a stream of its own. With `dry_run` everything is decided and nothing
is saved: what it would change is told all the same.
"""

from collections.abc import Callable, Collection, Iterable, Mapping
from types import MappingProxyType
from typing import Final

from eventstore.asked import Asked
from eventstore.card_changes import refuse_stale
from eventstore.customer_base import CustomerBase
from eventstore.deal_joins import leaves_concerned, refuse_stale_deal
from eventstore.deciding import Decided, carry_out
from eventstore.domain.events import (
    CardMarked,
    CardsMerged,
    CardsVetoed,
    DecisionUndone,
    Id,
)
from eventstore.orders import CommandRefused, NotThere, Orders, WrongCommand
from eventstore.regroup import by_hand
from eventstore.rejudging import Evidence
from eventstore.rows import Hand
from eventstore.said import said
from eventstore.standing_links import Cuts
from eventstore.withdrawals import SEALED_WITH, withdraw_evidence
from eventstore.withdrawing import switch, withdrawn_by
from eventstore.work import Work

NOTHING_SEEN: Final[Mapping[Id, int]] = MappingProxyType({})


class CardCommands:
    """Decisions on leaf cards. Leaf cards are named by id; see `Cards.leaf_of`.

    Where the orders have a version, it is the one at which the cards were seen: the command is
    refused if they changed since. `asked` says what a command means where that is not its name
    and its cards; the same command again must mean the same.
    """

    def __init__(self, base: CustomerBase) -> None:
        self._base = base

    def merge(
        self,
        a: Id,
        b: Id,
        by: Orders,
        *,
        reason: str = "",
        dry_run: bool = False,
        asked: Asked = (),
        deals: Mapping[Id, int] = NOTHING_SEEN,
    ) -> Decided:
        """Link two leaf cards. CommandRefused names the veto that stands against it.

        `deals`: the versions of those of which the sender saw what would become of them.
        """

        def decide(work: Work) -> set[Id]:
            one, other = _two_cards(work, a, b, by)
            for deal, seen in deals.items():
                refuse_stale_deal(work, deal, seen)
            _refuse_vetoed(work, one, other)
            event = CardsMerged(actor=by.actor, at=by.at, reason=reason, one=a, other=b)
            work.decide_by_hand("merge", a, b, by.command, event)
            return {one, other}

        return self._run(by, asked or ("merge", a, b, reason), decide, dry_run)

    def veto(
        self,
        a: Id,
        b: Id,
        by: Orders,
        *,
        reason: str = "",
        dry_run: bool = False,
        reviewed: bool = False,
        asked: Asked = (),
    ) -> Decided:
        """Say that two leaf cards are not the same person; `reviewed` where the queue asked.

        With `dry_run`, what it cuts is told, too.
        """
        cuts: list[Cuts] = []

        def decide(work: Work) -> set[Id]:
            one, other = _two_cards(work, a, b, by)
            if dry_run:
                cuts.append(Cuts(work, (one, other)))
            event = CardsVetoed(
                actor=by.actor, at=by.at, reason=reason, one=a, other=b, reviewed=reviewed
            )
            work.decide_by_hand("veto", a, b, by.command, event)
            return {one, other}

        decided = self._run(by, asked or ("veto", a, b, reason), decide, dry_run)
        return decided._replace(cuts=cuts[0].found()) if cuts else decided

    def mark(
        self,
        leaf: Id,
        shared: bool,
        by: Orders,
        *,
        reason: str = "",
        dry_run: bool = False,
        asked: Asked = (),
    ) -> Decided:
        """Say that an identity is shared by several persons, or that it is not."""

        def decide(work: Work) -> set[Id]:
            one = _card(work, leaf)
            refuse_stale(work, by, [one])
            if work.known_card(one).kind == "lead":
                raise CommandRefused(
                    said("a lead without identity has nothing that could be shared")
                )
            event = CardMarked(actor=by.actor, at=by.at, reason=reason, leaf=one, shared=shared)
            work.decide_by_hand("share" if shared else "unshare", one, one, by.command, event)
            _refresh_mark(work, one)
            return {one}

        return self._run(by, asked or ("mark", leaf, shared, reason), decide, dry_run)

    def undo(self, decision: Id, by: Orders, *, reason: str = "", dry_run: bool = False) -> Decided:
        """Take a decision back, as if it had never been made; of an undo, bring it back."""

        def decide(work: Work) -> set[Id]:
            known = work.decision(decision)
            if not known:
                raise NotThere(said("no decision %(decision)s", decision=decision))
            named = _named_by(work, decision)
            refuse_stale(work, by, named)
            rows = [row for row in known if row[1]]
            if not rows:
                raise CommandRefused(
                    said(
                        "the decision is undone already; to bring it back undo that: %(undo)s",
                        undo=work.undoing(decision),
                    )
                )
            about = tuple(sorted(named)[:SEALED_WITH])
            event = DecisionUndone(
                actor=by.actor, at=by.at, reason=reason, about=about, undone=decision
            )
            work.decide_by_hand("undo", decision, decision, by.command, event)
            return _switch(work, rows, in_force=False)

        return self._run(by, ("undo", decision, reason), decide, dry_run)

    def withdraw(
        self,
        evidence: Iterable[Evidence],
        by: Orders,
        *,
        reason: str = "",
        dry_run: bool = False,
        progress: Callable[[int, int], None] = lambda _done, _of: None,
        asked: Asked = (),
        seen: Collection[Id] = (),
    ) -> Decided:
        """These leads no longer count for these pairs: all of them once it is decided, in pieces.

        `progress` is told how much evidence is found, of 0, then how much is done, and of how much;
        nothing more where it is only looked at. `seen` are the leaf cards
        whose version the orders have. See `eventstore.withdrawals`.
        """
        return withdraw_evidence(
            self._base,
            evidence,
            by,
            reason=reason,
            dry_run=dry_run,
            progress=progress,
            asked=("withdraw", *asked, reason),
            seen=seen,
        )

    def _run(
        self, by: Orders, asked: Asked, decide: Callable[[Work], set[Id]], dry_run: bool
    ) -> Decided:
        return carry_out(self._base, by, asked, decide, dry_run=dry_run)


def _named_by(work: Work, decision: Id) -> set[Id]:
    """The leaf cards that a decision is about; of an undo, those of what it takes back."""
    leaves: set[Id] = set()
    known = work.decision(decision)
    for hand, _ in known:
        match hand.kind:
            case "undo":
                leaves |= _named_by(work, hand.a)
            case "join" | "part" | "own" | "anew" | "leave":
                leaves |= leaves_concerned(work, hand)
            case "withdraw" if len(known) > 1:
                pass  # its rows of evidence say which
            case "withdraw":  # from before there were such rows
                leaves |= {leaf for a, b, _ in withdrawn_by(work, decision) for leaf in (a, b)}
            case _:
                leaves |= {hand.a, hand.b}
    return leaves


def _card(work: Work, leaf: Id) -> Id:
    """The leaf card that an id bears on now."""
    if work.card(leaf) is None:
        raise NotThere(said("no leaf card %(leaf)s", leaf=leaf))
    return work.bears_on(leaf)


def _two_cards(work: Work, a: Id, b: Id, by: Orders) -> tuple[Id, Id]:
    """The leaf cards that two ids bear on, as the sender of the command saw them."""
    one, other = _card(work, a), _card(work, b)
    refuse_stale(work, by, [one, other])
    if one == other:
        raise WrongCommand(said("both name the same leaf card; name two of them"))
    return one, other


def _refuse_vetoed(work: Work, one: Id, other: Id) -> None:
    ours = work.members({work.known_card(one).person})
    theirs = work.members({work.known_card(other).person})
    _, vetoes = by_hand(work.hands(ours))
    for hand in vetoes:
        crosses = (hand.a in ours and hand.b in theirs) or (hand.b in ours and hand.a in theirs)
        if crosses and {hand.a, hand.b} != {one, other}:
            raise CommandRefused(
                said(
                    "a veto stands between them: decision %(decision)s says that %(a)s and %(b)s"
                    " are not one person; undo it first",
                    decision=hand.decision,
                    a=hand.a,
                    b=hand.b,
                )
            )


def _refresh_mark(work: Work, leaf: Id) -> None:
    """The latest mark by hand that is not undone."""
    marks = [hand for hand in work.hands([leaf]) if hand.kind in {"share", "unshare"}]
    work.changing(leaf).mark = marks[-1].kind == "share" if marks else None


def _switch(work: Work, rows: list[tuple[Hand, bool]], *, in_force: bool) -> set[Id]:
    """Put a decision out of force, or back; gives the leaf cards concerned."""
    leaves: set[Id] = set()
    for hand, stands in rows:
        if stands == in_force:
            continue
        work.changes.hands.append((hand, in_force))
        match hand.kind:
            case "merge" | "veto":
                leaves |= {work.bears_on(hand.a), work.bears_on(hand.b)}
            case "share" | "unshare":
                _refresh_mark(work, hand.a)
                leaves.add(hand.a)
            case "join" | "part" | "own" | "anew" | "leave":
                leaves |= leaves_concerned(work, hand)
            case "withdraw":
                leaves |= switch(work, hand.decision, in_force=in_force)
            case "undo":
                # Of several undos of one decision, each keeps it out of force.
                leaves |= _switch(work, work.decision(hand.a), in_force=not work.undoing(hand.a))
    return leaves
