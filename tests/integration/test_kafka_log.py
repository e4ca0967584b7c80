"""The lead log on a real Kafka: what is special about it."""

import asyncio
import contextlib
import socket
import threading
import time
from concurrent.futures import ThreadPoolExecutor

import pytest
from aiokafka import AIOKafkaConsumer, AIOKafkaProducer, TopicPartition
from aiokafka.admin import AIOKafkaAdminClient, NewTopic, RecordsToDelete
from contracts.lead_logs import KEYRING, number_of, record
from msgspec.structs import replace
from servers.kafka import KafkaServer

from ingest.log.kafka import KafkaLogWriter, append_now
from ingest.log.kafka_reader import KafkaLogReader
from ingest.log.kafka_topic import AWAY, KafkaTopic, TopicDiffers, prepare
from ingest.log.port import LogRewound, LogUnavailable, Record, RecordTooLarge, RecordType


@pytest.fixture
def topic(breakable_kafka: KafkaServer) -> KafkaTopic:
    return KafkaTopic.of(f"kafka://{breakable_kafka.address}/log{time.time_ns()}?partitions=2")


@pytest.fixture
async def writer(topic):
    writer = KafkaLogWriter(topic, KEYRING, deadline=1.0, stuck_after=2.0)
    await writer.start()
    yield writer
    await writer.close()


@pytest.fixture
def reader(topic):
    reader = KafkaLogReader(topic)
    yield reader
    reader.close()


@pytest.fixture
async def admin(breakable_kafka):
    admin = AIOKafkaAdminClient(bootstrap_servers=breakable_kafka.address)
    await admin.start()
    yield admin
    await admin.close()


async def within(seconds: float, attempt) -> None:
    """Try until it is taken."""
    end = time.monotonic() + seconds
    while True:
        try:
            return await attempt()
        except LogUnavailable:
            assert time.monotonic() < end
            await asyncio.sleep(0.1)


async def messages(topic: KafkaTopic, count: int):
    consumer = AIOKafkaConsumer(
        topic.name, bootstrap_servers=list(topic.servers), auto_offset_reset="earliest"
    )
    await consumer.start()
    try:
        return [await asyncio.wait_for(consumer.getone(), 10) for _ in range(count)]
    finally:
        await consumer.stop()


# --- the topic ---


async def test_the_topic_is_made_as_it_must_be_and_found_good_the_next_time(topic):
    assert await prepare(topic) == 2
    assert await prepare(topic) == 2


async def test_two_processes_may_make_the_topic_at_once(topic):
    assert await asyncio.gather(*(prepare(topic) for _ in range(4))) == [2, 2, 2, 2]


async def test_a_topic_that_would_lose_leads_is_refused_with_the_remedy(topic, admin):
    config = {"cleanup.policy": "compact", "retention.ms": "60000"}
    await admin.create_topics([NewTopic(topic.name, 5, 1, topic_configs=config)])
    with pytest.raises(TopicDiffers) as refused:
        await prepare(topic)
    text = str(refused.value)
    for line in (
        "partitions are 5, configured 2: configure partitions=5",
        "cleanup.policy is compact, must be delete: kafka-configs.sh --alter --topic",
        "retention.ms is 60000, must be 604800000",
        "--add-config max.message.bytes=67108864",
        "--add-config flush.messages=1",
        "message.timestamp.type is CreateTime, must be LogAppendTime",
    ):
        assert line in text
    writer = KafkaLogWriter(topic, KEYRING)
    with pytest.raises(TopicDiffers):
        await writer.start()


# --- what stands in Kafka ---


async def test_kafka_sees_a_keyed_hash_and_no_identity(writer, topic):
    who = "+79123456789"
    lead = record(1, who)
    value = lead.value.replace(
        b'"n"', b'"channel":"mango","account":"office","received_at":"2026-01-01T00:00:00.000Z","n"'
    )
    await writer.append([replace(lead, value=value)])
    (message,) = await messages(topic, 1)
    assert message.key == KEYRING.record_key("phone", who)
    headers = dict(message.headers)
    assert headers == {
        "ce_specversion": b"1.0",
        "ce_id": b"e1",
        "ce_type": b"com.leadlog.lead",
        "ce_source": b"mango/office",
        "ce_time": b"2026-01-01T00:00:00.000Z",
        "content-type": b"application/json",
    }
    assert who.encode() not in message.key + b"".join(headers.values())


