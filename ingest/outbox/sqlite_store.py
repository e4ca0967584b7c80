"""The outbox's store in one SQLite file. Who may open it holds the lock of the data directory."""

import json
import sqlite3
import threading
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from eventstore.domain.events import Id
from ingest.outbox.store import Change, Ended, Enqueued, OutboxUnavailable, Renewed, State, Waiting

_PATIENCE_S = 5.0
_SCHEMA = (
    "CREATE TABLE IF NOT EXISTS place (one INTEGER PRIMARY KEY, position INTEGER NOT NULL)",
    "INSERT OR IGNORE INTO place VALUES (1, 0)",
    """CREATE TABLE IF NOT EXISTS message (
        reply BLOB PRIMARY KEY,
        position INTEGER NOT NULL,
        leaf BLOB NOT NULL,
        channel TEXT NOT NULL,
        account TEXT NOT NULL,
        state TEXT NOT NULL,
        written_at INTEGER NOT NULL,
        next_at INTEGER NOT NULL,
        until INTEGER NOT NULL,
        tries INTEGER NOT NULL,
        unsure INTEGER NOT NULL,
        reason TEXT NOT NULL) WITHOUT ROWID""",
    # Only what waits: however much was sent, finding the next costs the same.
    """CREATE INDEX IF NOT EXISTS message_waiting
        ON message (account, leaf, position) WHERE state = 'waiting'""",
    "CREATE INDEX IF NOT EXISTS message_state ON message (state, position)",
)
_COLUMNS = (
    "reply, position, leaf, channel, account, state, written_at, next_at, until, tries, unsure,"
    " reason"
)
_DUE = f"""
    SELECT {_COLUMNS} FROM message AS m
    WHERE state = 'waiting' AND next_at <= ?
        AND account NOT IN (SELECT value FROM json_each(?)) AND position = (
        SELECT min(position) FROM message AS first
        WHERE first.state = 'waiting' AND first.account = m.account AND first.leaf = m.leaf)
    ORDER BY position LIMIT ?"""  # noqa: S608 - the columns above


Step = tuple[str, tuple[Any, ...]]
"""A statement and its parameters."""


class SQLiteOutbox:
    """Implements `OutboxStore`: WAL, synchronous=FULL."""

    def __init__(self, path: Path) -> None:
        path.parent.mkdir(parents=True, exist_ok=True)
        self._path = path
        self._lock = threading.Lock()
        self._connection = sqlite3.connect(
            path, check_same_thread=False, isolation_level=None, timeout=_PATIENCE_S
        )
        self._connection.execute("PRAGMA journal_mode=WAL")
        self._connection.execute("PRAGMA synchronous=FULL")
        for statement in _SCHEMA:
            self._connection.execute(statement)

    def claim(self) -> bool:
        """Always: see above."""
        return True

    def position(self) -> int:
        return int(self._rows("SELECT position FROM place")[0][0])

    def follow(self, changes: Sequence[Change], position: int, *, after: int) -> bool:
        moved = ("UPDATE place SET position = ? WHERE position = ?", (position, after))
        return self._write(moved, *map(_step, changes))

    def rewind(self, position: int) -> None:
        self._write(
            ("UPDATE place SET position = ?", (position,)),
            ("DELETE FROM message WHERE position > ?", (position,)),
        )

    def due(self, now: int, limit: int, *, but: Sequence[str] = ()) -> list[Waiting]:
        rows = self._rows(_DUE, (now, json.dumps(list(but)), limit))
        return [_waiting(row) for row in rows]

    def begin(self, reply: Id, *, tries: int) -> bool:
        sql = (
            "UPDATE message SET tries = tries + 1, unsure = 1"
            " WHERE reply = ? AND tries = ? AND state = 'waiting'"
        )
        return self._write((sql, (reply, tries)))

    def postpone(self, reply: Id, *, next_at: int, reason: str, unsure: bool) -> None:
        self._write(
            (
                "UPDATE message SET next_at = ?, reason = ?, unsure = ? WHERE reply = ?",
                (next_at, reason, unsure, reply),
            )
        )

    def get(self, reply: Id) -> Waiting | None:
        rows = self._rows(f"SELECT {_COLUMNS} FROM message WHERE reply = ?", (reply,))  # noqa: S608 - the columns above
        return _waiting(rows[0]) if rows else None

    def in_states(self, states: Sequence[State]) -> list[Waiting]:
        marks = ",".join("?" * len(states))
        rows = self._rows(
            f"SELECT {_COLUMNS} FROM message WHERE state IN ({marks}) ORDER BY position",  # noqa: S608 - the columns above, question marks
            states,
        )
        return [_waiting(row) for row in rows]

    def counts(self) -> dict[State, int]:
        rows = self._rows("SELECT state, count(*) FROM message GROUP BY state")
        return {State(state): count for state, count in rows}

    def prune(self, before: int) -> None:
        self._write(("DELETE FROM message WHERE state = 'sent' AND written_at < ?", (before,)))

    def close(self) -> None:
        with self._lock:
            self._connection.close()

    def _rows(self, sql: str, parameters: Sequence[Any] = ()) -> list[Any]:
        try:
            with self._lock:
                return self._connection.execute(sql, parameters).fetchall()
        except sqlite3.Error as error:
            raise self._away(error) from error

    def _write(self, first: Step, *others: Step) -> bool:
        """All of it or nothing; False, and nothing, where the first changes no row."""
        try:
            with self._lock:
                self._connection.execute("BEGIN IMMEDIATE")
                try:
                    changed = self._connection.execute(*first).rowcount > 0
                    for step in others if changed else ():
                        self._connection.execute(*step)
                except BaseException:
                    self._connection.execute("ROLLBACK")
                    raise
                self._connection.execute("COMMIT")
                return changed
        except sqlite3.Error as error:
            raise self._away(error) from error

    def _away(self, error: sqlite3.Error) -> OutboxUnavailable:
        return OutboxUnavailable(f"{self._path.name} cannot be used: {error}")


def _step(change: Change) -> Step:
    match change:
        case Enqueued(waiting):
            marks = ",".join("?" * len(waiting))
            return f"INSERT OR IGNORE INTO message VALUES ({marks})", waiting  # noqa: S608 - question marks
        case Ended(reply, state, reason):
            sql = "UPDATE message SET state = ?, reason = ? WHERE reply = ?"
            return sql, (state, reason, reply)
        case Renewed(reply, next_at, until):
            sql = (
                "UPDATE message SET state = 'waiting', next_at = ?, until = ?, reason = '',"
                " tries = 0 WHERE reply = ?"
            )
            return sql, (next_at, until, reply)


def _waiting(row: Any) -> Waiting:
    found = Waiting(*row)
    return found._replace(state=State(found.state), unsure=bool(found.unsure))
