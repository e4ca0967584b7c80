"""What decisions read of the event store on PostgreSQL (eventstore.rows.Source)."""

from abc import ABC, abstractmethod
from collections.abc import Collection, Mapping, Sequence
from typing import Any

import psycopg
from psycopg.rows import tuple_row

from eventstore.domain.deals import Deal
from eventstore.domain.events import Id
from eventstore.reading import Recorded
from eventstore.recorders import postgres_statements as sql
from eventstore.recorders.coding import (
    deal_rows,
    decode_card,
    decode_pair,
    decode_pending,
    ends_of,
    names_from,
    newest,
    recorded,
    reviews_read,
)
from eventstore.recorders.postgres_arrays import Blobs, columns
from eventstore.rows import (
    Card,
    Ends,
    Hand,
    Pair,
    Pending,
    Place,
    Return,
    ReturnPlace,
    Review,
    ReviewPlace,
)
from eventstore.vault import Key

Row = tuple[Any, ...]


class PostgresReading(ABC):
    """Every query, whatever it runs on: the last commit, or one moment (see `snapshot`)."""

    @abstractmethod
    def _rows(self, query: bytes, *parameters: Any) -> list[Row]:
        """Run a query."""

    def cards(self, leaves: Collection[Id]) -> dict[Id, tuple[int, Card]]:
        rows = self._of(sql.CARDS_OF, leaves)
        return {row[0]: (row[1], decode_card(row[2])) for row in rows}

    def members(self, persons: Collection[Id]) -> dict[Id, tuple[int, Card]]:
        rows = self._of(sql.MEMBERS, persons)
        return self.cards(persons) | {row[0]: (row[1], decode_card(row[2])) for row in rows}

    def deals_of(self, persons: Collection[Id]) -> dict[Id, tuple[Id, Deal]]:
        return deal_rows(self._of(sql.DEALS_OF, persons))

    def deal_rows(self, ids: Collection[Id]) -> dict[Id, tuple[Id, Deal]]:
        return deal_rows(self._of(sql.DEAL_ROWS, ids))

    def deals_in_threads(self, threads: Collection[Id]) -> dict[Id, tuple[Id, Deal]]:
        return deal_rows(self._of(sql.DEALS_IN_THREADS, threads))

    def leading_deals(self, person: Id, pipeline: str) -> dict[Id, tuple[Id, Deal]]:
        return deal_rows(self._rows(sql.LEADING_DEALS, person, pipeline, person, pipeline))

    def ended_deal(self, person: Id, pipeline: str, since: int) -> dict[Id, tuple[Id, Deal]]:
        return deal_rows(self._rows(sql.ENDED_DEAL, person, pipeline, since))

    def pairs(self, keys: Collection[tuple[Id, Id]]) -> dict[tuple[Id, Id], Pair]:
        wanted = sorted(set(keys))
        rows = self._rows(sql.PAIRS_BY_KEY, *columns(wanted)) if wanted else []
        return {(row[0], row[1]): decode_pair(row[2]) for row in rows}

    def pairs_of(self, leaves: Collection[Id]) -> dict[tuple[Id, Id], Pair]:
        return {(r[0], r[1]): decode_pair(r[2]) for r in self._of(sql.PAIRS_OF, leaves)}

    def pairs_apart(self, after: tuple[Id, Id], limit: int) -> list[tuple[tuple[Id, Id], Pair]]:
        rows = self._rows(sql.PAIRS_APART, *after, limit)
        return [((row[0], row[1]), decode_pair(row[2])) for row in rows]

    def pairs_after(self, after: tuple[Id, Id], limit: int) -> list[tuple[Id, Id]]:
        return [(row[0], row[1]) for row in self._rows(sql.PAIRS_AFTER, *after, limit)]

    def appearances(self, leaves: Collection[Id]) -> set[tuple[Id, Id]]:
        return {(row[0], row[1]) for row in self._of(sql.APPEARANCES_OF, leaves)}

    def some_pairs(self, leaf: Id, *, most: int) -> dict[tuple[Id, Id], Pair]:
        rows = self._rows(sql.SOME_PAIRS, leaf, most, leaf, most)
        return {(row[0], row[1]): decode_pair(row[2]) for row in rows}

    def stirred(self, *, most: int) -> dict[Id, int]:
        return {row[0]: row[1] for row in self._rows(sql.STIRRED_SOME, most)}

    def reviews(self, *, after: ReviewPlace, most: int) -> list[Review]:
        return reviews_read(self._rows(sql.REVIEWS_AFTER, *after, most))

    def reviews_of(self, leaves: Collection[Id]) -> list[Review]:
        return reviews_read(set(self._of(sql.REVIEWS_OF, leaves)))

    def reviews_named(self, short: bytes) -> list[Review]:
        return reviews_read(self._rows(sql.REVIEWS_NAMED, *names_from(short)))

    def returned(
        self, because: Id, owner: str | None, *, after: ReturnPlace, most: int
    ) -> list[Return]:
        query, of = (sql.RETURNED_BY, ()) if owner is None else (sql.RETURNED_TO, (owner,))
        return [Return(*row) for row in self._rows(query, *of, because, *after, most)]

    def returned_causes(self, after: Id, owner: str | None, *, most: int) -> list[Id]:
        query, of = (sql.RETURNED_CAUSE, ()) if owner is None else (sql.RETURNED_CAUSE_TO, (owner,))
        found: list[Id] = []
        while len(found) < most and (rows := self._rows(query, *of, after)):
            after = rows[0][0]
            found.append(after)
        return found

    def returned_named(self, short: bytes) -> list[Return]:
        between = names_from(short)
        return [Return(*row) for row in self._rows(sql.RETURNED_NAMED, *between, *between)]

    def appearance_counts(self, leaves: Collection[Id]) -> dict[Id, int]:
        return {row[0]: row[1] for row in self._of(sql.APPEARANCE_COUNTS, leaves) if row[1]}

    def counted(self, leaves: Collection[Id], *, most: int) -> dict[Id, int]:
        return {row[0]: row[1] for row in self._of(sql.COUNTED, leaves, most) if row[1]}

    def ends(self, leaves: Collection[Id]) -> dict[Id, Ends]:
        return ends_of(self._of(sql.ENDS, leaves))

    def touches(self, leaves: Collection[Id], *, before: Place, most: int) -> list[Place]:
        return newest(self._of(sql.TOUCHES, leaves, *before, most), most)

    def together(self, a: Id, b: Id, *, after: Place, most: int) -> list[Place]:
        counts = self.appearance_counts([a, b])
        few, many = sorted((a, b), key=lambda leaf: counts.get(leaf, 0))
        rows = self._of(sql.TOGETHER, [few], *after, many, most)
        return sorted({(row[0], row[1]) for row in rows})[:most]

    def deal_touches(
        self,
        deals: Collection[Id],
        leaves: Collection[Id],  # noqa: ARG002 - the port's
        *,
        most: int,
    ) -> dict[Id, list[Place]]:
        """The index has them by their deals, wherever they stand."""
        found: dict[Id, list[Place]] = {}
        for deal, at, lead in self._of(sql.DEAL_TOUCHES, deals, most):
            found.setdefault(deal, []).append((at, lead))
        return found

    def joined(self, deals: Collection[Id]) -> dict[Id, Id]:
        return {row[0]: row[1] for row in self._of(sql.JOINED_OF, deals)}

    def joined_into(self, deals: Collection[Id]) -> dict[Id, Id]:
        return {row[0]: row[1] for row in self._of(sql.JOINED_INTO, deals)}

    def latest_deals(self, person: Id, *, most: int) -> dict[Id, tuple[Id, Deal]]:
        rows: list[Row] = []
        pipeline = ""
        while pipeline := self._rows(sql.NEXT_PIPELINE, person, pipeline)[0][0]:
            rows += self._rows(sql.LATEST_DEALS, person, pipeline, most)
        return deal_rows(rows)

    def hands(self, leaves: Collection[Id]) -> list[Hand]:
        found = {Hand(*row) for row in self._of(sql.HANDS_ON, leaves)}
        return sorted(found, key=lambda hand: hand.position)

    def hands_ever(self, named: Collection[Id]) -> list[Hand]:
        found = {Hand(*row) for row in self._of(sql.HANDS_EVER_ON, named)}
        return sorted(found, key=lambda hand: hand.position)

    def decision(self, decision: Id) -> list[tuple[Hand, bool]]:
        return [(Hand(*row[:5]), row[5]) for row in self._rows(sql.DECISION, decision)]

    def withdrawn(self, leaves: Collection[Id]) -> dict[tuple[Id, Id, Id], int]:
        return {(r[0], r[1], r[2]): r[3] for r in self._of(sql.WITHDRAWN_OF, leaves)}

    def pending(self, ids: Collection[Id] | None = None) -> dict[Id, tuple[int, Pending]]:
        rows = self._rows(sql.PENDING_ALL) if ids is None else self._of(sql.PENDING_OF, ids)
        return {row[0]: (row[1], decode_pending(row[2])) for row in rows}

    def counts_of(self, work: Id, digests: Collection[Id]) -> set[Id]:
        return {row[0] for row in self._of(sql.COUNTS_OF, digests, work)}

    def some_counts(self, work: Id, *, most: int) -> list[Id]:
        return [row[0] for row in self._rows(sql.SOME_COUNTS, work, most)]

    def last_position(self) -> int:
        return int(self._rows(sql.LAST_POSITION)[0][0])

    def seen(self, event_ids: Collection[Id]) -> set[Id]:
        return {row[0] for row in self._of(sql.SEEN, event_ids)}

    def keyed(self, keys: Collection[Id]) -> dict[Id, Id]:
        return {row[0]: row[1] for row in self._of(sql.KEYED, keys)}

    def streams(self, ids: Collection[Id], *, personal: bool) -> Mapping[Id, Sequence[Recorded]]:
        rows = sorted(self._of(sql.STREAMS, ids), key=lambda row: int(row[0]))
        found: dict[Id, list[Recorded]] = {}
        for event in recorded(rows, self.keys, personal=personal):
            found.setdefault(event.stream, []).append(event)
        return found

    def first_events(self, ids: Collection[Id], *, personal: bool) -> dict[Id, Recorded]:
        rows = self._of(sql.FIRST_EVENTS, ids)
        return {event.stream: event for event in recorded(rows, self.keys, personal=personal)}

    def formed(self, leaves: Collection[Id], after: int) -> list[Recorded]:
        rows = self._rows(sql.FORMED, Blobs(sorted(set(leaves))), after) if leaves else []
        return recorded(rows, self.keys, personal=False)

    def persons(self, leaves: Collection[Id]) -> dict[Id, Id]:
        return {row[0]: row[1] for row in self._of(sql.PERSONS_OF, leaves)}

    def keys(self, leaves: Collection[Id]) -> dict[Id, Key]:
        return {row[0]: row[1] for row in self._of(sql.SECRETS_OF, leaves)}

    def positions(self, events: Collection[tuple[Id, int]]) -> dict[tuple[Id, int], int]:
        wanted = sorted(set(events))
        rows = self._rows(sql.POSITIONS, *columns(wanted)) if wanted else []
        return {(row[0], row[1]): row[2] for row in rows}

    def _of(self, query: bytes, values: Collection[Id], *more: Any) -> list[Row]:
        """Rows for each of these keys, however often it is named."""
        return self._rows(query, Blobs(sorted(set(values))), *more) if values else []


class Moment(PostgresReading):
    """What one transaction sees that reads repeatably: its first query fixes the moment."""

    def __init__(self, connection: "psycopg.Connection[Any]") -> None:
        self._connection = connection

    def _rows(self, query: bytes, *parameters: Any) -> list[Row]:
        return fetch(self._connection, query, parameters)


def fetch(
    connection: "psycopg.Connection[Any]", query: bytes, parameters: Sequence[Any]
) -> list[Row]:
    """All rows of a query with binary parameters and answers."""
    with connection.cursor(binary=True, row_factory=tuple_row) as cursor:
        return cursor.execute(query, parameters, prepare=True).fetchall()
