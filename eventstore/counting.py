"""What a decision that is carried out in pieces changes, each person, deal and lead counted once.

What was counted is kept, as digests that each piece writes in its own transaction. So the answer is
the same however often the work was killed, whoever went on with it, and however many did. They go
before the work is over, some at a time.
"""

from typing import Final

from msgspec.structs import replace

from eventstore.deciding import Concerned
from eventstore.domain.events import Id
from eventstore.keyring import derived
from eventstore.rows import Pending
from eventstore.work import Work

AT_ONCE: Final = 20_000
"""Digests that one transaction removes."""


def counted(work: Work, name: Id, row: Pending) -> Pending:
    """The row of work `name`, with what this working set changes and no piece before it did."""
    found = Concerned()
    found.add(work)
    run = row.since.to_bytes(8, "big")
    told = row.changed or (0, 0, 0, 0)
    everything = [
        {derived(run + b"/person/" + one): 1 for one in found.persons},
        {derived(run + b"/deal/" + one): 1 for one in found.deals},
        {derived(run + b"/lead/" + one): 1 for one in found.leads},
        {derived(run + b"/awaited/" + one): touches for one, touches in found.awaited.items()},
    ]
    known = work.source.counts_of(name, {key for keys in everything for key in keys})
    fresh = [{key: n for key, n in keys.items() if key not in known} for keys in everything]
    work.changes.counted |= {(name, key) for keys in fresh for key in keys}
    more = (sum(keys.values()) for keys in fresh)
    return replace(row, changed=tuple(a + b for a, b in zip(told, more, strict=True)))


def cleared(work: Work, name: Id, *, most: int = AT_ONCE) -> bool:
    """Remove what work `name`, which has nothing left to do, has counted; False: there is more."""
    some = work.source.some_counts(name, most=most)
    work.changes.uncounted |= {(name, one) for one in some}
    if len(some) < most:
        work.changes.counted.clear()
    return len(some) < most
