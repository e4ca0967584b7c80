"""Kafka → processor → event store, in processes of their own: every lead exactly once.

Both runners are held to the same; what is special about Faust comes after.
"""

import asyncio
import random
import signal
import subprocess
import sys
import threading
import time
from collections import Counter
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import NamedTuple

import pytest
from aiokafka import AIOKafkaConsumer, AIOKafkaProducer, TopicPartition
from contracts.lead_logs import ENVIRONMENT, KEYRING
from integration.kafka_processor import base_in
from servers.kafka import KafkaServer

from channels.sdk.ids import event_id, lead_id
from channels.sdk.lead import Identity, LeadEvent
from eventstore.customer_base import CustomerBase
from eventstore.domain.events import LeadRecorded
from ingest.log.kafka import KafkaLogWriter, append_now
from ingest.log.kafka_reader import KafkaLogReader
from ingest.log.kafka_topic import KafkaTopic, prepare
from ingest.log.port import Record
from ingest.log.records import lead_record
from ingest.processor.batch import BatchHandler
from ingest.processor.faust_app import GROUP
from ingest.processor.in_order import InOrder
from ingest.processor.loop import ProcessorLoop

PROCESSOR = Path(__file__).parent / "kafka_processor.py"
AT = "2026-01-01T00:00:00.000Z"
RUNNERS = ("faust", "loop")


def record_of(number: int, persons: int = 700) -> Record:
    key = str(number)
    lead = LeadEvent(
        lead_id=lead_id("webform", "site", key),
        event_id=event_id("webform", "site", key),
        channel="webform",
        account="site",
        kind="form",
        direction="in",
        occurred_at=AT,
        received_at=AT,
        identities=(Identity(kind="phone", value=f"+7912{number % persons:07d}", proof="claimed"),),
    )
    return lead_record(lead)


def with_repeats(count: int, share: float, seed: int) -> list[Record]:
    """`count` records, `share` of them repeats of others, in no order."""
    rng = random.Random(seed)
    distinct = round(count * (1 - share))
    numbers = [*range(distinct), *(rng.randrange(distinct) for _ in range(count - distinct))]
    rng.shuffle(numbers)
    return [record_of(number) for number in numbers]


class Place(NamedTuple):
    """One test's log and event store, which the test looks into from outside."""

    url: str
    folder: Path
    base: CustomerBase
    database: str = ""

    @property
    def topic(self) -> KafkaTopic:
        return KafkaTopic.of(self.url)

    def append(self, records: Sequence[Record]) -> None:
        append_now(self.topic, KEYRING, records)

    def start(self, runner: str, *, fault: str = "", stuck_after: float = 60.0):
        arguments = [runner, self.url, str(self.folder), str(stuck_after), self.database]
        return subprocess.Popen(
            [sys.executable, str(PROCESSOR), *arguments],
            env={**ENVIRONMENT, "LEADLOG_FAULT": fault},
            stdout=(self.folder / "out").open("ab"),
            stderr=subprocess.STDOUT,
        )

    def outcomes(self) -> Counter[str]:
        found: Counter[str] = Counter()
        for (_, _, outcome), count in self.base.recorder.ledger().items():
            found[outcome] += count
        return found

    def reached(self, count: int, within_s: float = 90.0) -> Counter[str]:
        """Wait until so many records are processed."""
        end = time.monotonic() + within_s
        while (found := self.outcomes()).total() < count:
            assert time.monotonic() < end, f"{found}\n{(self.folder / 'out').read_text()[-4000:]}"
            time.sleep(0.1)
        return found

    def recorded(self) -> list[bytes]:
        """The event id of each lead event that had an effect, in recorded order."""
        events = [r.event for r in self.base.recorder.read(0, 1_000_000)]
        return [event.event_id for event in events if isinstance(event, LeadRecorded)]

    def positions(self) -> dict[str, int | None]:
        return {
            partition: self.base.recorder.max_tracking_id(partition)
            for partition in (f"{self.topic.name}-{number}" for number in range(3))
        }


@pytest.fixture
def place(breakable_kafka: KafkaServer, tmp_path: Path) -> Iterator[Place]:
    url = f"kafka://{breakable_kafka.address}/leads{time.time_ns()}?partitions=3"
    asyncio.run(prepare(KafkaTopic.of(url)))
    base = base_in(tmp_path)
    yield Place(url, tmp_path, base)
    base.recorder.close()


@pytest.fixture
def on_postgres(place: Place, database: str) -> Iterator[Place]:
    """The same log, with PostgreSQL for event store."""
    base = base_in(place.folder, database)
    yield place._replace(base=base, database=database)
    base.recorder.close()


@pytest.fixture
def processors() -> Iterator[list["subprocess.Popen[bytes]"]]:
    started: list[subprocess.Popen[bytes]] = []
    yield started
    for process in started:
        process.kill()
        process.wait()


@pytest.fixture
def start(place, processors):
    def start(runner: str, **settings):
        processors.append(place.start(runner, **settings))
        return processors[-1]

    return start


