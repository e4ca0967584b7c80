"""What is similar and not equal, among the rows of the review queue.

Where something else puts the same two persons into the queue, too, they are one item: at the
better of the two scores, with the reasons of both.
"""

from collections import defaultdict
from collections.abc import Iterator, Sequence
from functools import cached_property
from typing import TYPE_CHECKING

from eventstore.domain.events import Id
from eventstore.reviewing import vetoed
from eventstore.rows import Review, ReviewPlace
from eventstore.suggestions import Item
from eventstore.work import Work

if TYPE_CHECKING:
    from eventstore.lookalikes import Lookalike


class Similar:
    """Two persons each, the most alike first (see eventstore.lookalikes)."""

    def __init__(self, found: "Sequence[Lookalike]") -> None:
        self._found = found

    def behind(self, after: ReviewPlace) -> Iterator[Review]:
        """In the queue's order, those behind a place."""
        rows = sorted((_row(one) for one in self._found), key=lambda row: row.place)
        return (row for row in rows if row.place > after)

    def named(self, short: bytes) -> list[Review]:
        """Those whose name begins with these bytes."""
        return [row for row in map(_row, self._found) if row.name.startswith(short)]

    def item(self, work: Work, row: Review) -> Item | None:
        """The item at the place of this row; None where it stands at another, or nowhere."""
        a, b = (work.known_card(leaf).person for leaf in (row.a, row.b))
        if a == b:
            return None
        likeness = self._between(work, a, b)
        if row.why != "alike":
            if likeness and _row(likeness).score > row.score:
                return None
            return Item(row, likeness)
        if likeness is None or (likeness.a, likeness.b) != (row.a, row.b):
            return None
        if too := _kept(work, a, b):
            return Item(too._replace(score=row.score), likeness) if too.score < row.score else None
        return None if vetoed(work, frozenset((a, b))) else Item(row, likeness)

    def _between(self, work: Work, one: Id, other: Id) -> "Lookalike | None":
        if not self._found:
            return None
        found = [
            both
            for leaf in work.members({one})
            for both in self._of_leaf.get(leaf, ())
            if work.known_card(both.b if both.a == leaf else both.a).person == other
        ]
        return min(found, key=lambda both: _row(both).place, default=None)

    @cached_property
    def _of_leaf(self) -> "dict[Id, list[Lookalike]]":
        of_leaf: dict[Id, list[Lookalike]] = defaultdict(list)
        for one in self._found:
            of_leaf[one.a].append(one)
            of_leaf[one.b].append(one)
        return of_leaf


def _row(one: "Lookalike") -> Review:
    return Review(one.a, one.b, "alike", b"", round(1000 * one.probability))


def _kept(work: Work, one: Id, other: Id) -> Review | None:
    """The row that the queue has of these two persons."""
    for row in work.source.reviews_of(work.members({one})):
        if row.why != "limit":
            work.load_cards([row.a, row.b])
            if {work.known_card(leaf).person for leaf in (row.a, row.b)} == {one, other}:
                return row
    return None
