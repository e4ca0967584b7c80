"""Evidence withdrawn and given back: little at once, else in pieces (SEMANTICS 2.3.10).

The decision says what is to be; how much of it is, counted from its first item, stands in its row
of work in pieces. So an undo of what is not yet done, or the undo of that, only turns round.
"""

from collections.abc import Collection, Iterator, Sequence
from itertools import chain

from msgspec.structs import replace

from eventstore.counting import cleared, counted
from eventstore.customer_base import CustomerBase
from eventstore.domain.events import Decision, EvidenceWithdrawn, Id
from eventstore.redecide import redecide
from eventstore.regroup import regroup
from eventstore.rejudging import Evidence, rejudge_pairs
from eventstore.rows import Pending
from eventstore.work import Work


def withdraw(work: Work, items: Collection[Evidence], *, times: int = 1) -> set[Id]:
    """These no longer count, or with -1 count again; gives the leaf cards concerned."""
    leaves: set[Id] = set()
    for key in items:
        work.changes.withdrawn[key] = work.changes.withdrawn.get(key, 0) + times
        leaves |= {key[0], key[1]}
    keys = dict.fromkeys((a, b) for a, b, _ in items)
    rejudge_pairs(work, keys, back=items if times < 0 else ())
    return leaves


def withdrawn_by(work: Work, decision: Id) -> list[Evidence]:
    """Everything that a decision withdraws, in its order."""
    return list(chain.from_iterable(event.items for event in _events(work, decision)))


def begin(work: Work, decision: Id, items: Sequence[Evidence]) -> set[Id]:
    """A withdrawal was recorded; gives the leaf cards where it is done by that already."""
    if _is_little(work, items):
        return withdraw(work, items)
    work.put_pending(decision, _row(work, 0, items))
    return set()


def switch(work: Work, decision: Id, *, in_force: bool) -> set[Id]:
    """A withdrawal is out of force, or back; gives the leaf cards where that is done already."""
    items, row = withdrawn_by(work, decision), work.pending(decision)
    if row is None and _is_little(work, items):
        return withdraw(work, items, times=1 if in_force else -1)
    row = row or _row(work, 0 if in_force else len(items), items)
    work.put_pending(decision, replace(row, back=not in_force))
    return set()


def _row(work: Work, done: int, items: Sequence[Evidence]) -> Pending:
    return Pending("evidence", done, len(items), since=work.source.last_position())


def was_left_undone(work: Work, decision: Id) -> bool:
    """Whether a withdrawal was undone before it had come to its end."""
    events = _events(work, decision)
    return len(events) > 1 and bool(events[-1].items) and bool(work.undoing(decision))


def carry_on(base: CustomerBase, decision: Id) -> Iterator[Pending]:
    """Go on with a withdrawal, or with its undo; gives after each piece how far it is."""
    items = withdrawn_by(base.work(), decision)
    while row := base.attempt(lambda work: _piece(work, decision, items)):
        yield row


def _piece(work: Work, decision: Id, items: Sequence[Evidence]) -> Pending | None:
    row = work.pending(decision)
    if row is None:
        return None
    if row.left:
        row = _further(work, decision, items, row)
    if not (row.left or row.back):
        _tell_end(work, decision, row.changed)
    over = not row.left and cleared(work, decision)
    work.put_pending(decision, None if over else row)
    return row


def _further(work: Work, decision: Id, items: Sequence[Evidence], row: Pending) -> Pending:
    most = work.policy.most_items_at_once
    if row.back:
        done = max(0, row.done - most)
        leaves = withdraw(work, items[done : row.done], times=-1)
    else:
        done = min(len(items), row.done + most)
        leaves = withdraw(work, items[row.done : done])
    because, at = _cause(work, decision, back=row.back)
    redecide(work, regroup(work, leaves, because=because), because=because, at=at)
    return counted(work, decision, replace(row, done=done))


def _tell_end(work: Work, decision: Id, changed: tuple[int, ...]) -> None:
    """The withdrawal is carried out, for the first time if no event says so yet."""
    first, *_, last = _events(work, decision)
    if last.items:
        end = EvidenceWithdrawn(actor=first.actor, at=first.at, items=(), changed=changed)
        work.emit(decision, end)


def _is_little(work: Work, items: Sequence[Evidence]) -> bool:
    """Whether it is done at once; so is everything where nothing is to follow."""
    return len(items) <= work.policy.most_items_at_once or work.policy.most_touches_at_once is None


def _events(work: Work, decision: Id) -> list[EvidenceWithdrawn]:
    recorded = work.source.streams([decision], personal=False).get(decision, ())
    return [e.event for e in recorded if isinstance(e.event, EvidenceWithdrawn)]


def _cause(work: Work, decision: Id, *, back: bool) -> tuple[Id, int]:
    """The withdrawal itself, or the undo that takes it back, and when it was made."""
    cause = work.undoing(decision) if back else decision
    first = work.source.first_events([cause], personal=False)[cause].event
    return cause, first.at if isinstance(first, Decision) else 0
