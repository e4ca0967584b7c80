"""The event store on SQLite: the library's recorder, with our rows in the same transaction."""

import sqlite3
import time
from collections.abc import Collection, Iterable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from uuid import UUID

from eventsourcing.persistence import IntegrityError, OperationalError, StoredEvent, Tracking
from eventsourcing.sqlite import (
    SQLiteConnection,
    SQLiteConnectionPool,
    SQLiteCursor,
    SQLiteDatastore,
    SQLiteProcessRecorder,
)

from eventstore.domain.events import Id
from eventstore.faults import faultpoint
from eventstore.reading import Recorded
from eventstore.recorders.coding import (
    Sealing,
    recorded,
    sealing_of,
    stored,
)
from eventstore.recorders.last_first import LastFirst
from eventstore.recorders.port import Meanwhile
from eventstore.recorders.sqlite_appearances import FAR
from eventstore.recorders.sqlite_checkpoints import Checkpoints
from eventstore.recorders.sqlite_committing import Committer
from eventstore.recorders.sqlite_reading import EVENTS, SQLiteReading
from eventstore.recorders.sqlite_schema import STATEMENTS
from eventstore.recorders.sqlite_writing import JOIN, STIRRED, write_rows
from eventstore.recorders.upgrade import (
    JOINED_ONCE,
    OLD,
    appearances_anew,
    joins_anew,
    stirred_anew,
)
from eventstore.recorders.upgrade_returned import CLOSED_ONCE, returned_anew
from eventstore.rows import Changes, Quarantine, Source

_PAGE_BYTES = 4096
_CACHE_KIB = 256 * 1024
_CHECKPOINT_PAGES = 20_000
_AT_MOST_PAGES = 3 * _CHECKPOINT_PAGES
"""So long may the log grow, where checkpoints beside the writer do not keep up."""
_CACHED_STATEMENTS = 128
_PATIENCE_S = 30
_LOOK_AGAIN_S = 0.05

_COLUMNS = "SELECT name FROM pragma_table_info('{}')"
_HAS_NO_NEAR = "ALTER TABLE card ADD COLUMN near BLOB NOT NULL DEFAULT x''"
_HAS_REVIEWS = "SELECT 1 FROM sqlite_master WHERE name = 'review_stirred'"
_HAS_RETURNED = "SELECT 1 FROM sqlite_master WHERE name = 'returned'"

# Python's module looks for an adapter of each blob, and makes and drops an exception for none:
# a tenth of what a batch costs.
sqlite3.register_adapter(bytes, bytes.__bytes__)


class _Pool(SQLiteConnectionPool):
    """Connections as the store needs them; the library sets none of this (DESIGN §3)."""

    def __init__(self, **settings: Any) -> None:
        super().__init__(**settings)
        self._pool = LastFirst()

    def _create_connection(self) -> SQLiteConnection:
        connection = sqlite3.connect(
            self.db_name,
            uri=True,
            check_same_thread=False,
            isolation_level=None,
            cached_statements=_CACHED_STATEMENTS,
            timeout=self.lock_timeout or _PATIENCE_S,
        )
        connection.row_factory = sqlite3.Row
        for pragma in (
            f"page_size={_PAGE_BYTES}",
            "journal_mode=WAL",
            "synchronous=FULL",
            f"cache_size=-{_CACHE_KIB}",
            f"wal_autocheckpoint={_AT_MOST_PAGES}",
            "temp_store=MEMORY",
        ):
            connection.execute(f"PRAGMA {pragma}")
        return SQLiteConnection(sqlite_conn=connection, max_age=self.max_age)


