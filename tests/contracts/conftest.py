"""The event stores, for all that is held against each of them."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from contracts.event_stores import STORES, EventStore
from servers.postgres import fresh_database

from eventstore.recorders.port import CustomerRecorder


@pytest.fixture(params=STORES)
def store(request: pytest.FixtureRequest, tmp_path: Path) -> EventStore:
    def database() -> str:
        return fresh_database(request.getfixturevalue("postgres"))

    return STORES[request.param](tmp_path, database)


@pytest.fixture
def recorder(store) -> Iterator[CustomerRecorder]:
    recorder = store.open()
    yield recorder
    recorder.close()
