"""The lead log in one SQLite file: WAL, synchronous=FULL, group commit by one writer.

Handlers append to a list; the first of a turn of the event loop schedules the commit of all. That
needs no thread and doubles the rate of a committing thread (DESIGN §3). Where the disk is slow
the commits move to a thread, so that the loop is never held up.
"""

import asyncio
import sqlite3
import time
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from ingest.faults import faultpoint
from ingest.log.port import Logged, LogUnavailable, Record, RecordType

PARTITION = "log"
_SLOW_COMMIT_S = 0.002
_SLOW_STREAK = 8
_MOST_WAITING_BYTES = 64 * 1024 * 1024
_SCHEMA = (
    'CREATE TABLE IF NOT EXISTS lead_log ("offset" INTEGER PRIMARY KEY AUTOINCREMENT,'
    " type TEXT NOT NULL, value BLOB NOT NULL)"
)
_INSERT = "INSERT INTO lead_log (type, value) VALUES (?, ?)"

Waiting = tuple[Sequence[Record], "asyncio.Future[None]"]


def connect(path: Path) -> sqlite3.Connection:
    """A connection that commits durably; the schema is made where it is missing."""
    path.parent.mkdir(parents=True, exist_ok=True)
    connection = sqlite3.connect(
        path, check_same_thread=False, isolation_level=None, timeout=5, cached_statements=128
    )
    connection.execute("PRAGMA journal_mode=WAL")
    connection.execute("PRAGMA synchronous=FULL")
    connection.execute(_SCHEMA)
    (synchronous,) = connection.execute("PRAGMA synchronous").fetchone()
    if synchronous < 2:
        raise LogUnavailable(f"{path} does not commit durably; refusing to accept leads")
    return connection


class SQLiteLogWriter:
    """The gateway's side. Made and used on one event loop."""

    def __init__(self, path: Path) -> None:
        self._connection = connect(path)
        self._waiting: list[Waiting] = []
        self._waiting_bytes = 0
        self._flushing: asyncio.Future[None] | None = None
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
        if self._slow_streak >= _SLOW_STREAK:
            loop = asyncio.get_running_loop()
            self._flushing = loop.run_in_executor(self._thread, self._commit, batch)
            self._flushing.add_done_callback(lambda outcome: self._flushed(batch, outcome))
            return
        try:
            self._commit(batch)
        except LogUnavailable as error:
            _tell(batch, error)
        else:
            _tell(batch, None)

    def _flushed(self, batch: list[Waiting], outcome: "asyncio.Future[None]") -> None:
        self._flushing = None
        _tell(batch, outcome.exception())
        if self._waiting:
            asyncio.get_running_loop().call_soon(self._flush)

    def _commit(self, batch: list[Waiting]) -> None:
        started = time.perf_counter()
        rows = [(r.type.value, r.value) for records, _ in batch for r in records]
        faultpoint("log.before_commit")
        try:
            self._connection.execute("BEGIN IMMEDIATE")
            try:
                self._connection.executemany(_INSERT, rows)
                self._connection.execute("COMMIT")
            except BaseException:
                if self._connection.in_transaction:
                    self._connection.execute("ROLLBACK")
                raise
        except sqlite3.Error as error:
            raise LogUnavailable(f"the lead log did not take it: {error}") from error
        faultpoint("log.after_commit")
        slow = time.perf_counter() - started > _SLOW_COMMIT_S
        self._slow_streak = min(self._slow_streak + 1, 64) if slow else self._slow_streak // 2


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
