"""What decisions read of the event store on SQLite (eventstore.rows.Source)."""

from collections.abc import Collection, Mapping, Sequence

from eventstore.domain.deals import Deal
from eventstore.domain.events import Id
from eventstore.reading import Recorded
from eventstore.recorders.coding import (
    deal_rows,
    decode_card,
    decode_pair,
    decode_pending,
    names_from,
    recorded,
    reviews_read,
)
from eventstore.recorders.sqlite_appearances import SQLiteAppearances
from eventstore.recorders.sqlite_queries import MOST_PARAMETERS, chunks
from eventstore.rows import (
    Card,
    Hand,
    Pair,
    Pending,
    Return,
    ReturnPlace,
    Review,
    ReviewPlace,
)
from eventstore.vault import Key

EVENTS = "SELECT position, recorded_at, originator_id, originator_version, state FROM stored_events"
_REVIEWS = "SELECT a, b, why, via, rank FROM review"
_RETURNED = "SELECT deal, since, owner, because FROM returned WHERE"


class SQLiteReading(SQLiteAppearances):
    """Every query, whatever it runs on: the last commit, or one moment (see `snapshot`)."""

    def cards(self, leaves: Collection[Id]) -> dict[Id, tuple[int, Card]]:
        rows = self._in("SELECT leaf, version, state FROM card WHERE leaf IN", leaves)
        return {row[0]: (row[1], decode_card(row[2])) for row in rows}

    def members(self, persons: Collection[Id]) -> dict[Id, tuple[int, Card]]:
        found = self.cards(persons)
        rows = self._in(
            "SELECT leaf, version, state FROM card WHERE person <> leaf AND person IN", persons
        )
        return found | {row[0]: (row[1], decode_card(row[2])) for row in rows}

    def deals_of(self, persons: Collection[Id]) -> dict[Id, tuple[Id, Deal]]:
        return deal_rows(self._in("SELECT id, person, state FROM deal WHERE person IN", persons))

    def deal_rows(self, ids: Collection[Id]) -> dict[Id, tuple[Id, Deal]]:
        return deal_rows(self._in("SELECT id, person, state FROM deal WHERE id IN", ids))

    def deals_in_threads(self, threads: Collection[Id]) -> dict[Id, tuple[Id, Deal]]:
        sql = (
            "SELECT d.id, d.person, d.state FROM deal_thread t CROSS JOIN deal d ON d.id = t.deal"
            " WHERE t.thread IN"
        )
        return deal_rows(self._in(sql, threads))

    def leading_deals(self, person: Id, pipeline: str) -> dict[Id, tuple[Id, Deal]]:
        rows = [
            row
            for more in ("", "AND standing = 1")
            for row in self._rows(
                f"SELECT id, person, state FROM deal WHERE person = ? AND pipeline = ? {more}"  # noqa: S608 - no value
                " ORDER BY activity DESC, id LIMIT 1",
                (person, pipeline),
            )
        ]
        return deal_rows(rows)

    def ended_deal(self, person: Id, pipeline: str, since: int) -> dict[Id, tuple[Id, Deal]]:
        sql = (
            "SELECT id, person, state FROM deal WHERE person = ? AND pipeline = ? AND standing = 2"
            " AND closed_at >= ? ORDER BY activity DESC, id LIMIT 1"
        )
        return deal_rows(self._rows(sql, (person, pipeline, since)))

    def pairs(self, keys: Collection[tuple[Id, Id]]) -> dict[tuple[Id, Id], Pair]:
        found: dict[tuple[Id, Id], Pair] = {}
        for chunk in chunks(list(keys), MOST_PARAMETERS // 2):
            values = ",".join(["(?,?)"] * len(chunk))
            rows = self._rows(
                f"WITH wanted(a, b) AS (VALUES {values}) SELECT p.a, p.b, p.state"  # noqa: S608 - only question marks
                " FROM wanted w CROSS JOIN pair p ON p.a = w.a AND p.b = w.b",
                [part for key in chunk for part in key],
            )
            found |= {(row[0], row[1]): decode_pair(row[2]) for row in rows}
        return found

    def pairs_of(self, leaves: Collection[Id]) -> dict[tuple[Id, Id], Pair]:
        rows = self._in("SELECT a, b, state FROM pair WHERE a IN", leaves)
        rows += self._in("SELECT a, b, state FROM pair WHERE b IN", leaves)
        return {(row[0], row[1]): decode_pair(row[2]) for row in rows}

    def pairs_apart(self, after: tuple[Id, Id], limit: int) -> list[tuple[tuple[Id, Id], Pair]]:
        """Pairs of leaf cards of two persons, in the order of these, above `after`."""
        rows = self._rows(
            "SELECT p.a, p.b, p.state FROM pair p CROSS JOIN card one ON one.leaf = p.a"
            " CROSS JOIN card other ON other.leaf = p.b AND other.person <> one.person"
            " WHERE (p.a, p.b) > (?, ?) ORDER BY p.a, p.b LIMIT ?",
            (*after, limit),
        )
        return [((row[0], row[1]), decode_pair(row[2])) for row in rows]

    def pairs_after(self, after: tuple[Id, Id], limit: int) -> list[tuple[Id, Id]]:
        sql = "SELECT a, b FROM pair WHERE (a, b) > (?, ?) ORDER BY a, b LIMIT ?"
        return [(row[0], row[1]) for row in self._rows(sql, (*after, limit))]

    def some_pairs(self, leaf: Id, *, most: int) -> dict[tuple[Id, Id], Pair]:
        ways = [f"SELECT a, b, state FROM pair WHERE {side} = ? LIMIT ?" for side in ("a", "b")]  # noqa: S608 - no value
        rows = self._together([(way, (leaf, most)) for way in ways])
        return {(row[0], row[1]): decode_pair(row[2]) for row in rows}

    def stirred(self, *, most: int) -> dict[Id, int]:
        rows = self._rows("SELECT leaf, mark FROM review_stirred ORDER BY leaf LIMIT ?", (most,))
        return {row[0]: row[1] for row in rows}

    def reviews(self, *, after: ReviewPlace, most: int) -> list[Review]:
        order = "WHERE (rank, name) > (?, ?) ORDER BY rank, name LIMIT ?"
        return reviews_read(self._rows(f"{_REVIEWS} {order}", (*after, most)))

    def reviews_of(self, leaves: Collection[Id]) -> list[Review]:
        sides = [self._in(f"{_REVIEWS} WHERE {side} IN", leaves) for side in ("a", "b")]
        via = self._in(f"{_REVIEWS} WHERE via > x'' AND via IN", leaves)
        return reviews_read({tuple(row) for rows in (*sides, via) for row in rows})

    def reviews_named(self, short: bytes) -> list[Review]:
        return reviews_read(self._rows(f"{_REVIEWS} WHERE name BETWEEN ? AND ?", names_from(short)))

    def returned(
        self, because: Id, owner: str | None, *, after: ReturnPlace, most: int
    ) -> list[Return]:
        mine, of = _owned(owner)
        behind = "because = ? AND (since, deal) > (?, ?) ORDER BY since, deal LIMIT ?"
        rows = self._rows(f"{_RETURNED} {mine} {behind}", (*of, because, *after, most))
        return [Return(*row) for row in rows]

    def returned_causes(self, after: Id, owner: str | None, *, most: int) -> list[Id]:
        mine, of = _owned(owner)
        sql = f"SELECT min(because) FROM returned WHERE {mine} because > ?"  # noqa: S608 - no value
        found: list[Id] = []
        while len(found) < most and (after := self._rows(sql, (*of, after))[0][0]):
            found.append(after)
        return found

    def returned_named(self, short: bytes) -> list[Return]:
        between = names_from(short)
        rows = self._rows(f"{_RETURNED} deal BETWEEN ? AND ?", between)
        rows += self._rows(f"{_RETURNED} because BETWEEN ? AND ? LIMIT 1", between)
        return [Return(*row) for row in rows]

    def joined(self, deals: Collection[Id]) -> dict[Id, Id]:
        return dict(self._in("SELECT deal, target FROM deal_joined WHERE deal IN", deals))

    def joined_into(self, deals: Collection[Id]) -> dict[Id, Id]:
        return dict(self._in("SELECT deal, target FROM deal_joined WHERE target IN", deals))

    def latest_deals(self, person: Id, *, most: int) -> dict[Id, tuple[Id, Deal]]:
        next_of = "SELECT min(pipeline) FROM deal WHERE person = ? AND pipeline > ?"
        latest = (
            "SELECT id, person, state FROM deal WHERE person = ? AND pipeline = ?"
            " ORDER BY activity DESC, id LIMIT ?"
        )
        rows, pipeline = [], ""
        while pipeline := self._rows(next_of, (person, pipeline))[0][0]:
            rows += self._rows(latest, (person, pipeline, most))
        return deal_rows(rows)

    def hands(self, leaves: Collection[Id]) -> list[Hand]:
        return self._hands("in_force AND", leaves)

    def hands_ever(self, named: Collection[Id]) -> list[Hand]:
        return self._hands("", named)

    def _hands(self, which: str, named: Collection[Id]) -> list[Hand]:
        columns = f"SELECT decision, kind, a, b, position FROM hand WHERE {which}"  # noqa: S608 - no value
        rows = self._in(f"{columns} a IN", named) + self._in(f"{columns} b IN", named)
        return sorted({Hand(*row) for row in rows}, key=lambda hand: hand.position)

    def decision(self, decision: Id) -> list[tuple[Hand, bool]]:
        rows = self._rows(
            "SELECT decision, kind, a, b, position, in_force FROM hand WHERE decision = ?",
            (decision,),
        )
        return [(Hand(*row[:5]), bool(row[5])) for row in rows]

    def withdrawn(self, leaves: Collection[Id]) -> dict[tuple[Id, Id, Id], int]:
        rows = self._in("SELECT a, b, lead, times FROM withdrawn WHERE times > 0 AND a IN", leaves)
        return {(row[0], row[1], row[2]): row[3] for row in rows}

    def pending(self, ids: Collection[Id] | None = None) -> dict[Id, tuple[int, Pending]]:
        columns = "SELECT id, version, state FROM pending"
        rows = self._rows(columns) if ids is None else self._in(f"{columns} WHERE id IN", ids)
        return {row[0]: (row[1], decode_pending(row[2])) for row in rows}

    def counts_of(self, work: Id, digests: Collection[Id]) -> set[Id]:
        sql = f"SELECT what FROM counted WHERE work = x'{work.hex()}' AND what IN"  # noqa: S608 - hex
        return {row[0] for row in self._in(sql, digests)}

    def some_counts(self, work: Id, *, most: int) -> list[Id]:
        sql = "SELECT what FROM counted WHERE work = ? LIMIT ?"
        return [row[0] for row in self._rows(sql, (work, most))]

    def last_position(self) -> int:
        return int(self._rows("SELECT coalesce(max(position), 0) FROM stored_events")[0][0])

    def seen(self, event_ids: Collection[Id]) -> set[Id]:
        return {row[0] for row in self._in("SELECT event FROM key WHERE event IN", event_ids)}

    def keyed(self, keys: Collection[Id]) -> dict[Id, Id]:
        return dict(self._in("SELECT event, lead FROM key WHERE event IN", keys))

    def streams(self, ids: Collection[Id], *, personal: bool) -> Mapping[Id, Sequence[Recorded]]:
        rows = self._in(f"{EVENTS} WHERE originator_id IN", ids)
        found: dict[Id, list[Recorded]] = {}
        rows.sort(key=lambda row: row[0])
        for event in recorded(rows, self.keys, personal=personal):
            found.setdefault(event.stream, []).append(event)
        return found

    def first_events(self, ids: Collection[Id], *, personal: bool) -> dict[Id, Recorded]:
        rows = self._in(f"{EVENTS} WHERE originator_version = 1 AND originator_id IN", ids)
        return {event.stream: event for event in recorded(rows, self.keys, personal=personal)}

    def formed(self, leaves: Collection[Id], after: int) -> list[Recorded]:
        since = f"{EVENTS} WHERE position > {after:d} AND topic IN ('F', 'S')"
        rows = self._in(f"{since} AND originator_id IN", leaves)
        return recorded(rows, self.keys, personal=False)

    def persons(self, leaves: Collection[Id]) -> dict[Id, Id]:
        return dict(self._in("SELECT leaf, person FROM card WHERE leaf IN", leaves))

    def keys(self, leaves: Collection[Id]) -> dict[Id, Key]:
        """The keys of leaf cards; forgotten ones have none."""
        return dict(self._in("SELECT leaf, key FROM secret WHERE leaf IN", leaves))

    def positions(self, events: Collection[tuple[Id, int]]) -> dict[tuple[Id, int], int]:
        found: dict[tuple[Id, int], int] = {}
        for chunk in chunks(list(events), MOST_PARAMETERS // 2):
            values = ",".join(["(?,?)"] * len(chunk))
            rows = self._rows(
                f"WITH wanted(s, v) AS (VALUES {values}) SELECT w.s, w.v, e.position"  # noqa: S608 - only question marks
                " FROM wanted w CROSS JOIN stored_events e"
                " ON e.originator_id = w.s AND e.originator_version = w.v",
                [part for event in chunk for part in event],
            )
            found |= {(row[0], row[1]): row[2] for row in rows}
        return found


def _owned(owner: str | None) -> tuple[str, tuple[str, ...]]:
    return ("", ()) if owner is None else ("owner = ? AND", (owner,))
