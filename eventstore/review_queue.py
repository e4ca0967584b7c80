"""The one queue of the team: what came to ended deals, who may be one person, what is over a limit.

Each item has `kind`, `score` and `reasons`, and two sides `a` and `b`, or a deal. What is decided
about one is a decision like any other, remembered for everybody and undone by its id. A page costs
what it shows: its rows are kept in their order (ADR 0028, 0032), and what is similar is merged into
them.
"""

from collections.abc import Iterable, Iterator
from heapq import merge
from itertools import islice
from typing import Any, Final

from eventstore.card_commands import CardCommands
from eventstore.deciding import Decided, answered
from eventstore.lookalikes_kept import LookalikesOf, similar_persons
from eventstore.orders import CommandRefused, NotThere, Orders
from eventstore.queries import Cards
from eventstore.returned import MOST_LEFT, Returns
from eventstore.returned_items import Only, ReturnedItems, Waiting
from eventstore.reviewing import bring_up_to_date
from eventstore.rows import BEFORE_REVIEWS, Review, ReviewPlace
from eventstore.said import said
from eventstore.similar_items import Similar
from eventstore.suggestions import Item, crossed, shown
from eventstore.told import Json
from eventstore.work import Work

_AT_ONCE: Final = 50
_SHORT: Final = 8
"""Characters of an item's id."""


EVERYTHING: Final = Only()


