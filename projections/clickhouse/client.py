"""The connection to ClickHouse: a server, or the same engine inside this process (chdb).

Nobody outside this package speaks to the engine, and nobody hands it SQL with values in it:
values go as server-side parameters (`{name:Type}`), identifiers come from closed sets in our
own code. The embedded engine can read any file of the host and dial out, hence reports run on
handles that are `readonly=1`, which can't be taken back.
"""

import queue
import re
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, NamedTuple
from urllib.parse import parse_qs, unquote, urlsplit

import clickhouse_connect
import pyarrow as pa
from clickhouse_connect.driver.client import Client
from clickhouse_connect.driver.exceptions import ClickHouseError, ProgrammingError

DEFAULT_DATABASE = "leadlog"
_NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")
_READERS = 3
"""Handles for reports: one slow report must not hold up the page that refreshes itself."""


class StoreInUse(Exception):
    """The embedded engine belongs to another process: ask that one, or wait until it has ended."""


class Target(NamedTuple):
    """Where the analytics are, read from a URL by `parse_url`."""

    path: str
    """Directory of the embedded engine; empty for a server."""
    host: str
    port: int
    user: str
    password: str
    secure: bool
    database: str


def parse_url(url: str) -> Target:
    """Read `chdb:///absolute/path` or `clickhouse[s]://[user:password@]host[:port]/database`.

    `?database=NAME` names the database of the embedded engine. ValueError says what is wrong,
    without repeating a password.
    """
    parts = urlsplit(url)
    named = parse_qs(parts.query).get("database", [""])[0]
    if parts.scheme == "chdb":
        if parts.netloc or not parts.path.startswith("/") or parts.path == "/":
            raise ValueError("an embedded analytics store is written chdb:///absolute/path")
        return Target(unquote(parts.path), "", 0, "", "", secure=False, database=_database(named))
    if parts.scheme not in {"clickhouse", "clickhouses"} or not parts.hostname:
        raise ValueError("analytics is chdb:///path or clickhouse://host:8123/database")
    secure = parts.scheme == "clickhouses"
    return Target(
        path="",
        host=parts.hostname,
        port=parts.port or (8443 if secure else 8123),
        user=unquote(parts.username or "default"),
        password=unquote(parts.password or ""),
        secure=secure,
        database=_database(parts.path.strip("/") or named),
    )


def _database(name: str) -> str:
    if name and not _NAME.fullmatch(name):
        raise ValueError(f"no name for a database: {name!r}; letters, digits and _ only")
    return name or DEFAULT_DATABASE


class ClickHouse:
    """One store of analytics: one handle that writes, a few that only read. Thread-safe.

    Nothing is opened before it is used, so a server may be away when the process starts; every
    call may raise ClickHouseError or OSError (the caller tries again later) and, embedded,
    StoreInUse (the caller gives up). The embedded engine takes one process and one directory in
    it, and hangs in a forked child: fork before the first call, or not at all.
    """

    def __init__(self, url: str) -> None:
        self.target = parse_url(url)
        self._writer: Client | None = None
        self._writing = threading.Lock()
        self._idle: queue.LifoQueue[Client | None] = queue.LifoQueue()
        for _ in range(_READERS):
            self._idle.put(None)

    def command(self, sql: str, **parameters: Any) -> None:
        """A statement of ours that changes something."""
        with self._writing:
            self._open_writer().command(sql, parameters=parameters or None)

    def insert(self, table: str, rows: pa.Table, *, token: str) -> None:
        """Insert `rows` as one part, unless a part with this token was inserted before.

        On an error it is not known whether the rows are there.
        """
        settings = {"insert_deduplication_token": token}
        with self._writing:
            self._open_writer().insert_arrow(table, rows, settings=settings)

    def select(self, sql: str, **parameters: Any) -> list[tuple[Any, ...]]:
        """The rows of a query of ours, on a handle that can't write."""
        with self._reader() as client:
            return [tuple(row) for row in client.query(sql, parameters=parameters).result_rows]

    def close(self) -> None:
        """Close all handles; the next use opens new ones."""
        with self._writing:
            if self._writer is not None:
                self._writer.close()
            self._writer = None
        for _ in range(_READERS):
            client = self._idle.get()
            if client is not None:
                client.close()
            self._idle.put(None)

    def _open_writer(self) -> Client:
        if self._writer is None:
            client = self._connect(async_insert=0)
            client.command(f"CREATE DATABASE IF NOT EXISTS {self.target.database}")
            client.database = self.target.database
            self._writer = client
        return self._writer

    @contextmanager
    def _reader(self) -> Iterator[Client]:
        client = self._idle.get()
        try:
            if client is None:
                client = self._open_reader()
            yield client
        finally:
            self._idle.put(client)

    def _open_reader(self) -> Client:
        with self._writing:
            self._open_writer()
        client = self._connect()
        client.database = self.target.database
        client.set_client_setting("readonly", 1)
        return client

    def _connect(self, **settings: Any) -> Client:
        to = self.target
        if not to.path:
            return clickhouse_connect.get_client(
                host=to.host,
                port=to.port,
                username=to.user,
                password=to.password,
                secure=to.secure,
                settings=settings,
                autogenerate_session_id=False,
            )
        try:
            return clickhouse_connect.get_client(interface="chdb", path=to.path, settings=settings)
        except ProgrammingError as error:
            if "Unable to open" not in str(error):
                raise
            raise StoreInUse(
                f"the analytics store {to.path} is open in another process, or this process has"
                " another one open"
            ) from error


__all__ = ["ClickHouse", "ClickHouseError", "StoreInUse", "Target", "parse_url"]