def check_once(place: Place, records: Sequence[Record]) -> None:
    """Each lead event had one effect, and each record of the log was counted once."""
    distinct = len({record.value for record in records})
    recorded = place.recorded()
    assert len(recorded) == len(set(recorded)) == distinct
    assert place.outcomes() == Counter(accepted=distinct, duplicate=len(records) - distinct)


@pytest.mark.parametrize("runner", RUNNERS)
def test_a_processor_killed_again_and_again_counts_each_lead_once(place, start, runner):
    """5,000 leads, a fifth of them repeats; killed the hard way five times on the way."""
    records = with_repeats(5000, share=0.2, seed=1)
    place.append(records)
    for kill_at in (300, 1200, 2200, 3000, 4200):
        processor = start(runner)
        place.reached(kill_at)
        processor.kill()
        processor.wait()
    start(runner)
    place.reached(5000)
    time.sleep(0.5)
    check_once(place, records)


@pytest.mark.parametrize("runner", RUNNERS)
@pytest.mark.parametrize(
    "point", ["processor.after_read", "processor.before_commit", "processor.after_commit"]
)
def test_a_processor_killed_at_any_step_counts_each_lead_once(place, start, runner, point):
    records = with_repeats(600, share=0.2, seed=2)
    place.append(records)
    for nth in (1, 2):
        processor = start(runner, fault=f"{point}:{nth}:kill")
        assert processor.wait(60) == -signal.SIGKILL
    start(runner)
    place.reached(600)
    check_once(place, records)


@pytest.mark.parametrize("runner", RUNNERS)
def test_a_processor_told_to_stop_stops_soon_and_loses_nothing(place, start, runner):
    records = with_repeats(3000, share=0.2, seed=3)
    place.append(records)
    processor = start(runner)
    place.reached(300)
    processor.terminate()
    began = time.monotonic()
    assert processor.wait(30) == 0
    assert time.monotonic() - began < 10
    start(runner)
    place.reached(3000)
    check_once(place, records)


@pytest.mark.parametrize("runner", RUNNERS)
def test_two_processors_share_the_work_and_one_may_die(place, start, runner):
    records = with_repeats(4000, share=0.2, seed=4)
    first, second = start(runner), start(runner)
    place.append(records[:2000])
    place.reached(1000)
    first.kill()
    place.append(records[2000:])
    place.reached(4000)
    check_once(place, records)
    assert second.poll() is None


def test_two_workers_over_postgres_share_the_work_and_may_be_killed(on_postgres, processors):
    """The distributed stores together: 5,000 leads, a fifth of them repeats, three kills."""
    records = with_repeats(5000, share=0.2, seed=9)
    on_postgres.append(records[:3000])
    processors += [on_postgres.start("faust"), on_postgres.start("faust")]
    for kill_at, more in ((500, []), (1500, records[3000:]), (3000, [])):
        on_postgres.reached(kill_at)
        first = processors.pop(0)
        first.kill()
        first.wait()
        on_postgres.append(more)
        processors.append(on_postgres.start("faust"))
    on_postgres.reached(5000)
    time.sleep(0.5)
    check_once(on_postgres, records)


@pytest.mark.parametrize("runner", RUNNERS)
async def test_garbage_on_the_topic_goes_to_quarantine_and_the_rest_goes_on(place, start, runner):
    producer = AIOKafkaProducer(bootstrap_servers=list(place.topic.servers))
    await producer.start()
    for value in (b"no json", None, b"[]", b"\xff\x00", b'{"lead_id": 1}', b"[" * 100_000):
        await producer.send_and_wait(place.topic.name, value, key=b"k", partition=0)
    lead = record_of(1)
    await producer.send_and_wait(place.topic.name, lead.value, partition=0)
    await producer.stop()
    start(runner)
    found = await asyncio.to_thread(place.reached, 7)
    assert found == {"quarantined": 6, "accepted": 1}


@pytest.mark.parametrize("runner", RUNNERS)
def test_leads_that_come_while_it_runs_are_processed_within_a_second(place, start, runner):
    place.append([record_of(0)])
    start(runner)
    place.reached(1)

    async def one_by_one() -> list[float]:
        writer = KafkaLogWriter(place.topic, KEYRING)
        await writer.start()
        took = []
        for number in range(1, 6):
            await writer.append([record_of(number)])
            began = time.monotonic()
            await asyncio.to_thread(place.reached, number + 1)
            took.append(time.monotonic() - began)
        await writer.close()
        return took

    assert sorted(asyncio.run(one_by_one()))[2] < 1.0


def test_the_plain_loop_drains_kafka_in_this_process(place):
    records = with_repeats(1500, share=0.2, seed=5)
    place.append(records)
    base, reader = place.base, KafkaLogReader(place.topic)
    assert ProcessorLoop(reader, BatchHandler(base), base.recorder).drain() == 1500
    assert ProcessorLoop(reader, BatchHandler(base), base.recorder).drain() == 0
    reader.close()
    check_once(place, records)


