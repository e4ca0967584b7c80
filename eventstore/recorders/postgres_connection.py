"""How the event store reaches PostgreSQL, and what it must find there."""

import hashlib
import re
import select
import weakref
from typing import Any, Final

import psycopg
from eventsourcing.persistence import OperationalError
from eventsourcing.postgres import ConnectionPool, PostgresDatastore
from psycopg.conninfo import conninfo_to_dict
from psycopg.rows import DictRow, dict_row

from eventstore.recorders import postgres_statements as sql
from eventstore.recorders.coding import deal_row, encode, returned_rows
from eventstore.recorders.last_first import LastFirst
from eventstore.recorders.postgres_arrays import columns
from eventstore.recorders.postgres_reading import Moment, fetch
from eventstore.recorders.postgres_schema import CHECKS, STATEMENTS
from eventstore.recorders.upgrade import (
    JOINED_ONCE,
    OLD,
    appearances_anew,
    joins_anew,
    stirred_anew,
)
from eventstore.recorders.upgrade_returned import CLOSED_ONCE, returned_anew

DictConnection = psycopg.Connection[DictRow]

_CONNECT_S: Final = 5
_ONE_AT_A_TIME: Final = 0x1EAD
"""The advisory lock of whoever makes the tables."""
_HAS_OLD_APPEARANCES: Final = """
    SELECT count(*) = 2 FROM pg_attribute
    WHERE attrelid = to_regclass('appearance') AND attnum > 0"""
_HAS_REVIEWS: Final = """
    SELECT to_regclass('pair') IS NULL OR to_regclass('review_stirred') IS NOT NULL"""
_HAS_RETURNED: Final = """
    SELECT to_regclass('deal') IS NULL OR to_regclass('returned') IS NOT NULL"""
_SCHEMA: Final = re.compile(r"[a-z_][a-z0-9_]{0,62}")
_KEPT_ALIVE: Final = {
    "keepalives_idle": 10,
    "keepalives_interval": 5,
    "keepalives_count": 3,
    "tcp_user_timeout": 20_000,
}
"""Of libpq. A server that vanishes is noticed within 25 s, not after TCP's hours."""
_OURS: Final = (
    "-c jit=off -c enable_bitmapscan=off"
    " -c lock_timeout=30s -c idle_in_transaction_session_timeout=10s"
    " -c tcp_keepalives_idle=10 -c tcp_keepalives_interval=5 -c tcp_keepalives_count=3"
)
"""Of the server. To compile a statement takes it 50 ms and more; ours take one or two. A bitmap is
for keys of many rows; for ours, of one or two, it made a look-up half as dear again. A client that
was paused, or vanishes, may hold what all writers wait for."""


class StoreUnfit(Exception):
    """The database would lose or mix up events; the text says what to do."""


def connection_settings(url: str, schema: str) -> dict[str, Any]:
    """libpq's settings: those that the store needs, and those of the URL.

    The URL's `options` have the last word on the limits of time, for a server that is so slow.
    """
    if not _SCHEMA.fullmatch(schema):
        raise StoreUnfit(f"{schema!r} is no name of a schema; use small letters, digits and _")
    try:
        given = conninfo_to_dict(url)
    except psycopg.ProgrammingError as error:
        raise StoreUnfit(f"no address of a PostgreSQL database: {error}") from None
    options = f"{_OURS} {given.pop('options', None) or ''} -c search_path={schema}"
    return {
        **_KEPT_ALIVE,
        "application_name": "leadlog",
        "connect_timeout": _CONNECT_S,
        **given,
        "options": options,
    }


def prepare_database(settings: dict[str, Any], schema: str) -> None:
    """Make what is missing, once whoever starts at the same time, and refuse what is unfit.

    Raises StoreUnfit, and OperationalError while the server is away or turns us off.
    """
    try:
        with psycopg.connect(**settings) as connection:
            connection.execute("SELECT pg_advisory_xact_lock(%s)", (_ONE_AT_A_TIME,))
            connection.execute(f"CREATE SCHEMA IF NOT EXISTS {schema}".encode())
            _refuse_unfit(connection)
            _create(connection)
    except psycopg.OperationalError as error:
        raise OperationalError(f"the event store does not answer: {error}") from error
    except psycopg.Error as error:
        raise StoreUnfit(f"the event store cannot be prepared: {error}") from error


def open_datastore(settings: dict[str, Any], schema: str, pool_size: int) -> PostgresDatastore:
    """The library's datastore over these settings; connects when it is first used."""
    # its five own settings stay empty: all stand in `settings`, with those it has no name for
    datastore = PostgresDatastore("", "", "", "", "", schema=schema)
    datastore.pool = _Pool(settings, pool_size)
    return datastore