class ReviewQueue:
    """Reads the last commit at each call, after it has brought the queue up to that."""

    def __init__(
        self, cards: Cards, *, similar: LookalikesOf | None = None, only: Only = EVERYTHING
    ) -> None:
        """`similar` gives who is alike where that is kept somewhere; else the store is asked."""
        self._cards = cards
        self._similar = similar or similar_persons(cards.base.recorder)
        self._only = only
        self._returned = ReturnedItems(cards, only)

    def all(self) -> list[Json]:
        """The queue, best score first, numbered from 1; with the version for deciding."""
        return list(self.each())

    def each(self) -> Iterator[Json]:
        """The same, read as it is gone through."""
        return (told for _, told in self._numbered("", _AT_ONCE))

    def page(self, most: int, cursor: str = "") -> Json:
        """So many of its items behind a place, and the cursor of the next; null for no more."""
        found = list(islice(self._numbered(cursor, most + 1), most + 1))
        more = len(found) > most
        return {
            "items": [told for _, told in found[:most]],
            "next": found[most - 1][0] if more else None,
        }

    def accept(self, name: str, by: Orders, *, reason: str = "", dry_run: bool = False) -> Decided:
        """They are one person (a merge); an identity over its limit is one person's (`unshare`).

        For what came to an ended deal, a new one is opened. `name` is an item's number or id;
        NotThere where there is none.
        """
        return self._decide(name, by, True, {"reason": reason, "dry_run": dry_run})

    def refuse(self, name: str, by: Orders, *, reason: str = "", dry_run: bool = False) -> Decided:
        """They are not the same (a veto); an identity over its limit is shared indeed.

        What came to ended deals is left with them, of one decision with all its deals.
        """
        return self._decide(name, by, False, {"reason": reason, "dry_run": dry_run})

    def pick(self, name: str) -> Review | Waiting:
        """The item of this number or id; NotThere where there is none."""
        for item in self._named(name):
            return item
        raise NotThere(said("no suggestion '%(name)s'; see `leadlog card suggestions`", name=name))

    def _decide(self, name: str, by: Orders, same: bool, how: dict[str, Any]) -> Decided:
        asked = ("suggestion", name, same, how["reason"])
        if earlier := answered(self._cards.base.work(), by, asked):
            return earlier  # the item it named then is gone, or another one has its number
        commands, row = CardCommands(self._cards.base), self.pick(name)
        if isinstance(row, Waiting):
            return self._decide_deals(row, by, same, {"asked": asked, **how})
        if row.why == "limit":
            return commands.mark(row.a, not same, by, asked=asked, **how)
        if same:
            return commands.merge(row.a, row.b, by, asked=asked, **how)
        return commands.veto(row.a, row.b, by, asked=asked, reviewed=True, **how)

    def _decide_deals(self, item: Waiting, by: Orders, anew: bool, how: dict[str, Any]) -> Decided:
        returns, deals = Returns(self._cards.base), [row.deal for row in item.rows]
        if not anew:
            return returns.leave(deals[:MOST_LEFT], by, **how)
        if item.is_work:
            raise CommandRefused(
                said(
                    "that are several deals; look at each: leadlog card suggestions --of %(cause)s",
                    cause=item.name,
                )
            )
        return returns.anew(deals[0], by, **how)

    # --- the items in their order ---

    def _numbered(self, cursor: str, at_once: int) -> Iterator[tuple[str, Json]]:
        """From a cursor on, each item with the cursor of what comes behind it."""
        number, after = _read(cursor) if cursor else (0, BEFORE_REVIEWS)
        version = self._cards.version
        for place, item in self._told(after, at_once):
            number += 1
            yield _cursor(number, place), {"n": number, **item, "version": version}

    def _told(self, after: ReviewPlace, at_once: int) -> Iterator[tuple[ReviewPlace, Json]]:
        waiting = self._returned.behind(after)
        while some := list(islice(waiting, at_once)):
            for one, told in zip(some, self._returned.shown(some), strict=True):
                if told:
                    yield one.place, told
        for page in self._pages(after, at_once):
            about_two = shown(self._cards, self._cards.base.work(), [item for _, item in page])
            yield from zip((place for place, _ in page), about_two, strict=True)

    def _pages(self, after: ReviewPlace, at_once: int) -> Iterator[list[tuple[ReviewPlace, Item]]]:
        if self._only:
            return
        bring_up_to_date(self._cards.base)
        similar = Similar(self._similar())
        drawn = merge(self._rows(after), similar.behind(after), key=lambda row: row.place)
        while page := list(islice(drawn, at_once)):
            found = _standing(self._cards.base.work(), similar, page)
            yield [(row.place, item) for row, item in found]

    def _rows(self, after: ReviewPlace) -> Iterator[Review]:
        while page := self._cards.base.recorder.reviews(after=after, most=_AT_ONCE):
            yield from page
            after = page[-1].place

    def _named(self, name: str) -> Iterator[Review | Waiting]:
        """By its id, else by its number."""
        if len(name) == _SHORT and (short := _bytes(name)):
            yield from self._returned.named(short)
            bring_up_to_date(self._cards.base)
            similar, work = Similar(self._similar()), self._cards.base.work()
            rows = [*self._cards.base.recorder.reviews_named(short), *similar.named(short)]
            yield from (
                i.row for _, i in _standing(work, similar, rows) if i.row.name.startswith(short)
            )
        if name.isascii() and name.isdigit() and name.strip("0"):
            yield from islice(self._each(), int(name) - 1, int(name))

    def _each(self) -> Iterator[Review | Waiting]:
        yield from self._returned.behind(BEFORE_REVIEWS)
        for page in self._pages(BEFORE_REVIEWS, _AT_ONCE):
            yield from (item.row for _, item in page)


def _standing(work: Work, similar: Similar, rows: Iterable[Review]) -> list[tuple[Review, Item]]:
    """The items that stand at the places of these rows, once each."""
    rows = list(rows)
    work.load_cards({leaf for row in rows for leaf in (row.a, row.b)})
    found = ((row, crossed(work, row) if row.why == "limit" else similar.item(work, row))
             for row in rows)  # fmt: skip
    return [(row, item) for row, item in found if item]


def _cursor(number: int, place: ReviewPlace) -> str:
    return f"{number}.{-place[0]}.{place[1].hex()}"


def _read(cursor: str) -> tuple[int, ReviewPlace]:
    try:
        number, score, short = cursor.split(".")
        return int(number), (-int(score), bytes.fromhex(short))
    except ValueError:
        raise CommandRefused(
            said("'%(cursor)s' is no cursor of the review queue; leave it out", cursor=cursor)
        ) from None


def _bytes(text: str) -> bytes:
    try:
        return bytes.fromhex(text)
    except ValueError:
        return b""
