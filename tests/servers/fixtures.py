"""The servers as fixtures: started by the first test that asks, stopped when the session ends.

A server that cannot start is an error of the test, never a reason to skip it. LEADLOG_TEST_KAFKA
(host:port), LEADLOG_TEST_POSTGRES (a URL whose user may create databases) and
LEADLOG_TEST_CLICKHOUSE (clickhouse://user:password@host:port, likewise) name servers that run
already. Without the last one a stand-in takes ClickHouse's place: see clickhouse_http.py.
"""

import os
import shutil
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from typing import Protocol, TypeVar

import pytest
from servers.clickhouse import ClickHouseServer
from servers.kafka import KafkaServer
from servers.kafka_cluster import KafkaCluster
from servers.kafka_security import Security
from servers.postgres import PostgresServer, fresh_database


class Server(Protocol):
    """What these servers have in common."""

    def start(self) -> None: ...


S = TypeVar("S", bound=Server)


@pytest.fixture(scope="session")
def kafka(request: pytest.FixtureRequest) -> str:
    """The address of a Kafka that all tests of the session share."""
    if given := os.environ.get("LEADLOG_TEST_KAFKA"):
        return given
    server: KafkaServer = request.getfixturevalue("shared_kafka")
    return server.address


@pytest.fixture(scope="session")
def shared_kafka() -> Iterator[KafkaServer]:
    """For the other fixtures: tests ask for `kafka`, or for `breakable_kafka`."""
    with running("kafka", _secured, KafkaServer.kill) as server:
        yield server


@pytest.fixture
def secured_kafka(shared_kafka: KafkaServer) -> KafkaServer:
    """The same, for a test that looks into its `security`."""
    return shared_kafka


@pytest.fixture
def breakable_kafka(shared_kafka: KafkaServer) -> Iterator[KafkaServer]:
    """The same, for a test that may break it; the next test finds it mended."""
    yield shared_kafka
    shared_kafka.mend()


@pytest.fixture
def own_kafka() -> Iterator[KafkaServer]:
    """A Kafka for one test, which may do to it what it likes, for long."""
    with running("kafka", KafkaServer, KafkaServer.kill) as server:
        yield server


@pytest.fixture(scope="module")
def kafka_cluster() -> Iterator[KafkaCluster]:
    """Three nodes of Kafka for the tests of one file, which may kill them and must `start` them."""
    with running("kafka", KafkaCluster, KafkaCluster.kill) as cluster:
        yield cluster


@pytest.fixture(scope="session")
def postgres() -> Iterator[str]:
    """The URL of a PostgreSQL that all tests of the session share; it is never stopped."""
    if given := os.environ.get("LEADLOG_TEST_POSTGRES"):
        yield given
        return
    with _postgres() as server:
        yield server.url()


@pytest.fixture
def own_postgres() -> Iterator[PostgresServer]:
    """A PostgreSQL for one test, which may stop and kill it."""
    with _postgres() as server:
        yield server


@pytest.fixture(scope="session")
def clickhouse(request: pytest.FixtureRequest) -> str:
    """The URL, without a database, of a ClickHouse that all tests of the session share."""
    if given := os.environ.get("LEADLOG_TEST_CLICKHOUSE"):
        return given
    server: ClickHouseServer = request.getfixturevalue("shared_clickhouse")
    return server.url()


@pytest.fixture(scope="session")
def shared_clickhouse() -> Iterator[ClickHouseServer]:
    """For the other fixtures: tests ask for `clickhouse`, or for `breakable_clickhouse`."""
    with _clickhouse() as server:
        yield server


@pytest.fixture
def breakable_clickhouse(shared_clickhouse: ClickHouseServer) -> Iterator[ClickHouseServer]:
    """A stand-in that a test may stop and kill; the next test finds it running."""
    yield shared_clickhouse
    if not shared_clickhouse.running:
        shared_clickhouse.start()


@pytest.fixture
def own_clickhouse() -> Iterator[ClickHouseServer]:
    """A stand-in of ClickHouse for one test, which may do to it what it likes, for long."""
    with _clickhouse() as server:
        yield server


@pytest.fixture
def database(postgres: str) -> str:
    """The URL of an empty database."""
    return fresh_database(postgres)


@contextmanager
def running(name: str, make: Callable[[Path], S], end: Callable[[S], None]) -> Iterator[S]:
    """A server in a folder that goes with it."""
    with _folder(name) as folder:
        server = make(folder)
        server.start()
        try:
            yield server
        finally:
            end(server)


def _secured(folder: Path) -> KafkaServer:
    return KafkaServer(folder, short_lived=True, security=Security(folder))


# Nobody needs their data any more; but a PostgreSQL that is killed leaves shared memory behind.
_postgres = partial(running, "postgres", PostgresServer, PostgresServer.stop)
_clickhouse = partial(running, "clickhouse", ClickHouseServer, ClickHouseServer.kill)


@contextmanager
def _folder(name: str) -> Iterator[Path]:
    """A folder that another user may enter, too: pytest's own are closed to all but one."""
    path = Path(tempfile.mkdtemp(prefix=f"leadlog-{name}-"))
    try:
        yield path
    finally:
        shutil.rmtree(path, ignore_errors=True)
