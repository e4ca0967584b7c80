"""Cursors in the event store's PostgreSQL, for pollers in several processes.

One connection holds an advisory lock for each account that this process polls. When it breaks,
the server frees the locks, and another process takes over; what this one then wants to store is
refused, for it stores over the same connection, and only in the place of what it knows.
"""

import asyncio
import hashlib
from collections.abc import Awaitable, Callable
from typing import Any, Final, TypeVar

import psycopg
from psycopg import sql

from eventstore.recorders.postgres_connection import connection_settings
from ingest.pollers.cursors import CursorMoved, CursorsUnavailable

T = TypeVar("T")
Connection = psycopg.AsyncConnection[Any]

_DEADLINE_S: Final = 10.0
_READ: Final = "SELECT cursor FROM poll_cursor WHERE account = %s"
_WRITE: Final = """INSERT INTO poll_cursor VALUES (%(account)s, %(cursor)s)
    ON CONFLICT (account) DO UPDATE SET cursor = %(cursor)s
    WHERE poll_cursor.cursor = %(after)s"""
_SCHEMA: Final = """CREATE TABLE IF NOT EXISTS poll_cursor (
    account text PRIMARY KEY, cursor text NOT NULL) WITH (fillfactor = 50)"""
_MAKING: Final = 0x1EADC
"""The advisory lock of whoever makes the table."""


class PostgresCursors:
    """Implements `CursorStore`. Connects when it is first asked for something."""

    def __init__(self, url: str, *, schema: str = "public") -> None:
        self._settings = connection_settings(url, schema)
        self._schema = schema
        self._connection: Connection | None = None
        self._claimed: set[str] = set()
        self._one_at_a_time = asyncio.Lock()

    async def claim(self, account: str) -> bool:
        async def claimed(connection: Connection) -> bool:
            if account not in self._claimed:
                lock = lock_of(account, self._schema)
                row = await _row(connection, "SELECT pg_try_advisory_lock(%s)", (lock,))
                if row != (True,):
                    return False
                self._claimed.add(account)
            return await _row(connection, "SELECT 1", ()) == (1,)

        return await self._done(claimed)

    async def load(self, account: str) -> str:
        async def loaded(connection: Connection) -> str:
            row = await _row(connection, _READ, (account,))
            return str(row[0]) if row else ""

        return await self._done(loaded)

    async def save(self, account: str, cursor: str, *, after: str) -> None:
        given = {"account": account, "cursor": cursor, "after": after}

        async def saved(connection: Connection) -> bool:
            if account not in self._claimed:  # the connection that held the right is gone
                return False
            return (await connection.execute(_WRITE, given)).rowcount == 1

        if not await self._done(saved):
            raise CursorMoved(account)

    async def close(self) -> None:
        async with self._one_at_a_time:
            await self._drop()

    async def _done(self, step: "Callable[[Connection], Awaitable[T]]") -> T:
        """One step after the other. Who is cancelled leaves a step that ends by itself."""
        return await asyncio.shield(asyncio.ensure_future(self._alone(step)))

    async def _alone(self, step: "Callable[[Connection], Awaitable[T]]") -> T:
        """After a fault the connection is gone, and with it the right to each account."""
        async with self._one_at_a_time:
            try:
                async with asyncio.timeout(_DEADLINE_S):
                    return await step(await self._connected())
            except (psycopg.Error, OSError, TimeoutError) as error:
                await self._drop()
                raise CursorsUnavailable(
                    f"the store of cursors is away: {type(error).__name__}"
                ) from error

    async def _connected(self) -> Connection:
        if self._connection is None or self._connection.closed:
            self._claimed.clear()
            self._connection = await psycopg.AsyncConnection.connect(
                **self._settings, autocommit=True
            )
            await self._prepare(self._connection)
        return self._connection

    async def _prepare(self, connection: Connection) -> None:
        if await _row(connection, "SELECT to_regclass('poll_cursor') IS NULL", ()) == (False,):
            return
        async with connection.transaction():
            await connection.execute("SELECT pg_advisory_xact_lock(%s)", (_MAKING,))
            schema = sql.Identifier(self._schema)
            await connection.execute(sql.SQL("CREATE SCHEMA IF NOT EXISTS {}").format(schema))
            await connection.execute(_SCHEMA)

    async def _drop(self) -> None:
        connection, self._connection = self._connection, None
        self._claimed.clear()
        if connection is not None:
            await connection.close()


def lock_of(account: str, schema: str) -> int:
    """The account's advisory lock: locks are the database's, hence the schema's name in it."""
    digest = hashlib.sha256(f"leadlog poller {schema}/{account}".encode()).digest()
    return int.from_bytes(digest[:8], "big", signed=True)


async def _row(
    connection: Connection, query: str, given: tuple[Any, ...]
) -> tuple[Any, ...] | None:
    row: tuple[Any, ...] | None = await (await connection.execute(query.encode(), given)).fetchone()
    return row
