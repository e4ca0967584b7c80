"""A version of the matching configuration applied to the past (SEMANTICS 2.3.7).

The decision comes first; then it is carried out in pieces, each a transaction: a page of leaf
cards and pairs judged again, by the version that was applied, whichever is configured where that is
done.
"""

from collections import defaultdict
from collections.abc import Callable, Iterator, Mapping
from functools import partial

from msgspec.structs import replace

from eventstore.asked import asked_before
from eventstore.counting import cleared, counted
from eventstore.customer_base import CustomerBase
from eventstore.deciding import Concerned, Decided, answer, settle
from eventstore.domain.events import Id, MatchingApplied
from eventstore.mailboxes import count_anew, fold_again
from eventstore.orders import CommandRefused, Orders
from eventstore.queries import Cards
from eventstore.regroup import move_aliases
from eventstore.rejudging import rejudge_pairs
from eventstore.rematch_pages import Page, page_after
from eventstore.rows import Pending
from eventstore.said import said
from eventstore.versions import STREAM, History, history, in_force
from eventstore.withdrawals import SEALED_WITH
from eventstore.work import Work

_COUNTED_AT_ONCE = 2000

Progress = Callable[[int, int], None]
"""Told how much is done, and of how much."""


def rematch(
    base: CustomerBase,
    by: Orders,
    *,
    reason: str = "",
    dry_run: bool = False,
    progress: Progress = lambda _done, _of: None,
) -> Decided:
    """Apply the configured version to the past: rules and order, limits, lists and folds.

    One that was killed half way goes on where it stood: here when it is given again, or beside
    the processor. `progress` is told of the leaf cards done, and how many there are.
    """
    version = base.policy.configured.version
    if dry_run:
        _refuse_applied(base.work(), history(base.recorder, base.keyring), version)
        return Decided(by.command, _tried_out(base, by, progress).changed)
    with base.carrying_out(STREAM):
        base.attempt(partial(_begin, base=base, by=by, version=version, reason=reason))
        for row in carry_on_rematch(base):
            progress(row.done, row.of)
    return _answer(history(base.recorder, base.keyring), by, version)


def carry_on_rematch(base: CustomerBase) -> Iterator[Pending]:
    """Go on with the rematch that was given last; gives after each piece how far it is.

    Ends early where another one is given meanwhile.
    """
    known = history(base.recorder, base.keyring)
    while (begun := base.recorder.pending([STREAM]).get(STREAM)) is not None:
        row = begun[1]
        page = page_after(base.recorder, base.policy, row.after)
        further = base.attempt(partial(_piece, base=base, known=known, row=row, page=page))
        if further is None:
            return
        if page:
            yield further


def _begin(work: Work, *, base: CustomerBase, by: Orders, version: int, reason: str) -> None:
    """Decide it, unless it was decided and goes on."""
    known = history(work.source, work.keyring)
    asked = ("rematch", version, reason) if reason else ("rematch", version)
    if asked_before(work, by.command, asked):
        return
    _refuse_applied(work, known, version)
    if known.applied == version:
        return
    leaves = _count(base)
    about = tuple(base.recorder.leaves(b"", SEALED_WITH))
    event = MatchingApplied(
        actor=by.actor, at=by.at, reason=reason if about else "", about=about if reason else (),
        number=version, command=by.command,
    )  # fmt: skip
    work.emit(STREAM, event)
    work.put_pending(STREAM, Pending("rematch", 0, leaves, since=work.source.last_position()))


def _count(base: CustomerBase) -> int:
    """How many leaf cards there are."""
    count, after = 0, b""
    while leaves := base.recorder.leaves(after, _COUNTED_AT_ONCE):
        count, after = count + len(leaves), leaves[-1]
    return count


def _refuse_applied(work: Work, known: History, version: int) -> None:
    if known.applied == version and work.pending(STREAM) is None:
        raise CommandRefused(
            said(
                "version %(version)s is applied to the past already; give what you changed a new"
                " one, and start a server that runs anew",
                version=str(version),
            )
        )


