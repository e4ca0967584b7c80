"""Which matching configuration holds for whom (SEMANTICS 2.3.7).

New leads are judged by the configured version. Limits, lists and what earlier leads were judged
by stay as they were until `rematch` applies the version to the past. All of it is told by events,
so that every process and every replay knows the same.
"""

import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from functools import partial

import msgspec

from eventstore.customer_base import CustomerBase
from eventstore.deciding import Concerned, Decided, carry_out_piece
from eventstore.domain.events import Id, MatchingAdopted, MatchingApplied
from eventstore.domain.matching import Matching
from eventstore.keyring import derived
from eventstore.orders import CommandRefused, Orders, order
from eventstore.queries import Cards
from eventstore.regroup import move_aliases
from eventstore.rejudging import rejudge
from eventstore.rows import Pending, Source
from eventstore.work import Policy, Work

STREAM: Id = derived(b"matching")
_PIECE = 200
"""Leaf cards judged again at once, with all that they came together with."""


class VersionChanged(ValueError):
    """A version that leads were judged by now reads otherwise; the text says what to do."""


def effective_policy(source: Source, policy: Policy) -> Policy:
    """The policy with earlier versions, and with the limits and lists that are in force."""
    adopted, applied = _history(source)
    matching = policy.matching
    _is_adopted(matching, adopted)
    return _in_force({**adopted, matching.version: matching}, applied, policy)


def adopt(base: CustomerBase) -> None:
    """Record the configured version, if nobody has; call once at start, before any lead.

    Several processes may start at once. Raises VersionChanged where another one was first, with
    the same version and other content.
    """
    configured = base.policy.configured
    if _is_adopted(configured, _history(base.recorder)[0]):
        return
    event = MatchingAdopted(
        number=configured.version,
        content=msgspec.json.encode(configured),
        at=time.time_ns() // 1_000_000,
    )

    def once(work: Work) -> None:
        if not _is_adopted(configured, _history(work.source)[0]):  # by one who started with us
            work.emit(STREAM, event)

    base.attempt(once)


def rematch(
    base: CustomerBase,
    cards: Cards,
    by: Orders,
    *,
    dry_run: bool = False,
    progress: Callable[[int, int], None] = lambda _done, _of: None,
) -> Decided:
    """Apply the configured version to the past: its rules and order, its limits and lists.

    The decision comes first; then it is carried out in pieces, of which each is a transaction.
    One that was killed half way goes on where it stood: here when it is given again, or beside
    the processor. `progress` is told of the leaf cards done, and how many there are.
    """
    adopted, applied = _history(base.recorder)
    configured = base.policy.configured
    begun = base.recorder.pending([STREAM])
    if configured.version == applied and not begun:
        raise CommandRefused(f"version {configured.version} is applied to the past already")
    policy = _in_force({**adopted, configured.version: configured}, configured.version, base.policy)
    applying = CustomerBase(base.recorder, base.keyring, policy)
    concerned = Concerned()
    if dry_run:
        _try_out(applying, cards, by, concerned)
        return Decided(by.command, concerned.changed)
    if configured.version != applied:
        _begin(base, by, configured.version)
    base.policy = policy  # what comes meanwhile is decided by it already
    for row in _pieces(applying, cards, by, concerned):
        progress(row.done, row.of)
    return Decided(by.command, concerned.changed)


def carry_on_rematch(base: CustomerBase) -> Iterator[Pending]:
    """Go on with a rematch that was begun; nothing where another version is configured here.

    Gives after each piece how far it is.
    """
    adopted, applied = _history(base.recorder)
    if applied != base.policy.configured.version:
        return
    applied_by = _applied_by(base.recorder)
    policy = _in_force(adopted, applied, base.policy)
    applying = CustomerBase(base.recorder, base.keyring, policy)
    yield from _pieces(applying, Cards(applying), applied_by, Concerned())


def _begin(base: CustomerBase, by: Orders, version: int) -> None:
    leaves = sum(len(page) for page in _all_leaves(base))

    def decide(work: Work) -> None:
        work.emit(STREAM, MatchingApplied(actor=by.actor, at=by.at, number=version))
        work.put_pending(STREAM, Pending("rematch", 0, leaves))

    base.attempt(decide)


