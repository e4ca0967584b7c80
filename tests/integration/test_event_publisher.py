"""Event store → Kafka: every event once, in its stream's order, and nobody's data."""

import asyncio
import itertools
import signal
import socket
import subprocess
import sys
import threading
import time
from collections import defaultdict
from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import replace
from pathlib import Path
from typing import NamedTuple, Self

import msgspec
import pytest
from aiokafka import AIOKafkaConsumer, AIOKafkaProducer, ConsumerRecord, TopicPartition
from aiokafka.admin import AIOKafkaAdminClient, NewTopic, RecordsToDelete
from contracts.lead_logs import ENVIRONMENT
from integration.kafka_processor import base_in
from support.form_leads import AT, lead_of
from support.waiting import wait_until

from channels.sdk.lead import Campaign, Identity, LeadEvent, Profile
from eventstore.card_commands import CardCommands
from eventstore.customer_base import CustomerBase
from eventstore.deal_commands import DealCommands
from eventstore.domain.events import DealOpened
from eventstore.lease import Lease
from eventstore.orders import order
from eventstore.recorders.postgres_lease import PostgresLease
from ingest.log.kafka_topic import KafkaTopic, TopicDiffers
from ingest.log.port import Logged
from ingest.log.records import lead_record
from ingest.outbox.events_topic import beside, last_position, prepare_events
from ingest.outbox.publisher import EventPublisher, PublishedAhead
from ingest.processor.batch import BatchHandler

PUBLISHER = Path(__file__).parent / "publishing.py"
_offsets = itertools.count()


class Place(NamedTuple):
    """One test's event store and topic."""

    topic: KafkaTopic
    folder: Path
    base: CustomerBase

    def feed(self, *leads: LeadEvent) -> None:
        records = [lead_record(lead) for lead in leads]
        BatchHandler(self.base).handle(
            [Logged("leads-0", next(_offsets), record.type, record.value) for record in records]
        )

    def feed_many(self, count: int) -> None:
        self.feed(*(lead_of(f"{time.time_ns()}-{n}", phone=f"+7912{n:07}") for n in range(count)))

    @property
    def positions(self) -> list[int]:
        return [recorded.position for recorded in self.base.recorder.read(0, 1_000_000)]

    def start(self, fault: str = "") -> "subprocess.Popen[bytes]":
        url = f"kafka://{self.topic.servers[0]}/{self.topic.name}"
        return subprocess.Popen(
            [sys.executable, str(PUBLISHER), url, str(self.folder)],
            env={**ENVIRONMENT, "LEADLOG_FAULT": fault},
            stdout=(self.folder / "out").open("ab"),
            stderr=subprocess.STDOUT,
        )

    def published(self, isolation: str = "read_committed") -> list[ConsumerRecord]:
        return asyncio.run(self._published(isolation))

    async def _published(self, isolation: str) -> list[ConsumerRecord]:
        partitions = await prepare_events(self.topic)
        every = [TopicPartition(self.topic.name, number) for number in range(partitions)]
        consumer = AIOKafkaConsumer(
            bootstrap_servers=list(self.topic.servers),
            isolation_level=isolation,
            auto_offset_reset="earliest",
        )
        await consumer.start()
        try:
            consumer.assign(every)
            ends = await consumer.end_offsets(every)
            found: list[ConsumerRecord] = []
            for tp in every:
                while await consumer.position(tp) < ends[tp]:
                    for records in (await consumer.getmany(timeout_ms=200)).values():
                        found += records
            return found
        finally:
            await consumer.stop()

    def until_published(self, count: int, within_s: float = 60.0) -> None:
        end = time.monotonic() + within_s
        while (reached := asyncio.run(self._last())) < count:
            assert time.monotonic() < end, f"{reached}: {(self.folder / 'out').read_text()[-4000:]}"
            time.sleep(0.05)

    def until_said(self, word: str, within_s: float = 60.0) -> None:
        end = time.monotonic() + within_s
        while word not in (said := (self.folder / "out").read_text()):
            assert time.monotonic() < end, said[-4000:]
            time.sleep(0.05)

    async def _last(self) -> int:
        return await last_position(self.topic, await prepare_events(self.topic))


@pytest.fixture
def place(kafka: str, tmp_path: Path) -> Iterator[Place]:
    lead_log = KafkaTopic.of(f"kafka://{kafka}/leads")
    base = base_in(tmp_path)
    yield Place(beside(replace(lead_log, name=f"log{time.time_ns()}")), tmp_path, base)
    base.recorder.close()


@pytest.fixture
def start(place: Place):
    started: list[subprocess.Popen[bytes]] = []

    def start(fault: str = ""):
        started.append(place.start(fault))
        return started[-1]

    yield start
    for process in started:
        process.kill()
        process.wait()


