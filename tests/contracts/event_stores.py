"""The event stores that the contract is bound to, each with a way round the recorder."""

import sqlite3
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any, Protocol

import psycopg

from eventstore.recorders.port import CustomerRecorder
from eventstore.recorders.postgres import PostgresCustomerRecorder
from eventstore.recorders.sqlite import SQLiteCustomerRecorder


class EventStore(Protocol):
    """One store of one test; `open` gives a recorder over it, as another process would have."""

    raw_faults: tuple[type[Exception], ...]

    def open(self) -> CustomerRecorder: ...

    def raw(self, statement: str) -> Sequence[Any]:
        """Run a statement of one's own, and commit."""


class SQLiteStore:
    raw_faults = (sqlite3.Error,)

    def __init__(self, path: Path) -> None:
        self.path = path

    def open(self) -> CustomerRecorder:
        return SQLiteCustomerRecorder(self.path)

    def raw(self, statement: str) -> Sequence[Any]:
        connection = sqlite3.connect(self.path, timeout=30, isolation_level=None)
        try:
            return connection.execute(statement).fetchall()
        finally:
            connection.close()


def put_far(store: EventStore) -> None:
    """Make it a store from before some leads stood in their leaf card's row (ADR 0033)."""
    if not isinstance(store, SQLiteStore):
        return
    recorder = SQLiteCustomerRecorder(store.path)
    rows = recorder._near(recorder.leaves(b"", 10**6))
    recorder.close()
    assert rows
    with sqlite3.connect(store.path) as connection:
        connection.executemany("INSERT INTO appearance VALUES (?,?,?,?,?)", rows)
        connection.execute("ALTER TABLE card DROP COLUMN near")
    connection.close()


class PostgresStore:
    raw_faults = (psycopg.Error,)

    def __init__(self, url: str) -> None:
        self.url = url

    def open(self) -> CustomerRecorder:
        return PostgresCustomerRecorder(self.url)

    def raw(self, statement: str) -> Sequence[Any]:
        with psycopg.connect(self.url, autocommit=True) as connection:
            cursor = connection.execute(statement.encode())
            return cursor.fetchall() if cursor.description else []


STORES: dict[str, Callable[[Path, Callable[[], str]], EventStore]] = {
    "sqlite": lambda folder, _: SQLiteStore(folder / "events.db"),
    "postgres": lambda _, database: PostgresStore(database()),
}
