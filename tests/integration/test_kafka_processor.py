"""Kafka → processor → event store, in processes of their own: every lead exactly once.

Both runners are held to the same; what is special about Faust comes after.
"""

import asyncio
import signal
import threading
import time
from pathlib import Path

import pytest
from aiokafka import AIOKafkaConsumer, AIOKafkaProducer, TopicPartition
from aiokafka.admin import AIOKafkaAdminClient
from aiokafka.errors import KafkaError
from support.kafka_place import (
    RUNNERS,
    Place,
    check_once,
    record_of,
    with_repeats,
)
from support.waiting import wait_until

from ingest.log.kafka_reader import KafkaLogReader
from ingest.processor import faust_app
from ingest.processor.batch import BatchHandler
from ingest.processor.faust_app import FaustProcessor
from ingest.processor.group import group_of
from ingest.processor.in_order import InOrder
from ingest.processor.loop import ProcessorLoop


@pytest.mark.parametrize("runner", RUNNERS)
@pytest.mark.parametrize(
    "point", ["processor.after_read", "processor.before_commit", "processor.after_commit"]
)
def test_a_processor_killed_at_any_step_counts_each_lead_once(place, start, runner, point):
    """In its second batch: one is behind it."""
    records = with_repeats(600, share=0.2, seed=2)
    place.append(records)
    assert start(runner, fault=f"{point}:2:kill").wait(60) == -signal.SIGKILL
    start(runner)
    place.reached(600)
    check_once(place, records)


@pytest.mark.parametrize("runner", RUNNERS)
def test_a_processor_told_to_stop_stops_and_loses_nothing(place, start, runner):
    records = with_repeats(1500, share=0.2, seed=3)
    place.append(records)
    processor = start(runner)
    place.reached(100)
    processor.terminate()
    assert processor.wait(30) == 0
    start(runner)
    place.reached(1500)
    check_once(place, records)


@pytest.mark.parametrize("runner", RUNNERS)
def test_two_processors_share_the_work_and_one_may_die(place, start, runner):
    records = with_repeats(1500, share=0.2, seed=4)
    first, second = start(runner), start(runner)
    place.append(records[:800])
    place.reached(400)
    first.kill()
    place.append(records[800:])
    place.reached(1500)
    check_once(place, records)
    assert second.poll() is None


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


def test_the_plain_loop_drains_kafka_in_this_process(place):
    records = with_repeats(1500, share=0.2, seed=5)
    place.append(records)
    base, reader = place.base, KafkaLogReader(place.topic)
    assert ProcessorLoop(reader, BatchHandler(base), base.recorder).drain() == 1500
    assert ProcessorLoop(reader, BatchHandler(base), base.recorder).drain() == 0
    reader.close()
    check_once(place, records)


# --- what is special about Faust ---


async def commit_everything(place: Place) -> None:
    """Say in the group's name that all is done, though nothing is."""
    consumer = AIOKafkaConsumer(
        bootstrap_servers=list(place.topic.servers),
        group_id=group_of(place.topic),
        enable_auto_commit=False,
    )
    await consumer.start()
    partitions = [TopicPartition(place.topic.name, n) for n in range(3)]
    consumer.assign(partitions)
    await consumer.commit(await consumer.end_offsets(partitions))
    await consumer.stop()


async def committed(place: Place) -> dict[str, int | None]:
    consumer = AIOKafkaConsumer(
        bootstrap_servers=list(place.topic.servers),
        group_id=group_of(place.topic),
        enable_auto_commit=False,
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
    place.until_said("store_away")
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
    (place.folder / "away").touch()
    place.append([record_of(n) for n in range(100)])
    processor = start(runner)
    place.until_said("store_away")
    (place.folder / "away").unlink()
    place.reached(100)
    assert processor.poll() is None


def test_the_watchdog_knows_waiting_from_hanging(place, start):
    """Nothing is processed for longer than it suffers, since the store is away."""
    processor = start("faust", stuck_after=2.0)
    wait_until(lambda: asyncio.run(has_a_member(place)))
    (place.folder / "away").touch()
    place.append([record_of(n) for n in range(100)])
    place.until_said("next_try_s=5.0")  # the seventh try, after 3.85 s
    (place.folder / "away").unlink()
    place.reached(100)
    assert processor.poll() is None


async def has_a_member(place: Place) -> bool:
    """Whether a processor has joined the group, and knows its partitions."""
    admin = AIOKafkaAdminClient(bootstrap_servers=list(place.topic.servers))
    await admin.start()
    try:
        (answer,) = await admin.describe_consumer_groups([group_of(place.topic)])
    except KafkaError:
        return False  # the first member makes Kafka choose who looks after its groups
    finally:
        await admin.close()
    (group,) = answer.groups
    return group[2] == "Stable"


def test_a_worker_that_hangs_ends_itself(place, start):
    place.append([record_of(n) for n in range(50)])
    processor = start("faust", fault="processor.before_commit:1:stall", stuck_after=3.0)
    assert processor.wait(60) == 70
    assert "processor_ends" in (place.folder / "out").read_text()
    start("faust")
    place.reached(50)


def test_a_worker_has_one_consumer_though_another_thread_asks_while_it_starts(place, monkeypatch):
    made, consumer = [], faust_app._Transport.Consumer

    def slowly(*args, **kwargs):
        made.append(threading.current_thread().name)
        time.sleep(0.5)
        return consumer(*args, **kwargs)

    monkeypatch.setattr(faust_app._Transport, "Consumer", staticmethod(slowly))
    handler, stop = BatchHandler(place.base), threading.Event()
    processor = FaustProcessor(place.topic, handler, place.base.recorder, folder=place.folder)
    worker = threading.Thread(target=processor.run, args=(stop,), name="worker")
    worker.start()
    try:
        wait_until(processor.assigned)
    finally:
        stop.set()
        worker.join()
    assert made == ["worker"]


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
