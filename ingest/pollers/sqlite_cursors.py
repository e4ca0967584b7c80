"""Cursors in one SQLite file, whose accounts one process at a time polls, all of them.

The lock is the file's neighbour's; the kernel frees it when its holder dies.
"""

import asyncio
import fcntl
import os
import sqlite3
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from pathlib import Path
from typing import TypeVar

from ingest.pollers.cursors import CursorMoved, CursorsUnavailable

T = TypeVar("T")
_PATIENCE_S = 5.0
_SCHEMA = (
    "CREATE TABLE IF NOT EXISTS poll_cursor (account TEXT PRIMARY KEY, cursor TEXT NOT NULL)"
    " WITHOUT ROWID"
)
_READ = "SELECT cursor FROM poll_cursor WHERE account = ?"
_WRITE = (
    "INSERT INTO poll_cursor VALUES (?1, ?2)"
    " ON CONFLICT (account) DO UPDATE SET cursor = ?2 WHERE cursor = ?3"
)


class SQLiteCursors:
    """Implements `CursorStore`: WAL, synchronous=FULL, one thread."""

    def __init__(self, path: Path) -> None:
        path.parent.mkdir(parents=True, exist_ok=True)
        self._path = path
        self._connection = sqlite3.connect(
            path, check_same_thread=False, isolation_level=None, timeout=_PATIENCE_S
        )
        self._connection.execute("PRAGMA journal_mode=WAL")
        self._connection.execute("PRAGMA synchronous=FULL")
        self._connection.execute(_SCHEMA)
        self._thread = ThreadPoolExecutor(1, "poll-cursors")
        self._lock = os.open(path.with_suffix(".lock"), os.O_RDWR | os.O_CREAT, 0o600)
        self._is_ours = False

    async def claim(self, account: str) -> bool:
        """Whether the lock of all accounts is ours."""
        del account
        if not self._is_ours:
            try:
                fcntl.flock(self._lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                return False
            self._is_ours = True
        return True

    async def load(self, account: str) -> str:
        return await self._in_thread(partial(self._load, account))

    async def save(self, account: str, cursor: str, *, after: str) -> None:
        if not await self._in_thread(partial(self._saved, account, cursor, after)):
            raise CursorMoved(account)

    async def close(self) -> None:
        self._thread.shutdown()
        self._connection.close()
        os.close(self._lock)

    async def _in_thread(self, step: "partial[T]") -> T:
        try:
            return await asyncio.get_running_loop().run_in_executor(self._thread, step)
        except sqlite3.Error as error:
            raise CursorsUnavailable(f"{self._path.name} cannot be used: {error}") from error

    def _load(self, account: str) -> str:
        row = self._connection.execute(_READ, (account,)).fetchone()
        return str(row[0]) if row else ""

    def _saved(self, account: str, cursor: str, after: str) -> bool:
        return self._connection.execute(_WRITE, (account, cursor, after)).rowcount == 1