@pytest.mark.parametrize("runner", RUNNERS)
def test_a_processor_waits_for_a_broker_that_is_away(place, start, runner, breakable_kafka):
    place.append([record_of(n) for n in range(100)])
    processor = start(runner)
    place.reached(100)
    breakable_kafka.kill()
    time.sleep(2)
    breakable_kafka.start()
    place.append([record_of(n) for n in range(100, 200)])
    deadline = time.monotonic() + 90
    while place.outcomes().total() < 200:
        assert time.monotonic() < deadline
        if processor.poll() is not None:  # then its supervisor starts it again
            processor = start(runner)
        time.sleep(0.2)
    check_once(place, [record_of(n) for n in range(200)])


# --- what is special about Faust ---


async def commit_everything(place: Place) -> None:
    """Say in the group's name that all is done, though nothing is."""
    consumer = AIOKafkaConsumer(
        bootstrap_servers=list(place.topic.servers), group_id=GROUP, enable_auto_commit=False
    )
    await consumer.start()
    partitions = [TopicPartition(place.topic.name, n) for n in range(3)]
    consumer.assign(partitions)
    await consumer.commit(await consumer.end_offsets(partitions))
    await consumer.stop()


async def committed(place: Place) -> dict[str, int | None]:
    consumer = AIOKafkaConsumer(
        bootstrap_servers=list(place.topic.servers), group_id=GROUP, enable_auto_commit=False
    )
    await consumer.start()
    name = place.topic.name
    found = {f"{name}-{n}": await consumer.committed(TopicPartition(name, n)) for n in range(3)}
    await consumer.stop()
    return found


def test_offsets_that_kafka_holds_for_committed_are_no_truth(place, start):
    """As after an agent's loss: Faust has acknowledged what nobody processed."""
    records = with_repeats(900, share=0.2, seed=6)
    place.append(records)
    asyncio.run(commit_everything(place))
    start("faust")
    place.reached(900)
    check_once(place, records)


def test_the_event_store_may_be_ahead_of_kafkas_offsets(place, start):
    records = with_repeats(900, share=0.2, seed=7)
    place.append(records)
    base, reader = place.base, KafkaLogReader(place.topic)
    ProcessorLoop(reader, BatchHandler(base), base.recorder).drain()
    reader.close()
    start("faust")
    place.append([record_of(100_000)])
    place.reached(901)
    check_once(place, [*records, record_of(100_000)])


def test_offsets_are_committed_only_up_to_the_event_store(place, start):
    """Told to stop while the store is away: Faust acknowledges what it gave out, we do not."""
    place.append([record_of(n) for n in range(300)])
    processor = start("faust")
    place.reached(300)
    (place.folder / "away").touch()
    place.append([record_of(n) for n in range(300, 600)])
    time.sleep(3)
    processor.terminate()
    assert processor.wait(30) == 0
    positions, offsets = place.positions(), asyncio.run(committed(place))
    assert place.outcomes().total() == 300
    assert sum(filter(None, offsets.values())) == 300
    assert all((offsets[p] or 0) <= positions[p] + 1 for p in offsets)
    (place.folder / "away").unlink()
    start("faust")
    place.reached(600)
    check_once(place, [record_of(n) for n in range(600)])


@pytest.mark.parametrize("runner", RUNNERS)
def test_a_store_that_is_away_is_waited_for(place, start, runner):
    """However long: the watchdog knows waiting from hanging."""
    (place.folder / "away").touch()
    place.append([record_of(n) for n in range(100)])
    processor = start(runner, stuck_after=8.0)
    time.sleep(18)
    assert processor.poll() is None
    (place.folder / "away").unlink()
    place.reached(100)
    assert processor.poll() is None


def test_a_worker_that_hangs_ends_itself(place, start):
    place.append([record_of(n) for n in range(50)])
    processor = start("faust", fault="processor.before_commit:1:stall", stuck_after=3.0)
    assert processor.wait(60) == 70
    assert "processor_ends" in (place.folder / "out").read_text()
    start("faust")
    place.reached(50)


def test_a_worker_opens_no_port(place, start):
    place.append([record_of(0)])
    processor = start("faust")
    place.reached(1)
    listening = {
        line.split()[9]
        for table in ("tcp", "tcp6")
        for line in Path(f"/proc/{processor.pid}/net/{table}").read_text().splitlines()[1:]
        if line.split()[3] == "0A"
    }
    assert listening  # Kafka's own
    held = set()
    for fd in Path(f"/proc/{processor.pid}/fd").iterdir():
        target = str(fd.readlink())
        if target.startswith("socket:["):
            held.add(target[8:-1])
    assert held
    assert not held & listening


def test_what_faust_takes_out_of_turn_is_put_right(place):
    """The order and the gaps of a real log, without Faust's cooperation."""
    records = [record_of(number, persons=1) for number in range(300)]
    place.append(records)
    base, reader = place.base, KafkaLogReader(place.topic)
    (partition,) = [p for p in reader.partitions() if reader.end(p) >= 0]
    logged = reader.read(partition, -1, 1000)

    in_order = InOrder(BatchHandler(base), base.recorder, reader, batch=50)
    for chosen in (logged[250:260], logged[100:120], logged[290:300]):
        assert in_order.take(chosen, threading.Event())
    reader.close()
    check_once(place, records)
