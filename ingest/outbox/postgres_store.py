"""The outbox's store in the event store's PostgreSQL, for outboxes in several processes.

One of them sends, by a lease; the others stand by. One connection, made when it is first needed
and again after it broke.
"""

import threading
from collections.abc import Sequence
from typing import Any, Final

import psycopg
from eventsourcing.persistence import OperationalError

from eventstore.domain.events import Id
from eventstore.recorders.postgres_connection import connection_settings
from eventstore.recorders.postgres_lease import PostgresLease
from ingest.outbox.store import Change, Ended, Enqueued, OutboxUnavailable, Renewed, State, Waiting

_MAKING: Final = 0x1EA0B
"""The advisory lock of whoever makes the tables."""
_SCHEMA: Final = (
    "CREATE TABLE IF NOT EXISTS outbox_place (one int PRIMARY KEY, position bigint NOT NULL)",
    "INSERT INTO outbox_place VALUES (1, 0) ON CONFLICT DO NOTHING",
    """CREATE TABLE IF NOT EXISTS outbox_message (
        reply bytea PRIMARY KEY,
        position bigint NOT NULL,
        leaf bytea NOT NULL,
        channel text NOT NULL,
        account text NOT NULL,
        state text NOT NULL,
        written_at bigint NOT NULL,
        next_at bigint NOT NULL,
        until bigint NOT NULL,
        tries int NOT NULL,
        unsure boolean NOT NULL,
        reason text NOT NULL)""",
    # Only what waits: however much was sent, finding the next costs the same.
    """CREATE INDEX IF NOT EXISTS outbox_waiting
        ON outbox_message (account, leaf, position) WHERE state = 'waiting'""",
    "CREATE INDEX IF NOT EXISTS outbox_state ON outbox_message (state, position)",
)
_COLUMNS: Final = (
    "reply, position, leaf, channel, account, state, written_at, next_at, until, tries, unsure,"
    " reason"
)
_DUE: Final = f"""
    SELECT {_COLUMNS} FROM outbox_message AS m
    WHERE state = 'waiting' AND next_at <= %s AND account <> ALL(%s) AND position = (
        SELECT min(position) FROM outbox_message AS first
        WHERE first.state = 'waiting' AND first.account = m.account AND first.leaf = m.leaf)
    ORDER BY position LIMIT %s"""  # noqa: S608 - the columns above

Step = tuple[str, tuple[Any, ...]]
"""A statement and its parameters."""


class PostgresOutbox:
    """Implements `OutboxStore`."""

    def __init__(self, url: str, *, schema: str = "public") -> None:
        """Connects when it is first asked. Raises StoreUnfit for an address that is none."""
        self._settings = connection_settings(url, schema)
        self._lease = PostgresLease(url, "outbox", schema=schema)
        self._lock = threading.Lock()
        self._connection: psycopg.Connection[Any] | None = None

    def claim(self) -> bool:
        try:
            return self._lease.held()
        except OperationalError as error:
            raise OutboxUnavailable(str(error)) from error

    def position(self) -> int:
        return int(self._rows("SELECT position FROM outbox_place")[0][0])

    def follow(self, changes: Sequence[Change], position: int, *, after: int) -> bool:
        moved = ("UPDATE outbox_place SET position = %s WHERE position = %s", (position, after))
        return self._write(moved, *map(_step, changes))

    def rewind(self, position: int) -> None:
        self._write(
            ("UPDATE outbox_place SET position = %s", (position,)),
            ("DELETE FROM outbox_message WHERE position > %s", (position,)),
        )

    def due(self, now: int, limit: int, *, but: Sequence[str] = ()) -> list[Waiting]:
        return [_waiting(row) for row in self._rows(_DUE, (now, list(but), limit))]

    def begin(self, reply: Id, *, tries: int) -> bool:
        sql = (
            "UPDATE outbox_message SET tries = tries + 1, unsure = true"
            " WHERE reply = %s AND tries = %s AND state = 'waiting'"
        )
        return self._write((sql, (reply, tries)))

    def postpone(self, reply: Id, *, next_at: int, reason: str, unsure: bool) -> None:
        sql = "UPDATE outbox_message SET next_at = %s, reason = %s, unsure = %s WHERE reply = %s"
        self._write((sql, (next_at, reason, unsure, reply)))

    def get(self, reply: Id) -> Waiting | None:
        rows = self._rows(f"SELECT {_COLUMNS} FROM outbox_message WHERE reply = %s", (reply,))  # noqa: S608 - the columns above
        return _waiting(rows[0]) if rows else None

    def in_states(self, states: Sequence[State]) -> list[Waiting]:
        sql = f"SELECT {_COLUMNS} FROM outbox_message WHERE state = ANY(%s) ORDER BY position"  # noqa: S608 - the columns above
        return [_waiting(row) for row in self._rows(sql, ([str(state) for state in states],))]

    def counts(self) -> dict[State, int]:
        rows = self._rows("SELECT state, count(*) FROM outbox_message GROUP BY state")
        return {State(state): count for state, count in rows}

    def prune(self, before: int) -> None:
        sql = "DELETE FROM outbox_message WHERE state = 'sent' AND written_at < %s"
        self._write((sql, (before,)))

    def close(self) -> None:
        self._lease.release()
        with self._lock:
            self._disconnect()

    def _rows(self, sql: str, parameters: tuple[Any, ...] = ()) -> list[Any]:
        with self._lock:
            try:
                with self._connected().transaction():
                    return self._connected().execute(sql.encode(), parameters).fetchall()
            except psycopg.Error as error:
                raise self._away(error) from error

    def _write(self, first: Step, *others: Step) -> bool:
        """All of it or nothing; False, and nothing, where the first changes no row."""
        with self._lock:
            try:
                connection = self._connected()
                with connection.transaction():
                    sql, parameters = first
                    changed = connection.execute(sql.encode(), parameters).rowcount > 0
                    for sql, parameters in others if changed else ():
                        connection.execute(sql.encode(), parameters)
            except psycopg.Error as error:
                raise self._away(error) from error
            return changed

    def _connected(self) -> "psycopg.Connection[Any]":
        if self._connection is None:
            self._connection = psycopg.connect(**self._settings, autocommit=True)
            with self._connection.transaction():
                self._connection.execute("SELECT pg_advisory_xact_lock(%s)", (_MAKING,))
                for statement in _SCHEMA:
                    self._connection.execute(statement.encode())
        return self._connection

    def _away(self, error: psycopg.Error) -> OutboxUnavailable:
        self._disconnect()
        return OutboxUnavailable(f"the outbox's tables do not answer: {type(error).__name__}")

    def _disconnect(self) -> None:
        connection, self._connection = self._connection, None
        if connection is not None:
            connection.close()


def _step(change: Change) -> Step:
    match change:
        case Enqueued(waiting):
            marks = ",".join(["%s"] * len(waiting))
            sql = f"INSERT INTO outbox_message VALUES ({marks}) ON CONFLICT DO NOTHING"  # noqa: S608 - marks
            return sql, waiting._replace(state=State(waiting.state))
        case Ended(reply, state, reason):
            sql = "UPDATE outbox_message SET state = %s, reason = %s WHERE reply = %s"
            return sql, (str(state), reason, reply)
        case Renewed(reply, next_at, until):
            sql = (
                "UPDATE outbox_message SET state = 'waiting', next_at = %s, until = %s,"
                " reason = '', tries = 0 WHERE reply = %s"
            )
            return sql, (next_at, until, reply)


def _waiting(row: Any) -> Waiting:
    found = Waiting(*row)
    return found._replace(state=State(found.state))
