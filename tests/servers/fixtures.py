"""The servers as fixtures: started by the first test that asks, stopped when the session ends.

A server that cannot start is an error of the test, never a reason to skip it. LEADLOG_TEST_KAFKA
(host:port), LEADLOG_TEST_POSTGRES (a URL whose user may create databases) and
LEADLOG_TEST_CLICKHOUSE (clickhouse://user:password@host:port, likewise) name servers that run
already. Without the last one a stand-in takes ClickHouse's place: see clickhouse_http.py.
"""

import os
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from servers.clickhouse import ClickHouseServer
from servers.kafka import KafkaServer
from servers.postgres import PostgresServer, fresh_database


@pytest.fixture(scope="session")
def kafka() -> Iterator[str]:
    """The address of a Kafka that all tests of the session share; it is never stopped."""
    if given := os.environ.get("LEADLOG_TEST_KAFKA"):
        yield given
        return
    with _folder("kafka") as folder:
        server = KafkaServer(folder)
        server.start()
        try:
            yield server.address
        finally:
            server.stop()


@pytest.fixture(scope="module")
def breakable_kafka() -> Iterator[KafkaServer]:
    """A Kafka for the tests of one file, which may break it and must mend it again."""
    with _own_kafka() as server:
        yield server


@pytest.fixture
def own_kafka() -> Iterator[KafkaServer]:
    """A Kafka for one test, which may do to it what it likes."""
    with _own_kafka() as server:
        yield server


@pytest.fixture(scope="session")
def postgres() -> Iterator[str]:
    """The URL of a PostgreSQL that all tests of the session share; it is never stopped."""
    if given := os.environ.get("LEADLOG_TEST_POSTGRES"):
        yield given
        return
    with _folder("postgres") as folder:
        server = PostgresServer(folder)
        server.start()
        try:
            yield server.url()
        finally:
            server.stop()


@pytest.fixture
def own_postgres() -> Iterator[PostgresServer]:
    """A PostgreSQL for one test, which may stop and kill it."""
    with _folder("postgres") as folder:
        server = PostgresServer(folder)
        server.start()
        try:
            yield server
        finally:
            server.stop()


@pytest.fixture(scope="session")
def clickhouse() -> Iterator[str]:
    """The URL, without a database, of a ClickHouse that all tests share; it is never stopped."""
    if given := os.environ.get("LEADLOG_TEST_CLICKHOUSE"):
        yield given
        return
    with _folder("clickhouse") as folder:
        server = ClickHouseServer(folder)
        server.start()
        try:
            yield server.url()
        finally:
            server.stop()


@pytest.fixture
def own_clickhouse() -> Iterator[ClickHouseServer]:
    """A stand-in of ClickHouse for one test, which may stop and kill it."""
    with _folder("clickhouse") as folder:
        server = ClickHouseServer(folder)
        server.start()
        try:
            yield server
        finally:
            server.kill()


@pytest.fixture
def database(postgres: str) -> str:
    """The URL of an empty database."""
    return fresh_database(postgres)


@contextmanager
def _own_kafka() -> Iterator[KafkaServer]:
    with _folder("kafka") as folder:
        server = KafkaServer(folder)
        server.start()
        try:
            yield server
        finally:
            server.kill()


@contextmanager
def _folder(name: str) -> Iterator[Path]:
    """A folder that another user may enter, too: pytest's own are closed to all but one."""
    path = Path(tempfile.mkdtemp(prefix=f"leadlog-{name}-"))
    try:
        yield path
    finally:
        shutil.rmtree(path, ignore_errors=True)