def run_until(place: Place, position: int) -> None:
    """A publisher in this process."""
    publisher = EventPublisher(place.base.recorder, place.topic, idle=0.05)
    stop = threading.Event()
    faults: list[BaseException] = []

    def run() -> None:
        try:
            publisher.run(stop)
        except Exception as fault:  # noqa: BLE001 - raised again by the test's own thread
            faults.append(fault)

    thread = threading.Thread(target=run)
    thread.start()
    try:
        while publisher.position < position and thread.is_alive():
            time.sleep(0.02)
    finally:
        stop.set()
        thread.join()
    if faults:
        raise faults[0]
    # Kafka marks a transaction as committed in its partitions a moment after it says so
    wait_until(lambda: len(place.published()) >= position)


class Watched:
    """A lease that tells whether it was asked for in vain."""

    def __init__(self, lease: Lease) -> None:
        self._lease = lease
        self.refused = False

    def held(self) -> bool:
        held = self._lease.held()
        self.refused = self.refused or not held
        return held

    def release(self) -> None:
        self._lease.release()


class publishing:  # noqa: N801 - read as `with publishing(place, lease):`
    """A publisher in a thread, until the end of the block or `end`."""

    def __init__(self, place: Place, lease: Lease) -> None:
        self.lease = Watched(lease)
        reader = place.base.recorder
        self.publisher = EventPublisher(reader, place.topic, lease=self.lease, idle=0.02)
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self.publisher.run, args=(self._stop,))

    def end(self) -> None:
        self._stop.set()
        self._thread.join()

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.end()


def told(record: ConsumerRecord) -> int:
    return int(dict(record.headers)["ce_id"])


def check_once_and_in_order(place: Place) -> None:
    published = place.published()
    assert sorted(map(told, published)) == place.positions
    streams = defaultdict(list)
    for record in published:
        streams[record.key].append((record.partition, msgspec.json.decode(record.value)["version"]))
    for seen in streams.values():
        assert len({partition for partition, _ in seen}) == 1
        assert seen == sorted(seen)


def test_every_event_is_published_once_in_the_order_of_its_stream(place):
    place.feed_many(300)
    place.feed_many(300)
    run_until(place, len(place.positions))
    check_once_and_in_order(place)


def test_a_record_says_what_happened(place):
    place.feed(lead_of("one", campaign=Campaign(utm_source="yandex")))
    run_until(place, len(place.positions))
    records = {told(record): record for record in place.published()}
    opened = next(r for r in place.base.recorder.read(0, 100) if isinstance(r.event, DealOpened))
    record = records[opened.position]
    headers = {name: value.decode() for name, value in record.headers}
    value = msgspec.json.decode(record.value)
    assert headers["ce_type"] == "com.leadlog.event.DealOpened"
    assert headers["ce_subject"] == record.key.decode() == value["stream"]
    assert headers["ce_time"] == value["recorded_at"]
    assert value["data"]["campaign"]["source"] == "yandex"
    assert value["data"]["opened_at"] == AT
    assert value["data"]["pipeline"] == "sales"


def test_no_record_holds_anything_of_a_person(place):
    secrets = {
        "phone": "+79215550142", "other": "+79215550143", "name": "Аглая", "first": "Аглая",
        "last": "Непомнящая", "company": "Ромашка-Север", "city": "Урюпинск", "text": "сорок пять",
        "field": "Заречная 17", "mail": "aglaya.n@example.org", "telegram": "5550000777",
        "thread": "thread-of-aglaya", "landing": "https://shop.example/?who=aglaya",
        "note": "просила звонить мужу", "reason": "это одна и та же Аглая", "ip": "203.0.113.77",
    }  # fmt: skip
    mail = Identity(kind="email", value=secrets["mail"], proof="claimed")
    chat = Identity(kind="telegram", value=secrets["telegram"], proof="attested")
    place.feed(
        lead_of(
            "one",
            phone=secrets["phone"],
            identities=(mail,),
            profile=Profile(
                name=secrets["name"],
                last_name=secrets["last"],
                company=secrets["company"],
                city=secrets["city"],
            ),
            text=secrets["text"],
            fields={"address": secrets["field"], "ip": secrets["ip"]},
            campaign=Campaign(utm_source="yandex", landing=secrets["landing"]),
            thread=secrets["thread"],
        ),
        lead_of("two", phone=secrets["other"], identities=(chat,)),
    )
    leaf = place.base.keyring.leaf
    cards = CardCommands(place.base)
    cards.merge(
        leaf("phone", secrets["phone"]),
        leaf("phone", secrets["other"]),
        order("anna"),
        reason=secrets["reason"],
    )
    deal = next(
        r.stream for r in place.base.recorder.read(0, 100) if isinstance(r.event, DealOpened)
    )
    DealCommands(place.base).note(deal, secrets["note"], order("anna"))
    run_until(place, len(place.positions))
    published = place.published("read_uncommitted")
    assert {"NoteAdded", "CardsMerged"} <= {msgspec.json.decode(r.value)["type"] for r in published}
    everything = b"".join(
        b"".join([r.key, r.value, *(name.encode() + value for name, value in r.headers)])
        for r in published
    ).lower()
    for what, secret in secrets.items():
        for spelled in (secret, secret.lstrip("+7"), msgspec.json.encode(secret).decode()[1:-1]):
            assert spelled.lower().encode() not in everything, what


