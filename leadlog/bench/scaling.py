"""Several processors that share a topic, against one: leads from Kafka into PostgreSQL."""

import asyncio
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from functools import partial
from pathlib import Path
from queue import Empty, SimpleQueue
from threading import Thread
from typing import NamedTuple

import msgspec

from leadlog.bench.distributed import append_leads
from leadlog.bench.pair import Benchmark, Sample, Setting, Sides

_PARTITIONS = 4
_WITHIN_S = 120.0


class Holding(msgspec.Struct, tag=True):
    """A processor's partitions have changed."""

    partitions: int
    cpu_s: float


class Batch(msgspec.Struct, tag=True):
    """A processor is done with a batch. Times are of `time.perf_counter` and `process_time`."""

    items: int
    begin: float
    end: float
    cpu_s: float


class Ended(NamedTuple):
    """A processor is gone, though there is work."""

    status: int


class _Told(NamedTuple):
    """By which processor."""

    number: int
    what: Holding | Batch | Ended


_decode = msgspec.json.Decoder(Holding | Batch).decode


@contextmanager
def opened(setting: Setting, *, processors: int) -> Iterator[Sides]:
    """Every side of every round has a topic and people of its own."""
    count = setting.amount(40_000, 1_000)
    started = time.time_ns()

    def side(many: int, folder: Path, number: int) -> Sample:
        turn = 2 * number + (many > 1)
        url = f"kafka://{setting.kafka}/bench-{started}-{turn}?partitions={_PARTITIONS}"
        with running(many, url, folder / str(turn), setting.postgres) as told:
            setting.progress(f"{many} processors take {count:,} leads")
            held = _ready(told, many)
            append_leads(url, count, turn)
            return _taken(told, count, held)

    with setting.scratch() as folder:
        yield Sides(
            partial(side, processors, folder),
            partial(side, 1, folder),
            note=f"{_PARTITIONS} partitions; Kafka and PostgreSQL on the same cores; CPU is that of"
            " the processors",
        )


@contextmanager
def running(many: int, url: str, folder: Path, postgres: str) -> "Iterator[SimpleQueue[_Told]]":
    """So many processors of one group on a new topic, and what they tell; gone in the end."""
    from ingest.log.kafka_topic import prepare
    from leadlog.bench.kafka_topics import bench_topic

    asyncio.run(prepare(bench_topic(url)))
    told: SimpleQueue[_Told] = SimpleQueue()
    with ExitStack() as stack:
        for number in range(many):
            command = [sys.executable, "-m", "leadlog.bench.kafka_worker", "shared", url, "0"]
            process = stack.enter_context(
                subprocess.Popen(  # noqa: S603 - our own
                    [*command, str(folder / str(number)), postgres], stdout=subprocess.PIPE
                )
            )
            stack.callback(process.kill)
            Thread(target=_listen, args=(process, number, told), daemon=True).start()
        yield told


def _listen(process: "subprocess.Popen[bytes]", number: int, told: "SimpleQueue[_Told]") -> None:
    assert process.stdout is not None  # noqa: S101 - it was asked for
    for line in process.stdout:
        try:
            told.put(_Told(number, _decode(line)))
        except msgspec.DecodeError:  # somebody's own words: for people
            sys.stderr.buffer.write(line)
    told.put(_Told(number, Ended(process.wait())))


def _ready(told: "SimpleQueue[_Told]", many: int) -> dict[int, Holding]:
    """When each has partitions, and all together have all."""
    held: dict[int, Holding] = {}
    while len(held) < many or sum(one.partitions for one in held.values()) != _PARTITIONS:
        number, what = _next(told)
        if isinstance(what, Holding):
            held[number] = what
            if not what.partitions:
                del held[number]
    return held


def _taken(told: "SimpleQueue[_Told]", count: int, held: dict[int, Holding]) -> Sample:
    """From the begin of the first batch to the end of the last."""
    batches: list[Batch] = []
    last: dict[int, Batch] = {}
    while sum(batch.items for batch in batches) < count:
        number, what = _next(told)
        if isinstance(what, Batch):
            batches.append(what)
            last[number] = what
    wall = max(batch.end for batch in batches) - min(batch.begin for batch in batches)
    cpu = sum(batch.cpu_s - held[number].cpu_s for number, batch in last.items())
    return Sample(count, wall, cpu)


def _next(told: "SimpleQueue[_Told]") -> tuple[int, Holding | Batch]:
    try:
        number, what = told.get(timeout=_WITHIN_S)
    except Empty:
        raise RuntimeError(
            f"the processors told nothing for {_WITHIN_S:.0f} s; their own words are above"
        ) from None
    if isinstance(what, Ended):
        raise RuntimeError(f"a processor ended with status {what.status}; its own words are above")
    return number, what


def _benchmark(processors: int, aim: float) -> Benchmark:
    return Benchmark(
        name=f"kafka-{processors}-processors",
        a=f"{processors} processors on Faust that share a topic",
        b="one, on a topic alike",
        unit="leads/s",
        aim=aim,
        needs=("kafka", "postgres"),
        open=partial(opened, processors=processors),
    )


TWO = _benchmark(2, 1.2)
FOUR = _benchmark(4, 1.2)
