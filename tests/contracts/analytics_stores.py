"""The stores of analytics that the contract is bound to."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager

from servers.clickhouse import at, fresh_name

from projections.clickhouse.client import ClickHouse
from projections.testing import fresh_store


@contextmanager
def server_store(server: str) -> Iterator[ClickHouse]:
    """An empty database on the server of this address, dropped in the end."""
    store = ClickHouse(at(server, fresh_name()))
    try:
        yield store
        store.command(f"DROP DATABASE {store.target.database}")
    finally:
        store.close()


@contextmanager
def _embedded(server: Callable[[], str]) -> Iterator[ClickHouse]:
    del server
    with fresh_store() as store:
        yield store


@contextmanager
def _server(server: Callable[[], str]) -> Iterator[ClickHouse]:
    with server_store(server()) as store:
        yield store


STORES = {"chdb": _embedded, "server": _server}
"""Each makes a store; where it needs a server, it asks for its address."""