@pytest.mark.parametrize("point", ["publisher.before_commit", "publisher.after_commit"])
def test_a_publisher_killed_again_and_again_publishes_each_event_once(place, start, point):
    place.feed_many(100)
    for nth in (1, 3):
        assert start(f"{point}:{nth}:kill").wait(60) == -signal.SIGKILL
    last = start()
    place.until_published(len(place.positions))
    last.send_signal(signal.SIGTERM)
    assert last.wait(30) == 0
    check_once_and_in_order(place)


def test_a_publisher_that_was_asleep_is_refused_and_doubles_nothing(place, start):
    place.feed_many(20)
    sleeper = start()
    place.until_published(len(place.positions))
    sleeper.send_signal(signal.SIGSTOP)
    place.feed_many(20)
    start()
    place.until_published(len(place.positions))
    sleeper.send_signal(signal.SIGCONT)
    place.until_said("publisher_gives_way")
    place.feed_many(20)
    place.until_published(len(place.positions))
    check_once_and_in_order(place)


def test_of_two_publishers_one_works_until_it_ends_and_the_other_takes_over(place, database):
    """The lease is on PostgreSQL, as the event store is where there are two."""
    first, second = (publishing(place, PostgresLease(database, "publisher")) for _ in range(2))
    with ExitStack() as both:
        both.enter_context(first)
        place.feed_many(20)
        wait_until(lambda: first.publisher.position == place.positions[-1])
        both.enter_context(second)
        wait_until(lambda: second.lease.refused)
        place.feed_many(20)
        wait_until(lambda: first.publisher.position == place.positions[-1])
        assert second.publisher.position == 0, "it took a turn"
        first.end()
        place.feed_many(20)
        wait_until(lambda: second.publisher.position == place.positions[-1])
    check_once_and_in_order(place)


def test_an_event_store_that_was_put_back_is_not_mixed_with_what_was_published(place, tmp_path):
    place.feed_many(5)
    run_until(place, len(place.positions))
    (tmp_path / "older").mkdir()
    older = place._replace(base=base_in(tmp_path / "older"))
    older.feed_many(1)
    with pytest.raises(PublishedAhead, match="older copy"):
        run_until(older, 100)
    older.base.recorder.close()


def test_a_topic_that_lost_its_records_is_refused(place):
    place.feed_many(5)
    run_until(place, len(place.positions))
    asyncio.run(_delete_records(place.topic))
    with pytest.raises(TopicDiffers, match="lost its records"):
        run_until(place, 1000)


def test_a_topic_that_forgets_is_refused(place):
    asyncio.run(prepare_events(place.topic))
    forgetful = place._replace(topic=KafkaTopic(place.topic.servers, f"{place.topic.name}.other"))
    asyncio.run(_make_forgetful(forgetful.topic))
    with pytest.raises(TopicDiffers, match=r"retention\.ms"):
        run_until(forgetful, 1)


async def test_what_was_begun_and_given_up_does_not_count(place):
    partitions = await prepare_events(place.topic)
    producer = AIOKafkaProducer(
        bootstrap_servers=list(place.topic.servers), transactional_id=f"{place.topic.name}-x"
    )
    await producer.start()
    try:
        for position, end in ((b"7", "commit"), (b"9", "abort")):
            await producer.begin_transaction()
            await producer.send_and_wait(
                place.topic.name, b"{}", headers=[("ce_id", position)], partition=0
            )
            await getattr(producer, f"{end}_transaction")()
    finally:
        await producer.stop()
    assert await last_position(place.topic, partitions) == 7


async def _delete_records(topic: KafkaTopic) -> None:
    admin = AIOKafkaAdminClient(bootstrap_servers=list(topic.servers))
    await admin.start()
    try:
        every = {
            TopicPartition(topic.name, number): RecordsToDelete(before_offset=-1)
            for number in range(await prepare_events(topic))
        }
        await admin.delete_records(every)
    finally:
        await admin.close()


async def _make_forgetful(topic: KafkaTopic) -> None:
    admin = AIOKafkaAdminClient(bootstrap_servers=list(topic.servers))
    await admin.start()
    try:
        await admin.create_topics([NewTopic(topic.name, 1, 1)])
    finally:
        await admin.close()


def test_it_ends_when_told_to_while_kafka_does_not_answer(tmp_path):
    base = base_in(tmp_path)
    with socket.create_server(("127.0.0.1", 0)) as silent:
        address = f"127.0.0.1:{silent.getsockname()[1]}"
        publisher = EventPublisher(base.recorder, KafkaTopic((address,), "leadlog.events"))
        stop = threading.Event()
        thread = threading.Thread(target=publisher.run, args=(stop,))
        thread.start()
        silent.settimeout(60)
        asked, _ = silent.accept()
        stop.set()
        thread.join(60)
        asked.close()
    assert not thread.is_alive()
    base.recorder.close()
