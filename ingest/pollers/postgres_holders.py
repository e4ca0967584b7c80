"""Which process polls an account now: whoever has its lock in the event store's PostgreSQL."""

from collections.abc import Collection
from typing import Final

import psycopg

from eventstore.recorders.postgres_connection import connection_settings
from ingest.pollers.cursors import CursorsUnavailable
from ingest.pollers.postgres_cursors import lock_of

_HOLDERS: Final = """
    SELECT classid::bigint << 32 | objid::bigint, coalesce(host(client_addr), 'its own machine')
    FROM pg_locks JOIN pg_stat_activity USING (pid)
    WHERE locktype = 'advisory' AND objsubid = 1 AND granted
        AND database = (SELECT oid FROM pg_database WHERE datname = current_database())"""
"""A lock of 64 bits stands there in two halves."""


def holders(url: str, accounts: Collection[str], *, schema: str = "public") -> dict[str, str]:
    """By account the address of the machine that polls it; nobody polls those that are missing.

    Raises CursorsUnavailable.
    """
    try:
        with psycopg.connect(**connection_settings(url, schema)) as connection:
            held = dict(connection.execute(_HOLDERS.encode()).fetchall())
    except psycopg.Error as error:
        raise CursorsUnavailable(f"the store of cursors is away: {type(error).__name__}") from error
    places = {account: held.get(lock_of(account, schema)) for account in accounts}
    return {account: place for account, place in places.items() if place is not None}