async def test_deliveries_about_a_lead_without_identity_share_a_partition(writer, topic):
    for number in range(12):
        value = b'{"event_id":"e%d","lead_id":"l1"}' % number
        await writer.append([Record(RecordType.LEAD, value)])
    assert len({m.partition for m in await messages(topic, 12)}) == 1


async def test_what_others_put_on_the_topic_counts_as_a_lead_event(writer, topic, reader):
    producer = AIOKafkaProducer(bootstrap_servers=list(topic.servers))
    await producer.start()
    await producer.send_and_wait(topic.name, b"{}", partition=0)
    await producer.send_and_wait(topic.name, b"[]", partition=0, headers=[("ce_type", b"other")])
    await producer.stop()
    found = reader.read(f"{topic.name}-0", -1, 10)
    assert [(r.type, r.value) for r in found] == [
        (RecordType.LEAD, b"{}"),
        (RecordType.LEAD, b"[]"),
    ]


async def test_a_record_that_kafka_never_takes_is_told_from_a_log_that_is_away(writer):
    with pytest.raises(RecordTooLarge):
        await writer.append([Record(RecordType.LEAD, bytes(64 * 1024 * 1024))])


def test_feed_appends_from_a_thread_without_a_loop(topic, reader):
    append_now(topic, KEYRING, [record(number) for number in range(1200)])
    (partition,) = [p for p in reader.partitions() if reader.end(p) >= 0]
    assert [number_of(r.value) for r in reader.read(partition, -1, 2000)] == list(range(1200))


# --- when Kafka is away ---


async def test_a_producer_whose_numbers_have_a_gap_is_replaced(writer, topic, reader):
    """One that a broker refused for good, and that aiokafka would number on after for ever."""
    await writer.append([record(1)])
    for number in range(2):
        partition = TopicPartition(topic.name, number)
        writer._batches.producer._txn_manager.increment_sequence_number(partition, 1)
    with pytest.raises(LogUnavailable):
        await writer.append([record(1)])
    await within(20, lambda: writer.append([record(1)]))


async def test_a_writer_may_start_while_kafka_is_away(topic, breakable_kafka):
    breakable_kafka.kill()
    writer = KafkaLogWriter(topic, KEYRING, deadline=1.0)
    try:
        await writer.start()
        with pytest.raises(LogUnavailable, match="away"):
            await writer.append([record(1)])
    finally:
        await asyncio.to_thread(breakable_kafka.start)
    await within(30, lambda: writer.append([record(1)]))
    await writer.close()


async def test_a_reader_says_that_kafka_is_away_and_goes_on_when_it_is_back(
    writer, topic, reader, breakable_kafka
):
    await writer.append([record(1)])
    (partition,) = [p for p in reader.partitions() if reader.end(p) >= 0]
    impatient = KafkaLogReader(topic, timeout=1.0)
    assert len(impatient.read(partition, -1, 10)) == 1
    breakable_kafka.pause()
    try:
        with pytest.raises(LogUnavailable):
            impatient.read(partition, 0, 10)
    finally:
        breakable_kafka.resume()
    await within(20, lambda: writer.append([record(2)]))
    await within(20, lambda: asyncio.to_thread(impatient.read, partition, 0, 10))
    assert number_of(impatient.read(partition, -1, 1)[0].value) == 1
    impatient.close()


async def test_a_consumer_of_a_lost_broker_may_cancel_whoever_parts_from_it(
    writer, topic, breakable_kafka
):
    """aiokafka's own doing: its fetch waits for a while after a fault, and is cancelled there."""
    await writer.append([record(1)])
    consumer = AIOKafkaConsumer(
        topic.name, bootstrap_servers=list(topic.servers), retry_backoff_ms=600_000
    )
    await consumer.start()
    await consumer.getmany(timeout_ms=500)
    breakable_kafka.kill()
    await asyncio.sleep(2)  # its fetch has failed
    stopping = asyncio.create_task(consumer.stop())
    await asyncio.wait([stopping], timeout=20)
    assert stopping.cancelled(), "aiokafka is mended: `in_time` may be shorter"


