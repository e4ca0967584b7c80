"""The connection to ClickHouse: a server, or the same engine inside this process (chdb).

Nobody outside this package speaks to the engine, and nobody hands it SQL with values in it:
values go as server-side parameters (`{name:Type}`), identifiers come from closed sets in our
own code. The embedded engine can read any file of the host and dial out, hence reports run on
handles that are `readonly=1`, which can't be taken back.
"""

import logging
import queue
import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, Final

import clickhouse_connect
import pyarrow as pa
from clickhouse_connect.driver import httputil
from clickhouse_connect.driver.client import Client
from clickhouse_connect.driver.exceptions import (
    ClickHouseError,
    DatabaseError,
    OperationalError,
    ProgrammingError,
)

from projections.clickhouse.address import Target, parse_url

_READERS: Final = 3
"""Handles for reports: one slow report must not hold up the page that refreshes itself."""
_CONNECT_S: Final = 5
_ANSWER_S: Final = 60
"""A server that says nothing for so long is taken for away."""
_UNHEARD_MS: Final = 20_000
"""The same of one whose machine does not even acknowledge what it was sent: a connection that only
we still have, which a firewall or a crash has ended for the server."""
if hasattr(socket, "TCP_USER_TIMEOUT"):  # Linux; the driver has no setting for it
    _LIMIT = (socket.IPPROTO_TCP, socket.TCP_USER_TIMEOUT, _UNHEARD_MS)
    httputil.core_socket_options.append(_LIMIT)
_ACCESS: Final = frozenset({192, 193, 194, 516})
"""Unknown user, wrong password, password required, authentication failed."""
_WORDS: Final[dict[type[BaseException], str]] = {TimeoutError: "it takes too long"}
_EVERYWHERE: Final = {
    "distributed_ddl_output_mode": "throw_only_active",
    "distributed_ddl_task_timeout": 30,
    "insert_quorum": "auto",
    "insert_quorum_parallel": 0,
    "insert_quorum_timeout": 30_000,
    "select_sequential_consistency": 1,
}
"""On a cluster. An insert is there once most replicas have it, and whatever replica is asked then
shows it, or says that it is behind: `max(position)` must never be less than it was."""


class StoreInUse(Exception):
    """The embedded engine belongs to another process: ask that one, or wait until it has ended."""


class StoreAway(OperationalError, OSError):
    """The server does not answer: try again later. What was being written is there or not."""


class StoreRefuses(DatabaseError):
    """The server does not know this user or password: correct the address."""


class ClickHouse:
    """One store of analytics: one handle that writes, a few that only read. Thread-safe.

    Nothing is opened before it is used, so a server may be away when the process starts; every
    call may raise ClickHouseError or OSError (the caller tries again later) and, embedded,
    StoreInUse (the caller gives up). Reads are repeated once where a connection was lost, writes
    never. The embedded engine takes one process and one directory in it, and hangs in a forked
    child: fork before the first call, or not at all.
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
        with self._write() as client:
            client.command(sql, parameters=parameters or None)

    def insert(self, table: str, rows: pa.Table, *, token: str) -> None:
        """Insert `rows` as one part, unless a part with this token was inserted before.

        On an error it is not known whether the rows are there.
        """
        settings = {"insert_deduplication_token": token}
        with self._write() as client:
            client.insert_arrow(table, rows, settings=settings)

    def select(self, sql: str, **parameters: Any) -> list[tuple[Any, ...]]:
        """The rows of a query of ours, on a handle that can't write."""
        with self._read() as client:
            return [tuple(row) for row in client.query(sql, parameters=parameters).result_rows]

    def close(self) -> None:
        """Close all handles; the next use opens new ones."""
        with self._writing:
            self._close_writer()
        handles = [self._idle.get() for _ in range(_READERS)]  # all, before any is put back
        for client in handles:
            if client is not None:
                client.close()
            self._idle.put(None)

    @contextmanager
    def _write(self) -> Iterator[Client]:
        with self._writing, self._told():
            try:
                yield self._open_writer()
            except BaseException:
                if not self.target.path:  # another server, or another state of it, may come back
                    self._close_writer()
                raise

    @contextmanager
    def _read(self) -> Iterator[Client]:
        client = self._idle.get()
        try:
            with self._told():
                if client is None:
                    client = self._open_reader()
                yield client
        finally:
            self._idle.put(client)

    @contextmanager
    def _told(self) -> Iterator[None]:
        """Faults of the way to the server as what they are, without the address of a request."""
        try:
            yield
        except DatabaseError as error:
            where = f"the analytics server {self.target.host}:{self.target.port}"
            if error.code in _ACCESS:
                raise StoreRefuses(
                    f"{where} refuses the user {self.target.user!r}; look at stores.analytics",
                    code=error.code,
                ) from None
            if isinstance(error, OperationalError) and error.code is None and self.target.host:
                raise StoreAway(f"{where} does not answer: {_reason(error)}") from None
            raise

    def _open_writer(self) -> Client:
        if self._writer is None:
            client = self._connect(async_insert=0)
            self._create_database(client)
            client.database = self.target.database
            self._writer = client
        return self._writer

    def _create_database(self, client: Client) -> None:
        """Only where it is missing: the server's user need not have the right to make one."""
        name, cluster = self.target.database, self.target.cluster
        sql = "SELECT count() FROM system.databases WHERE name = {name:String}"
        if not client.query(sql, parameters={"name": name}).result_rows[0][0]:
            everywhere = f" ON CLUSTER `{cluster}`" if cluster else ""
            client.command(f"CREATE DATABASE IF NOT EXISTS {name}{everywhere}")

    def _close_writer(self) -> None:
        if self._writer is not None:
            self._writer.close()
        self._writer = None

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
            for chatty in (clickhouse_connect.__name__, "urllib3.connectionpool"):
                logging.getLogger(chatty).setLevel(logging.ERROR)  # it tells whole requests
            return clickhouse_connect.get_client(
                host=to.host,
                port=to.port,
                username=to.user,
                password=to.password,
                secure=to.secure,
                ca_cert=to.authority or None,
                settings={**settings, **(_EVERYWHERE if to.cluster else {})},
                connect_timeout=_CONNECT_S,
                send_receive_timeout=_ANSWER_S,
                autogenerate_session_id=False,
                dedicated_pool=True,
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


def _reason(error: BaseException) -> str:
    """What lies at the bottom of it, as the operating system or TLS calls it."""
    deepest: BaseException | None = error
    told = "the connection was lost"
    while deepest is not None:
        if isinstance(deepest, OSError):
            told = deepest.strerror or _WORDS.get(type(deepest), told)
        reason = getattr(deepest, "reason", None)
        deeper = deepest.__cause__ or deepest.__context__
        deepest = reason if isinstance(reason, BaseException) else deeper
    return told


__all__ = [
    "ClickHouse",
    "ClickHouseError",
    "StoreAway",
    "StoreInUse",
    "StoreRefuses",
    "Target",
    "parse_url",
]