def _applied_by(source: Source) -> Orders:
    """Whoever gave the last rematch."""
    events = source.streams([STREAM], personal=False)[STREAM]
    last = [e.event for e in events if isinstance(e.event, MatchingApplied)][-1]
    return order(last.actor, at=last.at)


def _pieces(
    base: CustomerBase, cards: Cards, by: Orders, concerned: Concerned
) -> Iterator[Pending]:
    """From where it stands to the end; others who do the same are told apart by its row."""
    while (known := base.recorder.pending([STREAM]).get(STREAM)) is not None:
        row = known[1]
        leaves = base.recorder.leaves(row.after, _PIECE)
        done = min(row.of, row.done + len(leaves))
        further = msgspec.structs.replace(row, done=done, after=leaves[-1]) if leaves else None

        def decide(
            work: Work,
            row: Pending = row,
            further: Pending | None = further,
            leaves: Sequence[Id] = leaves,
        ) -> set[Id]:
            if work.pending(STREAM) != row:
                return set()
            work.put_pending(STREAM, further)
            return _judge_again(work, cards=cards, leaves=set(leaves)) if leaves else set()

        carry_out_piece(base, by, decide, concerned, dry_run=False)
        if further is not None:
            yield further


def _try_out(base: CustomerBase, cards: Cards, by: Orders, concerned: Concerned) -> None:
    for leaves in _all_leaves(base):
        again = partial(_judge_again, cards=cards, leaves=set(leaves))
        carry_out_piece(base, by, again, concerned, dry_run=True)


def _judge_again(work: Work, *, cards: Cards, leaves: set[Id]) -> set[Id]:
    """Lists, pairs and places of these leaf cards, by the policy of the working set."""
    _list_again(work, cards, work.policy.matching, leaves)
    around = {leaf for key in work.pairs_of(leaves) for leaf in key}
    rejudge(work, leaves | around)
    moved = {place for leaf in sorted(leaves) for place in move_aliases(work, leaf)}
    return leaves | around | moved


def _is_adopted(matching: Matching, adopted: dict[int, Matching]) -> bool:
    """Whether this version was recorded. Raises VersionChanged if that was with other content."""
    known = adopted.get(matching.version)
    if known is not None and known != matching:
        raise VersionChanged(
            f"matching: version {matching.version} was recorded with other content;"
            " give [matching] a higher version, then see `leadlog card rematch --dry-run`"
        )
    return known is not None


def _history(source: Source) -> tuple[dict[int, Matching], int]:
    """Every adopted version, and the one that is applied to the past (0 while there is none)."""
    adopted: dict[int, Matching] = {}
    applied = 0
    for recorded in source.streams([STREAM], personal=False).get(STREAM, ()):
        match recorded.event:
            case MatchingAdopted(number=number, content=content):
                adopted[number] = msgspec.json.decode(content, type=Matching)
                applied = applied or number
            case MatchingApplied(number=number):
                applied = number
    return adopted, applied


def _in_force(versions: dict[int, Matching], applied: int, policy: Policy) -> Policy:
    configured = policy.configured
    past = versions.get(applied, configured)
    matching = msgspec.structs.replace(configured, limits=past.limits, shared=past.shared)
    judged = {number: past if number < applied else own for number, own in versions.items()}
    found = Policy.of(matching, policy.pipelines.values(), earlier=judged)
    return replace(policy, matching=matching, rules=found.rules)


def _all_leaves(base: CustomerBase) -> Iterator[Sequence[Id]]:
    """Every leaf card there is, page by page; later ones are judged by what is applied."""
    after = b""
    while leaves := base.recorder.leaves(after, _PIECE):
        after = leaves[-1]
        yield leaves


def _list_again(work: Work, cards: Cards, matching: Matching, leaves: set[Id]) -> None:
    """Which identities are on the list now."""
    work.load_cards(leaves)
    for leaf, name in cards.names(leaves).items():
        kind, _, value = name.partition(":")
        listed = kind != "lead" and matching.is_listed(kind, value)
        if work.known_card(leaf).listed != listed:
            work.changing(leaf).listed = listed
