"""Where leads appear, as the SQLite store keeps it: near, in the leaf card's own row, or far.

A leaf card's row is written with each of its leads anyhow. The newest few stand in it, one after
the other; whenever they become too many, all of them go to the table `appearance`, which has the
leads of most leaf cards for none of its own. So a lead writes one page less for each of its leaf
cards, and another one less for its deal: those of a large store are all over it, and are what a
lead costs there (ADR 0033).
"""

import struct
from collections.abc import Collection, Iterable, Mapping
from typing import Any, NamedTuple

from eventsourcing.sqlite import SQLiteCursor

from eventstore.domain.events import Id
from eventstore.recorders.coding import (
    ROLES,
    STANDING,
    appearance_rows,
    ends_of,
    newest,
    vanished_rows,
)
from eventstore.recorders.sqlite_queries import CUT, SQLiteQueries, text_of
from eventstore.rows import Changes, Ends, Place

Row = tuple[Any, ...]
"""Leaf card, role, time, lead, deal."""

MOST_NEAR = 8
_ONE = struct.Struct(">Bq16s16s")
_NO_DEAL = bytes(16)
FAR = (
    "INSERT INTO appearance VALUES (?,?,?,?,?) ON CONFLICT (leaf, role, at, lead)"
    " DO UPDATE SET deal = excluded.deal"
)
_GONE = "DELETE FROM appearance WHERE leaf = ? AND role = ? AND at = ? AND lead = ?"
_NEAR = "SELECT leaf, near FROM card WHERE leaf IN"
_NO_LIMIT = -1


class SQLiteAppearances(SQLiteQueries):
    """Queries of where leads appear.

    Each looks near first, then far: what goes from near to far between is seen twice, not never.
    """

    def appearances(self, leaves: Collection[Id]) -> set[tuple[Id, Id]]:
        near = {(row[0], row[3]) for row in self._near(leaves)}
        far = self._in("SELECT leaf, lead FROM appearance WHERE leaf IN", leaves)
        return near | {(row[0], row[1]) for row in far}

    def appearance_counts(self, leaves: Collection[Id]) -> dict[Id, int]:
        return self._counts(leaves, _NO_LIMIT)

    def counted(self, leaves: Collection[Id], *, most: int) -> dict[Id, int]:
        counts = self._counts(leaves, most)
        return {leaf: min(count, most) for leaf, count in counts.items()}

    def _counts(self, leaves: Collection[Id], most: int) -> dict[Id, int]:
        far = "SELECT count(*) FROM (SELECT 1 FROM appearance WHERE leaf = w.id LIMIT ?)"
        near = f"SELECT length(near) / {_ONE.size} FROM card WHERE leaf = w.id"  # noqa: S608 - ours
        sql = f"SELECT w.id, ({far}) + coalesce(({near}), 0) FROM ({CUT}) AS w"  # noqa: S608 - no value
        rows = self._rows(sql, (most, *text_of(leaves)))
        return {row[0]: row[1] for row in rows if row[1]}

    def ends(self, leaves: Collection[Id]) -> dict[Id, Ends]:
        sql = "SELECT leaf, role, at, lead FROM appearance WHERE leaf = ? AND role = ?"
        ways = (f"{sql} ORDER BY at, lead LIMIT 1", f"{sql} ORDER BY at DESC, lead DESC LIMIT 1")
        keys = [(leaf, role) for leaf in set(leaves) for role in ROLES]
        near = [row[:4] for row in self._near(leaves)]
        return ends_of([*near, *self._together([(way, key) for key in keys for way in ways])])

    def touches(self, leaves: Collection[Id], *, before: Place, most: int) -> list[Place]:
        sql = (
            "SELECT at, lead FROM appearance WHERE leaf = ? AND role = ? AND (at, lead) < (?, ?)"
            " ORDER BY at DESC, lead DESC LIMIT ?"
        )
        parts = [(sql, (leaf, role, *before, most)) for leaf in set(leaves) for role in STANDING]
        standing = [row[2:4] for row in self._near(leaves) if row[1] in STANDING]
        near = [place for place in standing if place < before]
        return newest([*near, *self._together(parts)], most)

    def together(self, a: Id, b: Id, *, after: Place, most: int) -> list[Place]:
        near: dict[Id, set[Place]] = {a: set(), b: set()}
        for leaf, _, at, lead, _ in self._near([a, b]):
            near[leaf].add((at, lead))
        found = near[a] & near[b] | self._far(b, near[a]) | self._far(a, near[b])
        found |= self._both_far(a, b, after, most)
        return sorted(place for place in found if place > after)[:most]

    def _far(self, leaf: Id, places: Iterable[Place]) -> set[Place]:
        """Those of these leads that appear there, far."""
        sql = (
            "SELECT at, lead FROM appearance WHERE leaf = ? AND role IN (0, 1, 2, 3) AND at = ?"
            " AND lead = ?"
        )
        rows = self._together([(sql, (leaf, *place)) for place in places])
        return {(row[0], row[1]) for row in rows}

    def _both_far(self, a: Id, b: Id, after: Place, most: int) -> set[Place]:
        counts = self.appearance_counts([a, b])
        few, many = sorted((a, b), key=lambda leaf: counts.get(leaf, 0))
        sql = (
            "SELECT at, lead FROM appearance AS one WHERE leaf = ? AND role = ?"
            " AND (at, lead) > (?, ?) AND EXISTS (SELECT 1 FROM appearance"
            " WHERE leaf = ? AND role IN (0, 1, 2, 3) AND at = one.at AND lead = one.lead)"
            " ORDER BY at, lead LIMIT ?"
        )
        rows = self._together([(sql, (few, role, *after, many, most)) for role in ROLES])
        return {(row[0], row[1]) for row in rows}

    def deal_touches(
        self, deals: Collection[Id], leaves: Collection[Id], *, most: int
    ) -> dict[Id, list[Place]]:
        sql = (
            "SELECT deal, at, lead FROM appearance WHERE deal = ? AND deal > x''"
            " ORDER BY at DESC, lead DESC LIMIT ?"
        )
        wanted = {deal for deal in deals if deal}
        rows = [(row[4], *row[2:4]) for row in self._near(leaves) if row[4] in wanted]
        rows += self._together([(sql, (deal, most)) for deal in wanted])
        found: dict[Id, list[Place]] = {}
        for deal, at, lead in rows:
            found.setdefault(deal, []).append((at, lead))
        return {deal: newest(places, most) for deal, places in found.items()}

    def _near(self, leaves: Collection[Id]) -> list[Row]:
        return [row for leaf, near in self._in(_NEAR, leaves) for row in _opened(leaf, near)]


