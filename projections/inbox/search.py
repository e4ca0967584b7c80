"""Persons by name: from the beginning of a word, with typing errors, in either alphabet.

The cost is bounded whatever is asked and however many cards there are. Each word asked for is
looked for among the words of all names, by its rarest three-letter pieces; the names that have
words like these, some hundred at most, are then compared letter by letter.
"""

import base64
import binascii
from collections.abc import Collection, Iterator, Sequence
from typing import Annotated, Final, NamedTuple, Protocol

import msgspec
from sqlalchemy import Connection, Engine, and_, or_, select

from eventstore.domain.events import Id
from projections.inbox.alike import alike
from projections.inbox.candidates import candidates
from projections.inbox.schema import bearer, name, said
from projections.inbox.spelling import words

MOST: Final = 100
"""Hits on a page."""
_GOOD: Final = 620
"""Of 1000: below it two names are not alike."""
_LONGEST_TIME: Final = 2**62
_NEWEST: Final = 3


_Held = Annotated[int, msgspec.Meta(ge=-_LONGEST_TIME, le=_LONGEST_TIME)]


class NothingToFind(ValueError):
    """The query has no letter or digit, or the cursor is none of ours."""


class Hit(NamedTuple):
    """A person who goes by a name like the one that was asked for."""

    person: Id
    score: int
    """How alike the names are, of 1000."""


class Page(NamedTuple):
    hits: list[Hit]
    """Best first; of equally good ones the one who was heard of last."""
    next: str | None
    """What gives the page after this one; None on the last."""


class Persons(Protocol):
    """Who is whom now, by the event store."""

    def persons_of(self, leaves: Collection[Id]) -> dict[Id, Id]:
        """Leaf card → person; forgotten and unknown ones are left out."""

    def leaves_of(self, persons: Collection[Id]) -> dict[Id, Id]:
        """Every leaf card of these persons → person."""


class _Place(msgspec.Struct, frozen=True, order=True, array_like=True):
    """Where a leaf card stands in the answer."""

    worse: _Held
    """1000 less the score."""
    name: _Held
    before: _Held
    """Less the time, so that the newest come first."""
    leaf: Annotated[str, msgspec.Meta(pattern="^([0-9a-f]{2})*$")]

    @property
    def id(self) -> Id:
        return bytes.fromhex(self.leaf)


class NameSearch:
    """Answers from the inbox's tables. Safe from any thread."""

    def __init__(self, engine: Engine, persons: Persons) -> None:
        self._engine = engine
        self._persons = persons

    def find(self, query: str, *, limit: int = 20, cursor: str | None = None) -> Page:
        """Persons whose name is like `query`, each once, at its best place."""
        asked = words(query)
        if not asked:
            raise NothingToFind(f"{query!r} has no letter or digit to look for")
        after = _read_cursor(cursor) if cursor else None
        limit = max(1, min(limit, MOST))
        hits: list[Hit] = []
        last: _Place | None = None
        with self._engine.connect() as connection:
            ranked = self._ranked(connection, asked)
            for place, person in self._persons_at(connection, ranked, after, limit):
                if len(hits) == limit:
                    return Page(hits, _write_cursor(last) if last else None)
                hits.append(Hit(person, 1000 - place.worse))
                last = place
        return Page(hits, None)

    def newest(self, leaves: Collection[Id]) -> set[Id]:
        """The newest lead that says a name, of each of these leaf cards."""
        found: set[Id] = set()
        with self._engine.connect() as connection:
            for leaf in leaves:
                newest = (
                    select(said.c.lead)
                    .where(said.c.leaf == leaf)
                    .order_by(said.c.at.desc())
                    .limit(_NEWEST)
                )
                found.update(connection.scalars(newest))
        return found

    def _ranked(self, connection: Connection, asked: Sequence[str]) -> dict[int, int]:
        """Name → how much less than 1000 its likeness is; only those that are like enough."""
        ids = candidates(connection, asked)
        rows = connection.execute(
            select(name.c.id, name.c.folded).where(
                or_(name.c.id.in_(ids), name.c.folded == " ".join(sorted(asked)))
            )
        )
        likeness = {row.id: alike(asked, row.folded.split()) for row in rows}
        return {number: 1000 - found for number, found in likeness.items() if found >= _GOOD}

    def _persons_at(
        self, connection: Connection, ranked: dict[int, int], after: _Place | None, size: int
    ) -> Iterator[tuple[_Place, Id]]:
        """Every person at its best place only, in order, from behind `after`."""
        places: list[_Place] = []
        for number, worse in sorted(ranked.items(), key=lambda item: (item[1], item[0])):
            for place in _bearers(connection, number, worse, after, size):
                places.append(place)
                if len(places) > 2 * size:
                    yield from self._best(connection, ranked, places)
                    places = []
        yield from self._best(connection, ranked, places)

    def _best(
        self, connection: Connection, ranked: dict[int, int], places: list[_Place]
    ) -> Iterator[tuple[_Place, Id]]:
        person_of = self._persons.persons_of({place.id for place in places})
        leaves = self._persons.leaves_of(set(person_of.values()))
        rows = connection.execute(
            select(bearer).where(bearer.c.leaf.in_(leaves), bearer.c.name.in_(ranked))
        )
        best: dict[Id, _Place] = {}
        for row in rows:
            place = _Place(ranked[row.name], row.name, -row.at, row.leaf.hex())
            person = leaves[row.leaf]
            best[person] = min(best.get(person, place), place)
        for place in places:
            person_here = person_of.get(place.id)
            if person_here is not None and best.get(person_here) == place:
                yield place, person_here


def _bearers(
    connection: Connection, number: int, worse: int, after: _Place | None, size: int
) -> Iterator[_Place]:
    """The leaf cards that go by a name, the newest first, from behind `after`."""
    place = _Place(worse, number, -_LONGEST_TIME, "")
    if after is not None and (after.worse, after.name) > (worse, number):
        return
    if after is not None and (after.worse, after.name) == (worse, number):
        place = after
    while True:
        rows = connection.execute(
            select(bearer.c.at, bearer.c.leaf)
            .where(
                bearer.c.name == number,
                or_(
                    bearer.c.at < -place.before,
                    and_(bearer.c.at == -place.before, bearer.c.leaf > place.id),
                ),
            )
            .order_by(bearer.c.at.desc(), bearer.c.leaf)
            .limit(size + 1)
        ).all()
        for row in rows:
            place = _Place(worse, number, -row.at, row.leaf.hex())
            yield place
        if len(rows) <= size:
            return


def _write_cursor(place: _Place) -> str:
    return base64.urlsafe_b64encode(msgspec.msgpack.encode(place)).decode().rstrip("=")


def _read_cursor(cursor: str) -> _Place:
    try:
        packed = base64.urlsafe_b64decode(cursor + "=" * (-len(cursor) % 4))
        return msgspec.msgpack.decode(packed, type=_Place)
    except (ValueError, binascii.Error, msgspec.MsgspecError) as error:
        raise NothingToFind(f"{cursor[:40]!r} is no cursor; leave it out to begin anew") from error
