"""Leads from Kafka through our runners into PostgreSQL, against a Faust agent that does nothing."""

import json
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial
from pathlib import Path

from leadlog.bench.leads import Mix, logged_leads
from leadlog.bench.pair import Benchmark, Sample, Setting, Sides

_PARTITIONS = 3
_CHUNK = 2000
_WITHIN_S = 300


@contextmanager
def opened(setting: Setting, *, runner: str) -> Iterator[Sides]:
    """Every round has a topic of its own; both sides read the same one, whole."""
    count = setting.amount(20_000, 1_000)
    started = time.time_ns()
    topics: dict[int, str] = {}

    def topic(number: int) -> str:
        if number not in topics:
            setting.progress(f"appending {count:,} leads to Kafka")
            url = f"kafka://{setting.kafka}/bench-{started}-{number}?partitions={_PARTITIONS}"
            append_leads(url, count, number)
            topics[number] = url
        return topics[number]

    def side(kind: str, folder: Path, number: int) -> Sample:
        return _taken(kind, topic(number), count, folder, setting.postgres)

    with setting.scratch() as folder:
        yield Sides(
            partial(side, runner, folder),
            partial(side, "noop", folder),
            note="CPU is that of the consumer alone, without Kafka's and PostgreSQL's",
        )


def append_leads(url: str, count: int, number: int) -> None:
    """Put so many leads of people whom only rounds of this number have on a topic."""
    from ingest.log.kafka import append_now
    from ingest.log.port import Record
    from leadlog.bench.kafka_topics import bench_topic
    from leadlog.bench.kafka_worker import KEYRING

    first = number * count
    leads = logged_leads(count, Mix(), seed=time.time_ns(), first=first)
    records = [Record(lead.type, lead.value) for lead in leads]
    for start in range(0, count, _CHUNK):
        append_now(bench_topic(url), KEYRING, records[start : start + _CHUNK])


def _taken(kind: str, url: str, count: int, folder: Path, postgres: str) -> Sample:
    worker = [sys.executable, "-m", "leadlog.bench.kafka_worker"]
    command = [*worker, kind, url, str(count), str(folder), postgres]
    done = subprocess.run(command, stdout=subprocess.PIPE, check=True, timeout=_WITHIN_S)  # noqa: S603 - our own
    told = json.loads(done.stdout.splitlines()[-1])
    return Sample(told["items"], told["wall_s"], told["cpu_s"])


def _benchmark(runner: str, what: str, aim: float) -> Benchmark:
    return Benchmark(
        name=f"kafka-{runner}",
        a=f"{what} from Kafka into PostgreSQL",
        b="Faust agent that takes the same events and does nothing",
        unit="leads/s",
        aim=aim,
        needs=("kafka", "postgres"),
        open=partial(opened, runner=runner),
    )


FAUST = _benchmark("faust", "processor on Faust", 0.8)
LOOP = _benchmark("loop", "processor's plain loop", 1.5)