def _piece(
    work: Work,
    *,
    base: CustomerBase,
    known: History,
    row: Pending,
    page: Page | None,
) -> Pending | None:
    """This page, unless another worker has done it; None where another one was given."""
    cause = known.rematches[-1]
    if history(work.source, work.keyring).rematches[-1] != cause:
        return None
    if work.pending(STREAM) != row:
        return row
    if page is None:
        over = cleared(work, STREAM)
        work.put_pending(STREAM, None if over else row)
        if over:
            work.emit(STREAM, replace(cause, changed=row.changed or (0, 0, 0, 0)))
        return row
    by = Orders(actor=cause.actor, command=cause.command, at=cause.at)
    settle(work, by, partial(_judge_again, cards=Cards(base), page=page))
    row = replace(row, done=min(row.of, row.done + len(page.leaves)), after=page.after)
    row = counted(work, STREAM, row)
    work.put_pending(STREAM, row)
    return row


def _answer(known: History, by: Orders, version: int) -> Decided:
    """What the rematch changed; that of another command where this one went on with it."""
    ends = [one for one in known.rematches if one.changed and one.number == version]
    ours = [one for one in ends if one.command == by.command] or ends
    if not ours:
        raise CommandRefused(
            said(
                "another version was applied before version %(version)s was everywhere;"
                " `leadlog card rematch` applies the configured one",
                version=str(version),
            )
        )
    return answer(ours[-1].command or by.command, ours[-1].changed)


def _tried_out(base: CustomerBase, by: Orders, progress: Progress) -> Concerned:
    """What it would change."""
    policy = in_force(
        history(base.recorder, base.keyring), base.policy.configured.version, base.policy
    )
    applying = CustomerBase(base.recorder, base.keyring, policy)
    concerned, alike = Concerned(), _of_one_mailbox(applying)
    done, of = 0, _count(base)
    for page in _pages(applying):
        leaves = {other for leaf in page.leaves for other in alike.get(leaf, [leaf])}
        whole = page._replace(leaves=sorted(leaves))
        again = partial(_judge_again, cards=Cards(applying), page=whole)
        concerned.update(settle(applying.work(whole=True), by, again))
        done += len(page.leaves)
        progress(min(done, of), of)
    return concerned


def _of_one_mailbox(base: CustomerBase) -> dict[Id, list[Id]]:
    """Each address → all of its mailbox: nothing is kept from page to page where they are tried."""
    found: dict[str, list[Id]] = defaultdict(list)
    after = b""
    while base.policy.folds and (leaves := base.recorder.leaves(after, _COUNTED_AT_ONCE)):
        after = leaves[-1]
        for leaf, name in Cards(base).names(leaves).items():
            kind, _, value = name.partition(":")
            if mailbox := base.policy.matching.mailbox(kind, value):
                found[mailbox].append(leaf)
    return {leaf: alike for alike in found.values() for leaf in alike}


def _pages(base: CustomerBase) -> Iterator[Page]:
    """Every leaf card and pair there is; later ones are judged by what is applied."""
    after = b""
    while page := page_after(base.recorder, base.policy, after):
        after = page.after
        yield page


def _judge_again(work: Work, *, cards: Cards, page: Page) -> set[Id]:
    """Lists, folds, pairs and places of this page, by the policy of the working set.

    Gives the leaf cards about which is to be decided again: those of the page, whatever changed,
    for a link may be in force from another lead by other rules, or a touch stand elsewhere; and the
    ends of pairs that are linked otherwise. A pair is judged with both ends on the list or off it.
    """
    ends = {leaf for pair in page.pairs for leaf in pair}
    leaves = {*page.leaves, *ends}
    work.load_cards(leaves)
    names = cards.names(leaves)
    _list_again(work, names)
    folded, concerned = fold_again(work, {leaf: names[leaf] for leaf in page.leaves})
    changed = rejudge_pairs(work, dict.fromkeys((*page.pairs, *folded)), anew=True) | concerned
    for leaf in concerned:
        count_anew(work, leaf)
    moved = {place for leaf in sorted(page.leaves) for place in move_aliases(work, leaf)}
    return {*page.leaves, *changed, *moved}


def _list_again(work: Work, names: Mapping[Id, str]) -> None:
    """Which of these identities, by their `kind:value`, are on the list now."""
    for leaf, name in names.items():
        kind, _, value = name.partition(":")
        listed = kind != "lead" and work.policy.matching.is_listed(kind, value)
        if work.known_card(leaf).listed != listed:
            work.changing(leaf).listed = listed