class SQLiteCustomerRecorder(SQLiteReading, SQLiteProcessRecorder):
    """Events, keys, rows and positions of the log: one file, one transaction a batch.

    Many threads and processes may read; writers wait for each other (one at a time, 30 s).
    """

    def __init__(self, path: Path) -> None:
        path.parent.mkdir(parents=True, exist_ok=True)
        datastore = SQLiteDatastore(str(path))
        datastore.pool = _Pool(db_name=f"file:{path}", lock_timeout=_PATIENCE_S)
        super().__init__(datastore)
        self._committer = Committer()
        self._checkpoints = Checkpoints(datastore.pool.db_name, _CHECKPOINT_PAGES)
        self._create_patiently()

    def _create_patiently(self) -> None:
        """Where another process makes the tables now, SQLite says so at once, whatever it waits."""
        end = time.monotonic() + _PATIENCE_S
        while True:
            try:
                self.create_table()
            except OperationalError as error:
                if "locked" not in str(error) or time.monotonic() > end:
                    raise
                time.sleep(_LOOK_AGAIN_S)
            else:
                return

    def construct_create_table_statements(self) -> list[str]:
        tracking = [s for s in super().construct_create_table_statements() if "tracking" in s]
        return [*STATEMENTS, *tracking]

    def _create_table(self, c: SQLiteCursor) -> None:
        columns = _Moment(c).column(_COLUMNS.format("appearance"))
        is_old = bool(columns) and "at" not in columns
        has_reviews = not columns or _Moment(c).column(_HAS_REVIEWS)
        has_returned = not columns or _Moment(c).column(_HAS_RETURNED)
        if is_old:
            c.execute(f"ALTER TABLE appearance RENAME TO {OLD}")
        if columns and "near" not in _Moment(c).column(_COLUMNS.format("card")):
            c.execute(_HAS_NO_NEAR)
        super()._create_table(c)
        if is_old:
            _fill_anew(c)
        if not has_reviews:
            moment = _Moment(c)
            stirred = stirred_anew(moment.cards, moment.pairs_apart)
            c.executemany(STIRRED, [(leaf,) for leaf in sorted(stirred)])
        if not has_returned:
            moment = _Moment(c)
            for changes in returned_anew(moment, moment.column(CLOSED_ONCE)):
                write_rows(c, changes, 0)

    def close(self) -> None:
        self._committer.close()
        self._checkpoints.close()
        self.datastore.close()

    # --- writing ---

    def save(self, changes: Changes, meanwhile: Meanwhile | None = None) -> int:
        """See the port."""
        sealing = sealing_of(changes, self.keys)
        with self.datastore.transaction(commit=True) as cursor:
            changed = cursor.sqlite_cursor.connection.total_changes
            position = self._insert_recorded(cursor, changes, sealing)
            faultpoint("store.in_transaction")
            cursor.executemany("INSERT INTO secret VALUES (?,?)", sorted(sealing.fresh.items()))
            write_rows(cursor, changes, position - len(changes.events) + 1)
            for partition, (before, after) in sorted(changes.positions.items()):
                self._track(cursor, partition, before, after)
            faultpoint("store.before_commit")
            changed = cursor.sqlite_cursor.connection.total_changes - changed
            if meanwhile is not None:
                self._committer.commit(cursor, meanwhile)
        self._checkpoints.committed(changed)
        faultpoint("store.after_commit")
        return position

    def _insert_recorded(self, cursor: SQLiteCursor, changes: Changes, sealing: Sealing) -> int:
        # The first statement is a write: the transaction never has to be upgraded.
        cursor.execute(
            "UPDATE clock SET recorded_at = max(recorded_at, ?), position = position + ?"
            " RETURNING recorded_at, position",
            (time.time_ns() // 1_000_000, len(changes.events)),
        )
        recorded_at, last = cursor.fetchone()
        if not changes.events:
            return 0
        first = last - len(changes.events) + 1
        cursor.executemany(
            "INSERT INTO stored_events VALUES (?,?,?,?,?,?)",
            [
                (position, *event, recorded_at)
                for position, event in enumerate(stored(changes, sealing), first)
            ],
        )
        return int(last)

    def _track(self, cursor: SQLiteCursor, partition: str, before: int, after: int) -> None:
        """Move on from the place where deliveries were decided, and from no other."""
        cursor.execute(self.select_max_tracking_id_statement, (partition,))
        (stands,) = cursor.fetchone()
        if (-1 if stands is None else stands) != before:
            raise IntegrityError("another processor has passed this place of the log already")
        self._insert_tracking(cursor, Tracking(partition, after))

    def _insert_events(
        self, c: SQLiteCursor, stored_events: Sequence[StoredEvent], **kwargs: Any
    ) -> Sequence[int]:
        """The library's own way in, for its contract and its tools; the hot path is `save`."""
        c.execute(
            "UPDATE clock SET position = position + ? RETURNING position", (len(stored_events),)
        )
        first = c.fetchone()[0] - len(stored_events) + 1
        c.executemany(
            "INSERT INTO stored_events VALUES (?,?,?,?,?,(SELECT recorded_at FROM clock))",
            [
                (n, UUID(str(e.originator_id)).bytes, e.originator_version, e.topic, e.state)
                for n, e in enumerate(stored_events, first)
            ],
        )
        if kwargs.get("tracking") is not None:
            self._insert_tracking(c, kwargs["tracking"])
        return range(first, first + len(stored_events))

    def convert_originator_id(self, originator_id: str) -> UUID | str:
        return UUID(bytes=originator_id)  # type: ignore[arg-type] # our column is a blob

    def select_events(
        self,
        originator_id: UUID | str,
        *,
        gt: int | None = None,
        lte: int | None = None,
        desc: bool = False,
        limit: int | None = None,
    ) -> Sequence[StoredEvent]:
        stream: Any = UUID(str(originator_id)).bytes
        return super().select_events(stream, gt=gt, lte=lte, desc=desc, limit=limit)

    # --- what projections and audits read ---

    def read(self, after: int, limit: int, *, personal: bool = False) -> Sequence[Recorded]:
        rows = self._rows(f"{EVENTS} WHERE position > ? ORDER BY position LIMIT ?", (after, limit))
        return recorded(rows, self.keys, personal=personal)

    def said(self, after: int, limit: int) -> Sequence[Recorded]:
        where = "WHERE position > ? AND topic IN ('L', 'P') ORDER BY position LIMIT ?"
        rows = self._rows(f"{EVENTS} {where}", (after, limit))
        return recorded(rows, self.keys, personal=True)

    def heads(self, after: Id, limit: int) -> list[Id]:
        """Leaf cards that head a person, in the order of their ids, above `after`."""
        rows = self._rows(
            "SELECT leaf FROM card WHERE leaf > ? AND leaf = person ORDER BY leaf LIMIT ?",
            (after, limit),
        )
        return [row[0] for row in rows]

    def leaves(self, after: Id, limit: int) -> list[Id]:
        rows = self._rows(
            "SELECT leaf FROM card WHERE leaf > ? ORDER BY leaf LIMIT ?", (after, limit)
        )
        return [row[0] for row in rows]

    def ledger(self) -> dict[tuple[str, int, str], int]:
        """(account, hour, outcome) → deliveries, over all that was ever processed."""
        rows = self._rows("SELECT account, hour, outcome, deliveries FROM ledger")
        return {(row[0], row[1], row[2]): row[3] for row in rows}

    def quarantined(self, ids: Collection[Id] | None = None) -> list[Quarantine]:
        """Deliveries that are kept aside, oldest first; all of them, or those named."""
        columns = "SELECT id, account, reason, received_at, content FROM quarantine"
        rows = self._in(f"{columns} WHERE id IN", ids) if ids is not None else self._rows(columns)
        return sorted((Quarantine(*row) for row in rows), key=lambda item: item.received_at)

    def lead_ids(self) -> Iterable[Id]:
        """Every lead that was ever recorded."""
        sql = "SELECT originator_id FROM stored_events WHERE topic = 'L' AND originator_version = 1"
        return (row[0] for row in self._rows(sql))

    # --- plumbing ---

    @contextmanager
    def snapshot(self) -> Iterator[Source]:
        """See the port."""
        with self.datastore.transaction(commit=False) as cursor:
            yield _Moment(cursor)

    def _rows(self, sql: str, parameters: Sequence[Any] = ()) -> list[Any]:
        with self.datastore.transaction(commit=False) as cursor:
            cursor.execute(sql, parameters)
            return list(cursor.fetchall())


class _Moment(SQLiteReading):
    """What one read transaction sees: its first query fixes the moment."""

    def __init__(self, cursor: SQLiteCursor) -> None:
        self._cursor = cursor

    def column(self, sql: str) -> list[Any]:
        """The first column of a query's rows."""
        return [row[0] for row in self._rows(sql)]

    def _rows(self, sql: str, parameters: Sequence[Any] = ()) -> list[Any]:
        self._cursor.execute(sql, parameters)
        return list(self._cursor.fetchall())


def _fill_anew(cursor: SQLiteCursor) -> None:
    """See eventstore.recorders.upgrade."""
    moment = _Moment(cursor)

    def after(key: tuple[Id, Id], most: int) -> list[tuple[Id, Id]]:
        cursor.execute(
            f"SELECT leaf, lead FROM {OLD} WHERE (leaf, lead) > (?, ?)"  # noqa: S608 - no value
            " ORDER BY leaf, lead LIMIT ?",
            (*key, most),
        )
        return [(row[0], row[1]) for row in cursor.fetchall()]

    appearances_anew(moment, after, lambda rows: cursor.executemany(FAR, rows))
    cursor.executemany(JOIN, joins_anew(moment, moment.column(JOINED_ONCE)))
    cursor.execute(f"DROP TABLE {OLD}")
