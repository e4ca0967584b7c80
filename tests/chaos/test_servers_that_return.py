"""One client of a server that is killed and comes back, or of which a dead connection is left."""

import asyncio
import time

import pytest
from contracts.lead_logs import number_of, record
from contracts.test_event_store import base_on
from eventsourcing.persistence import OperationalError
from integration.test_clickhouse_server import far, proxy
from integration.test_kafka_log import reader, topic, within, writer
from integration.test_postgres_store import logged, outcomes, phones, pooled
from integration.test_servers import create, produce
from integration.test_spool import drained, firsts, on_kafka, spool, started, url
from servers.kafka import KafkaServer
from servers.postgres import PostgresServer, fresh_database

from eventstore.recorders.postgres import PostgresCustomerRecorder
from ingest.log.port import LogUnavailable
from ingest.processor.batch import BatchHandler
from projections.clickhouse.client import StoreAway

__all__ = ["far", "proxy", "reader", "spool", "topic", "url", "writer"]

AWAY_S = 40.0
"""Long enough for pauses that double to outlast whoever asks for a connection (5 s)."""
ENDED_WITHIN_S = 40.0
REFUSED_WITHIN_S = 1.0

# --- Kafka ---


async def test_the_writer_outlives_a_broker_that_is_killed_and_comes_back(
    writer, reader, breakable_kafka
):
    await writer.append([record(1)])
    breakable_kafka.kill()
    with pytest.raises(LogUnavailable):
        await writer.append([record(2)])
    assert await refused_in_the_end_at_once(writer)
    await asyncio.to_thread(breakable_kafka.start)
    await within(30, lambda: writer.append([record(4)]))
    found = [
        number_of(r.value)
        for p in await asyncio.to_thread(reader.partitions)
        for r in await asyncio.to_thread(reader.read, p, -1, 100)
    ]
    assert {1, 4} <= set(found)


async def refused_in_the_end_at_once(writer) -> bool:
    """Once the producer is given up, an append does not wait for the deadline of an ack, 4 s."""
    for _ in range(10):
        began = time.monotonic()
        with pytest.raises(LogUnavailable):
            await writer.append([record(3)])
        if time.monotonic() - began < REFUSED_WITHIN_S:
            return True
    return False


async def test_a_gateway_may_start_while_kafka_is_away(url, spool, breakable_kafka):
    breakable_kafka.kill()
    try:
        writer = await started(url, spool)
        for number in range(10):
            await writer.append([record(number)])
    finally:
        await asyncio.to_thread(breakable_kafka.start)
    await drained(writer)
    await writer.close()
    assert firsts(on_kafka(url)) == list(range(10))  # what was not confirmed in time comes again


async def test_a_killed_kafka_keeps_what_it_took(breakable_kafka: KafkaServer) -> None:
    await create(breakable_kafka.address, "killed")
    await produce(breakable_kafka.address, "killed")
    breakable_kafka.kill()
    await asyncio.to_thread(breakable_kafka.start)
    assert await produce(breakable_kafka.address, "killed") == 1


async def test_a_kafka_that_was_paused_or_killed_is_mended(breakable_kafka: KafkaServer) -> None:
    for broken in (breakable_kafka.pause, breakable_kafka.kill):
        broken()
        await asyncio.to_thread(breakable_kafka.mend)
        assert await asyncio.to_thread(breakable_kafka._takes_topics)


# --- PostgreSQL ---


def test_a_recorder_outlives_a_server_that_is_killed_and_comes_back(own_postgres: PostgresServer):
    recorder = PostgresCustomerRecorder(fresh_database(own_postgres.url()))
    handler = BatchHandler(base_on(recorder))
    handler.handle(logged(*phones(5)))
    pooled(recorder, 8)
    own_postgres.kill()
    began = time.monotonic()
    while time.monotonic() < began + AWAY_S:
        with pytest.raises(OperationalError):
            handler.handle(logged(*phones(5, start=5), start=5))
    own_postgres.start()
    for _ in range(8):  # the first is answered, and none of the dead connections is given out
        assert recorder.last_position() == 10
    handler.handle(logged(*phones(5, start=5), start=5))
    assert outcomes(recorder) == {"accepted": 10}
    recorder.close()


# --- ClickHouse ---


def test_connections_that_only_we_have_end_before_the_limit_of_an_answer(far, proxy):
    """As after a firewall has forgotten them: each use costs 20 s, not the minute of an answer."""
    far.command("CREATE TABLE seen (number UInt8) ENGINE = MergeTree ORDER BY number")
    assert far.select("SELECT number FROM seen") == []
    assert proxy.half_open() == 2  # the writer's, and a reader's
    for use in (far.select, far.command):
        began = time.monotonic()
        with pytest.raises(StoreAway):
            use("SELECT number FROM seen")
        assert time.monotonic() - began < ENDED_WITHIN_S
        use("SELECT number FROM seen")