async def test_a_topic_made_anew_under_its_old_name_is_noticed(writer, topic, reader, admin):
    await writer.append([record(number) for number in range(5)])
    (partition,) = [p for p in reader.partitions() if reader.end(p) >= 0]
    assert reader.read(partition, 4, 10) == []
    await writer.close()  # or it would make the topic again at a time of its own
    await admin.delete_topics([topic.name])
    await within(20, lambda: _made(topic))
    fresh = KafkaLogReader(topic)

    async def read() -> None:
        await asyncio.to_thread(fresh.read, partition, 4, 10)
        raise LogUnavailable("a broker may answer for the old topic yet")

    with pytest.raises(LogRewound, match="made anew"):
        await within(20, read)
    fresh.close()


async def _made(topic):
    try:
        await prepare(topic)
    except AWAY as error:
        raise LogUnavailable from error


async def test_records_deleted_before_they_were_read_are_named_as_lost(
    writer, topic, reader, admin, capsys
):
    await writer.append([record(number) for number in range(10)])
    (partition,) = [p for p in reader.partitions() if reader.end(p) >= 0]
    number = int(partition.rpartition("-")[2])
    deleted = {TopicPartition(topic.name, number): RecordsToDelete(before_offset=6)}
    await admin.delete_records(deleted)
    assert reader.expired(partition) == 6
    assert [r.offset for r in reader.read(partition, -1, 100)] == [6, 7, 8, 9]
    assert "records_gone_unread" not in capsys.readouterr().out
    assert [r.offset for r in reader.read(partition, 2, 100)] == [6, 7, 8, 9]
    assert "records_gone_unread" in capsys.readouterr().out


@pytest.mark.parametrize(
    ("url", "fault"),
    [
        ("kafka:///leads", "no lead log"),
        ("kafka://host:9092/", "no lead log"),
        ("redis://host/leads", "no lead log"),
        ("kafka://host:9092/a/b", "no lead log"),
        ("kafka://host:9092/leads?partition=3", "no setting 'partition'; known: partitions"),
        ("kafka://host:9092/leads?partitions=many", "must be a number above 0, not 'many'"),
        ("kafka://host:9092/leads?replication=0", "must be a number above 0"),
    ],
)
def test_an_impossible_url_is_explained(url, fault):
    with pytest.raises(ValueError, match=fault):
        KafkaTopic.of(url)


def test_a_url_says_everything_about_the_topic():
    topic = KafkaTopic.of("kafka://a:1,b:2/leads?replication=3&min_insync=2&retention_days=30")
    assert topic == KafkaTopic(("a:1", "b:2"), "leads", None, 3, 2, 30)


def test_a_reader_that_is_closed_says_so_to_whoever_reads_by_it():
    """A thread that is looking while its process ends."""
    with socket.create_server(("127.0.0.1", 0)) as silent, ThreadPoolExecutor(1) as other:
        silent.settimeout(60)
        reader = KafkaLogReader(KafkaTopic((f"127.0.0.1:{silent.getsockname()[1]}",), "leads"))
        looking = other.submit(reader.partitions)
        silent.accept()
        reader.close()
        with pytest.raises(LogUnavailable, match="closed"):
            looking.result(60)
        with pytest.raises(LogUnavailable, match="closed"):
            reader.partitions()


def test_whoever_reads_what_does_not_let_itself_be_ended_is_told_as_well():
    """As aiokafka does, which swallows cancellations while it closes."""
    begun = threading.Event()

    async def stubborn():
        begun.set()
        while True:
            with contextlib.suppress(asyncio.CancelledError):
                await asyncio.sleep(600)

    reader = KafkaLogReader(KafkaTopic(("127.0.0.1:1",), "leads"))
    with ThreadPoolExecutor(1) as other:
        looking = other.submit(reader._run, stubborn())
        assert begun.wait(60)
        reader.close()
        with pytest.raises(LogUnavailable, match="closed"):
            looking.result(60)
