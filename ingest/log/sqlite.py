"""The lead log in one SQLite file: WAL, synchronous=FULL, group commit by one writer.

Handlers append to a list; the first of a turn of the event loop schedules the commit of all. That
needs no thread and doubles the rate of a committing thread (DESIGN §3). Where the disk is slow, or
somebody else holds the file's lock, the commits move to a thread, so that the loop is never held
up.
"""

import asyncio
import sqlite3
import time
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from eventstore.faults import faultpoint
from ingest.log.port import Logged, LogUnavailable, Record, RecordType

PARTITION = "log"
_PATIENCE_S = 5.0
"""How long a lock that somebody else holds is waited for."""
_LOOK_AGAIN_S = 0.005
_SLOW_COMMIT_S = 0.002
_SLOW_STREAK = 8
_MOST_WAITING_BYTES = 64 * 1024 * 1024
_SCHEMA = (
    'CREATE TABLE IF NOT EXISTS lead_log ("offset" INTEGER PRIMARY KEY AUTOINCREMENT,'
    " type TEXT NOT NULL, value BLOB NOT NULL)"
)
_INSERT = "INSERT INTO lead_log (type, value) VALUES (?, ?)"

Waiting = tuple[Sequence[Record], "asyncio.Future[None]"]


class _Locked(Exception):
    """Somebody else is writing."""


def connect(path: Path, *, patience_s: float = _PATIENCE_S) -> sqlite3.Connection:
    """A connection that commits durably; the schema is made where it is missing."""
    path.parent.mkdir(parents=True, exist_ok=True)
    connection = sqlite3.connect(
        path,
        check_same_thread=False,
        isolation_level=None,
        timeout=_PATIENCE_S,
        cached_statements=128,
    )
    connection.execute("PRAGMA journal_mode=WAL")
    connection.execute("PRAGMA synchronous=FULL")
    connection.execute(_SCHEMA)
    (synchronous,) = connection.execute("PRAGMA synchronous").fetchone()
    if synchronous < 2:
        raise LogUnavailable(f"{path} does not commit durably; refusing to accept leads")
    connection.execute(f"PRAGMA busy_timeout={patience_s * 1000:.0f}")
    return connection


class SQLiteLogWriter:
    """The gateway's side. Made and used on one event loop."""

    def __init__(self, path: Path) -> None:
        self._connection = connect(path, patience_s=0)
        self._waiting: list[Waiting] = []
        self._waiting_bytes = 0
        self._flushing: asyncio.Future[LogUnavailable | None] | None = None
        self._slow_streak = 0
        self._thread = ThreadPoolExecutor(1, "lead-log")

    async def append(self, records: Sequence[Record]) -> None:
        size = sum(len(record.value) for record in records)
        if self._waiting_bytes + size > _MOST_WAITING_BYTES:
            raise LogUnavailable("the lead log cannot keep up; try again in a moment")
        loop = asyncio.get_running_loop()
        done: asyncio.Future[None] = loop.create_future()
        self._waiting.append((records, done))
        self._waiting_bytes += size
        if len(self._waiting) == 1 and self._flushing is None:
            loop.call_soon(self._flush)
        await done

    async def close(self) -> None:
        await asyncio.gather(*(done for _, done in self._waiting), return_exceptions=True)
        if self._flushing is not None:
            await asyncio.wait([self._flushing])
        self._thread.shutdown()
        self._connection.close()

    def _flush(self) -> None:
        batch, self._waiting, self._waiting_bytes = self._waiting, [], 0
        if self._slow_streak < _SLOW_STREAK:
            try:
                _tell(batch, self._committed(batch))
            except _Locked:
                pass  # wait for it elsewhere
            else:
                return
        loop = asyncio.get_running_loop()
        self._flushing = loop.run_in_executor(self._thread, self._committed_in_time, batch)
        self._flushing.add_done_callback(lambda outcome: self._flushed(batch, outcome.result()))

    def _flushed(self, batch: list[Waiting], error: LogUnavailable | None) -> None:
        self._flushing = None
        _tell(batch, error)
        if self._waiting:
            asyncio.get_running_loop().call_soon(self._flush)

    def _committed_in_time(self, batch: list[Waiting]) -> LogUnavailable | None:
        """In the thread: commit, once nobody else writes."""
        give_up = time.monotonic() + _PATIENCE_S
        while time.monotonic() < give_up:
            try:
                return self._committed(batch)
            except _Locked:
                time.sleep(_LOOK_AGAIN_S)
        return LogUnavailable("the lead log is locked by another process")

    def _committed(self, batch: list[Waiting]) -> LogUnavailable | None:
        """Commit; the error if that failed, whatever it is. Raises _Locked: nothing was done."""
        started = time.perf_counter()
        rows = [(r.type.value, r.value) for records, _ in batch for r in records]
        try:
            self._commit(rows)
        except _Locked:
            raise
        except Exception as error:  # noqa: BLE001 - told to all who wait, else they would for ever
            return LogUnavailable(f"the lead log did not take it: {error}")
        slow = time.perf_counter() - started > _SLOW_COMMIT_S
        self._slow_streak = min(self._slow_streak + 1, 64) if slow else self._slow_streak // 2
        return None

    def _commit(self, rows: list[tuple[str, bytes]]) -> None:
        faultpoint("log.before_commit")
        try:
            self._connection.execute("BEGIN IMMEDIATE")
        except sqlite3.OperationalError as error:
            if error.sqlite_errorcode & 0xFF == sqlite3.SQLITE_BUSY:
                raise _Locked from error
            raise
        try:
            self._connection.executemany(_INSERT, rows)
            faultpoint("log.in_flight")
            self._connection.execute("COMMIT")
        except BaseException:
            if self._connection.in_transaction:
                self._connection.execute("ROLLBACK")
            raise
        faultpoint("log.after_commit")


def _tell(batch: list[Waiting], error: BaseException | None) -> None:
    for _, done in batch:
        if done.done():
            continue  # its caller was cancelled; the record stands
        if error is None:
            done.set_result(None)
        else:
            done.set_exception(error)


class SQLiteLogReader:
    """The processor's and the audit's side."""

    def __init__(self, path: Path) -> None:
        self._connection = connect(path)

    def partitions(self) -> Sequence[str]:
        return (PARTITION,)

    def read(self, partition: str, after: int, limit: int) -> Sequence[Logged]:
        rows = self._connection.execute(
            'SELECT "offset", type, value FROM lead_log WHERE "offset" > ?'
            ' ORDER BY "offset" LIMIT ?',
            (after, limit),
        )
        return [Logged(partition, row[0], RecordType(row[1]), row[2]) for row in rows]

    def end(self, partition: str) -> int:
        del partition
        (newest,) = self._connection.execute('SELECT max("offset") FROM lead_log').fetchone()
        return -1 if newest is None else int(newest)

    def expired(self, partition: str) -> int:
        """None: the file keeps everything."""
        del partition
        return 0

    def close(self) -> None:
        self._connection.close()


def append_now(path: Path, records: Sequence[Record]) -> None:
    """Append from outside the gateway (`leadlog feed`), durably, in one transaction."""
    connection = connect(path)
    try:
        connection.execute("BEGIN IMMEDIATE")
        connection.executemany(_INSERT, [(r.type.value, r.value) for r in records])
        connection.execute("COMMIT")
    except sqlite3.Error as error:
        raise LogUnavailable(f"the lead log did not take it: {error}") from error
    finally:
        connection.close()