class _Pool(ConnectionPool[DictConnection]):
    """Where one connection is found dead, all that lie there are thrown away: they died with it.

    Whoever asks for a connection waits for at most `_CONNECT_S`, and the pool for a server no
    longer. The library's would try again after twice as long each time, for minutes, and whoever
    asks meanwhile waits for that.
    """

    def __init__(self, settings: dict[str, Any], size: int) -> None:
        pool = weakref.ref(self)  # itself, it would be kept alive by its own function
        super().__init__(
            connection_class=DictConnection,
            kwargs={**settings, "row_factory": dict_row},
            min_size=1,
            max_size=size,
            open=False,
            configure=_commit_by_ourselves,
            check=lambda connection: _check(connection, pool()),
            timeout=_CONNECT_S,
            reconnect_timeout=_CONNECT_S,
        )
        self._pool = LastFirst()


def _check(connection: DictConnection, pool: _Pool | None) -> None:
    """Raises psycopg.Error where it is dead, and the pool gives another one."""
    try:
        _look_whether_ended(connection)
    except psycopg.Error:
        if pool is not None:
            pool.drain()
        raise


def _look_whether_ended(connection: "psycopg.Connection[Any]") -> None:
    """A connection that died while it lay there is nobody's fault.

    Where a server has ended it, there is something to read; only then is it worth a round trip.
    """
    looking = select.poll()
    looking.register(connection.fileno(), select.POLLIN)
    if looking.poll(0):
        ConnectionPool.check_connection(connection)


def _commit_by_ourselves(connection: "psycopg.Connection[Any]") -> None:
    connection.autocommit = True


def _refuse_unfit(connection: "psycopg.Connection[Any]") -> None:
    for query, remedy in CHECKS:
        row = connection.execute(query.encode()).fetchone()
        if row is None or not row[0]:
            raise StoreUnfit(" ".join(remedy.split()))


def _fill_anew(connection: "psycopg.Connection[Any]") -> None:
    """See eventstore.recorders.upgrade."""
    page = f"""SELECT leaf, lead FROM {OLD} WHERE (leaf, lead) > (%b, %b)
        ORDER BY leaf, lead LIMIT %b"""  # noqa: S608 - no value
    moment = Moment(connection)
    appearances_anew(
        moment,
        lambda key, most: [(r[0], r[1]) for r in fetch(connection, page.encode(), (*key, most))],
        lambda rows: _write(connection, sql.APPEARANCES, rows),
    )
    ever = [row[0] for row in fetch(connection, JOINED_ONCE.encode(), ())]
    _write(connection, sql.JOINED, joins_anew(moment, ever))
    connection.execute(f"DROP TABLE {OLD}".encode())


def _fill_returned(connection: "psycopg.Connection[Any]") -> None:
    """See eventstore.recorders.upgrade_returned."""
    closed = [row[0] for row in fetch(connection, CLOSED_ONCE.encode(), ())]
    for changes in returned_anew(Moment(connection), closed):
        cards = sorted((leaf, c.person, v, encode(c)) for leaf, (v, c) in changes.cards.items())
        _write(connection, sql.CARDS, cards)
        deals = [deal_row(*row) for _, row in sorted(changes.deals.items()) if row]
        _write(connection, sql.DEALS, deals)
        _write(connection, sql.RETURNED, [row[:4] for row in returned_rows(changes)])


def _write(connection: "psycopg.Connection[Any]", query: bytes, rows: list[Any]) -> None:
    if rows:
        connection.execute(query, columns(rows))


def _create(connection: "psycopg.Connection[Any]") -> None:
    """Only when something is new: making an index that is there waits for every writer."""
    digest = hashlib.sha256("\n".join(STATEMENTS).encode()).hexdigest()
    made = connection.execute("SELECT obj_description(to_regclass('clock'))").fetchone()
    if made is not None and made[0] == digest:
        return
    is_old = connection.execute(_HAS_OLD_APPEARANCES).fetchone() == (True,)
    if is_old:
        connection.execute(f"ALTER TABLE appearance RENAME TO {OLD}".encode())
        connection.execute(f"ALTER INDEX appearance_pkey RENAME TO {OLD}_pkey".encode())
    has_reviews = connection.execute(_HAS_REVIEWS).fetchone() == (True,)
    has_returned = connection.execute(_HAS_RETURNED).fetchone() == (True,)
    for statement in STATEMENTS:
        connection.execute(statement.encode())
    if is_old:
        _fill_anew(connection)
    if not has_reviews:
        moment = Moment(connection)
        stirred = stirred_anew(moment.cards, moment.pairs_apart)
        _write(connection, sql.STIRRED, [(leaf,) for leaf in sorted(stirred)])
    if not has_returned:
        _fill_returned(connection)
    connection.execute(f"COMMENT ON TABLE clock IS '{digest}'".encode())