class Placed(NamedTuple):
    """Where the appearances of one transaction go."""

    near: dict[Id, bytes]
    """What stands in leaf cards' rows from now on, of those where it changes."""
    far: list[Row]
    gone: list[Row]
    """Keys of rows that are far, if they are at all."""

    def write_far(self, cursor: SQLiteCursor) -> None:
        """Those that stand in no leaf card's row."""
        cursor.executemany(_GONE, self.gone)
        cursor.executemany(FAR, sorted(self.far))


def near_of(cursor: SQLiteCursor, changes: Changes) -> dict[Id, bytes]:
    """What stands in the rows of the leaf cards whose leads change; of new ones, nothing."""
    fresh = {leaf for leaf, (version, _) in changes.cards.items() if not version}
    touched = {leaf for leaf, _ in (*changes.appearances, *changes.vanished)}
    cursor.execute(f"{_NEAR} ({CUT})", text_of(touched - fresh))
    return dict.fromkeys(fresh, b"") | {row[0]: row[1] for row in cursor.fetchall()}


def placed(changes: Changes, near: Mapping[Id, bytes]) -> Placed:
    """`near`: what stands in the rows of these leaf cards; of those without a row, nothing does.

    What was there before is put where it was: only a lead that this transaction records first is
    known to be nowhere else.
    """
    first = {stream for stream, version, _, _ in changes.events if version == 1}
    now: dict[Id, bytes] = {}
    far: list[Row] = []
    gone = vanished_rows(changes)
    for key in gone:
        if here := now.get(key[0], near.get(key[0])):
            now[key[0]] = _closed(row for row in _opened(key[0], here) if row[:4] != key)
    for row in appearance_rows(changes.appearances):
        leaf, role, at, lead, deal = row
        here = now.get(leaf, near.get(leaf))
        if here is None:
            far.append(row)
        elif lead in first:
            now[leaf] = here + _ONE.pack(role, at, lead, deal)
        elif lead in here and any(one[:4] == row[:4] for one in _opened(leaf, here)):
            others = (one for one in _opened(leaf, here) if one[:4] != row[:4])
            now[leaf] = _closed([*others, row])
        else:
            far.append(row)
    for leaf, here in now.items():
        if len(here) > MOST_NEAR * _ONE.size:
            far += _opened(leaf, here)
            now[leaf] = b""
    return Placed(now, far, gone)


def _opened(leaf: Id, near: bytes) -> list[Row]:
    return [
        (leaf, role, at, lead, b"" if deal == _NO_DEAL else deal)
        for role, at, lead, deal in _ONE.iter_unpack(near)
    ]


def _closed(rows: Iterable[Row]) -> bytes:
    return b"".join([_ONE.pack(*row[1:]) for row in rows])
