"""What a person is told when a store cannot be worked on: a disk of ours, or a server."""

import errno
import sqlite3

import pytest
from eventsourcing.persistence import OperationalError

from ingest.log.kafka_reach import Unreachable
from ingest.log.port import LogUnavailable
from leadlog.ownership import DataUnusable, owned
from leadlog.settings import Keys, Settings, Stores
from projections.clickhouse.client import StoreAway

EMBEDDED = Settings()
SERVERS = Settings(
    stores=Stores(log="kafka://k/leads", events="postgresql://db/x", analytics="clickhouse://c/x"),
    keys=Keys(identity="ab" * 32),
)
MIXED = Settings(
    stores=Stores(log="kafka://k/leads", events="sqlite:///events.db"),
)
NO_SPACE = OSError(errno.ENOSPC, "No space left on device")


@pytest.mark.parametrize(
    ("settings", "error"),
    [
        (EMBEDDED, NO_SPACE),
        (EMBEDDED, sqlite3.OperationalError("disk I/O error")),
        (EMBEDDED, OperationalError("disk I/O error")),
        (EMBEDDED, LogUnavailable("the disk is full")),
        (MIXED, OperationalError("disk I/O error")),
        (SERVERS, NO_SPACE),
    ],
)
def test_of_a_file_one_is_told_to_look_at_the_disk(settings, error, tmp_path):
    told = told_of(settings, error, tmp_path)
    assert told.endswith("; look at its disk, and who may write there")
    assert told.startswith(f"cannot work on {tmp_path}: ")


@pytest.mark.parametrize(
    ("settings", "error"),
    [
        (SERVERS, OperationalError("the event store does not answer")),
        (SERVERS, LogUnavailable("Kafka is away")),
        (MIXED, LogUnavailable("Kafka is away")),
        (EMBEDDED, StoreAway("the analytics server does not answer")),
        (SERVERS, ConnectionRefusedError(errno.ECONNREFUSED, "refused")),
    ],
)
def test_of_a_server_that_is_away_nobody_is_sent_to_a_disk(settings, error, tmp_path):
    told = told_of(settings, error, tmp_path)
    assert told.startswith("cannot work on the stores: ")
    assert told.endswith("is the server up, and the way to it open? leadlog doctor")


def test_where_the_remedy_is_known_it_is_told(tmp_path):
    away = LogUnavailable("Kafka is away: it speaks TLS")
    away.__cause__ = Unreachable("it speaks TLS", "set tls = true in [kafka]")
    assert told_of(SERVERS, away, tmp_path).endswith("it speaks TLS; set tls = true in [kafka]")


def told_of(settings, error, data):
    def work() -> None:
        with owned(settings.model_copy(update={"data": data})):
            raise error

    with pytest.raises(DataUnusable) as told:
        work()
    return str(told.value)
