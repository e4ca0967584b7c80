"""Checkpoints of SQLite beside the writer rather than in its way (ADR 0033)."""

import sqlite3
from concurrent.futures import ThreadPoolExecutor

import structlog

_AGAIN = 5
_log = structlog.get_logger(__name__)


class Checkpoints:
    """Of one store in one process. Told of each commit, by one writer at a time.

    A checkpoint puts what the write-ahead log has gathered into the database's own pages: in a
    large store a third of what a lead waits for. SQLite would do it within a commit. Another
    thread does it as well, by a connection of its own that holds up neither who reads nor who
    writes. Where it cannot keep up, SQLite does as before (`wal_autocheckpoint`).
    """

    def __init__(self, database: str, every: int) -> None:
        """`database`: a URI. `every`: after how many pages of the log, about."""
        self._database = database
        self._every = every
        self._thread = ThreadPoolExecutor(1, "sqlite-checkpoint")
        self._connection: sqlite3.Connection | None = None
        self._is_running = False
        self._rows = 0
        self._pages_a_row = 1.0
        self._pages = 0

    def committed(self, rows: int) -> None:
        """A transaction has changed so many rows; how many pages, SQLite tells afterwards."""
        self._rows += rows
        if self._rows * self._pages_a_row >= self._every and not self._is_running:
            self._is_running = True
            rows, self._rows = self._rows, 0
            self._thread.submit(self._run, rows)

    def close(self) -> None:
        """Wait for one that is begun."""
        self._thread.shutdown()
        if self._connection is not None:
            self._connection.close()

    def _run(self, rows: int) -> None:
        try:
            pages = self._checkpoint()
            grown = pages - self._pages if pages > self._pages else pages
            self._pages_a_row, self._pages = max(grown / rows, 0.01), pages
        except sqlite3.Error as error:  # whoever commits will be told of what is no passing fault
            _log.warning("checkpoint_failed", error=str(error))
        finally:
            self._is_running = False

    def _checkpoint(self) -> int:
        """Gives how many pages the log has, which begins anew once all of them are put in place."""
        if self._connection is None:
            self._connection = sqlite3.connect(
                self._database, uri=True, isolation_level=None, check_same_thread=False
            )
            self._connection.execute("PRAGMA synchronous=FULL")
        for _ in range(_AGAIN):  # more may have come meanwhile
            row = self._connection.execute("PRAGMA wal_checkpoint(PASSIVE)").fetchone()
            _, pages, done = row
            if pages == done:
                break
        return int(pages)
