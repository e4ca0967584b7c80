"""A lead log on Kafka, an event store, and processors between them in processes of their own."""

import asyncio
import random
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import NamedTuple

import pytest
from contracts.lead_logs import ENVIRONMENT, KEYRING
from integration.kafka_processor import base_in
from servers.kafka import KafkaServer
from support.form_leads import lead_of
from support.waiting import wait_until

from eventstore.customer_base import CustomerBase
from eventstore.domain.events import LeadRecorded
from ingest.log.kafka import append_now
from ingest.log.kafka_topic import KafkaTopic, prepare
from ingest.log.port import Record
from ingest.log.records import lead_record

PROCESSOR = Path(__file__).parents[1] / "integration/kafka_processor.py"
RUNNERS = ("faust", "loop")
Start = Callable[..., "subprocess.Popen[bytes]"]


def record_of(number: int, persons: int = 700) -> Record:
    return lead_record(lead_of(str(number), phone=f"+7912{number % persons:07d}"))


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

    def reached(self, count: int, within_s: float = 180.0) -> Counter[str]:
        """Wait until so many records are processed."""
        end = time.monotonic() + within_s
        while (found := self.outcomes()).total() < count:
            assert time.monotonic() < end, f"{found}\n{self.said()[-4000:]}"
            time.sleep(0.05)
        return found

    def said(self) -> str:
        """What its processors wrote."""
        return (self.folder / "out").read_text()

    def until_said(self, text: str) -> None:
        wait_until(lambda: text in self.said())

    def recorded(self) -> list[bytes]:
        """The event id of each lead event that had an effect, in recorded order."""
        events = [r.event for r in self.base.recorder.read(0, 1_000_000)]
        return [event.event_id for event in events if isinstance(event, LeadRecorded)]

    def positions(self) -> dict[str, int | None]:
        return {
            partition: self.base.recorder.max_tracking_id(partition)
            for partition in (f"{self.topic.name}-{number}" for number in range(3))
        }


def check_once(place: Place, records: Sequence[Record]) -> None:
    """Each lead event had one effect, and each record of the log was counted once."""
    distinct = len({record.value for record in records})
    recorded = place.recorded()
    assert len(recorded) == len(set(recorded)) == distinct
    assert place.outcomes() == Counter(accepted=distinct, duplicate=len(records) - distinct)


def outlives_its_broker(place: Place, start: Start, runner: str, kafka: KafkaServer) -> None:
    """A processor goes on when Kafka was killed and came back, itself or as started anew."""
    place.append([record_of(n) for n in range(100)])
    processor = start(runner)
    place.reached(100)
    kafka.kill()
    time.sleep(1)
    kafka.start()
    place.append([record_of(n) for n in range(100, 200)])
    deadline = time.monotonic() + 180
    while place.outcomes().total() < 200:
        assert time.monotonic() < deadline
        if processor.poll() is not None:  # then its supervisor starts it again
            processor = start(runner)
        time.sleep(0.2)
    check_once(place, [record_of(n) for n in range(200)])


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
