"""Evidence withdrawn and given back: little at once, else in pieces (SEMANTICS 2.3.10).

The decision says what is to be; how much of it is, counted from its first item, stands in its row
of work in pieces. So an undo of what is not yet done, or the undo of that, only turns round.
"""

from collections.abc import Iterable, Iterator
from itertools import chain

from msgspec.structs import replace

from eventstore.customer_base import CustomerBase
from eventstore.domain.events import Decision, EvidenceWithdrawn, Id
from eventstore.redecide import redecide
from eventstore.regroup import regroup
from eventstore.rejudging import rejudge
from eventstore.rows import Pending
from eventstore.work import Work

Evidence = tuple[Id, Id, Id]
"""(leaf card, leaf card, lead), the lower leaf card first."""

PIECE = 500
"""Items of evidence that are withdrawn, or given back, in one transaction."""


def withdraw(work: Work, items: Iterable[Evidence], *, times: int = 1) -> set[Id]:
    """These no longer count, or with -1 count again; gives the leaf cards concerned."""
    leaves: set[Id] = set()
    for key in items:
        work.changes.withdrawn[key] = work.changes.withdrawn.get(key, 0) + times
        leaves |= {key[0], key[1]}
    rejudge(work, leaves)
    return leaves


def withdrawn_by(work: Work, decision: Id) -> list[Evidence]:
    """Everything that a decision withdraws, in its order."""
    events = work.source.streams([decision], personal=False).get(decision, ())
    items = (e.event.items for e in events if isinstance(e.event, EvidenceWithdrawn))
    return list(chain.from_iterable(items))


def switch(work: Work, decision: Id, *, in_force: bool) -> set[Id]:
    """A withdrawal is out of force, or back; gives the leaf cards where that is done already."""
    items, row = withdrawn_by(work, decision), work.pending(decision)
    whole = len(items) <= PIECE or work.policy.most_touches_at_once is None
    if row is None and whole:
        return withdraw(work, items, times=1 if in_force else -1)
    before = 0 if in_force else len(items)
    done = row.done if row else before
    work.put_pending(decision, Pending("evidence", done, len(items), back=not in_force))
    return set()


def carry_on(base: CustomerBase, decision: Id) -> Iterator[Pending]:
    """Go on with a withdrawal, or with its undo; gives after each piece how far it is."""
    while (row := base.attempt(lambda work: _piece(work, decision))) is not None:
        yield row


def _piece(work: Work, decision: Id) -> Pending | None:
    row = work.pending(decision)
    if row is None:
        return None
    items = withdrawn_by(work, decision)
    if row.back:
        done = max(0, row.done - PIECE)
        leaves = withdraw(work, items[done : row.done], times=-1)
    else:
        done = min(len(items), row.done + PIECE)
        leaves = withdraw(work, items[row.done : done])
    because, at = _cause(work, decision, back=row.back)
    redecide(work, regroup(work, leaves, because=because), because=because, at=at)
    row = replace(row, done=done)
    work.put_pending(decision, row if row.left else None)
    return row


def _cause(work: Work, decision: Id, *, back: bool) -> tuple[Id, int]:
    """The withdrawal itself, or the undo that takes it back, and when it was made."""
    cause = work.undoing(decision) if back else decision
    first = work.source.streams([cause], personal=False)[cause][0].event
    return cause, first.at if isinstance(first, Decision) else 0
