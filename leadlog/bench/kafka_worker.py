"""A consumer of Kafka that tells what it took: `python -m … KIND TOPIC COUNT FOLDER POSTGRES`.

`faust` and `loop` are our two runners into an event store on PostgreSQL; `noop` is a Faust agent
that does nothing with what it takes. Each works through COUNT records and prints, as JSON, the
seconds of wall and CPU from the first to the last. `shared` is Faust as one of several: it prints
how many partitions it has, then of each batch what `leadlog.bench.scaling.Batch` names, until it is
ended.
"""

import sys
import threading
import time
from collections.abc import Callable, Collection, Sequence
from pathlib import Path
from typing import cast

import msgspec

from eventstore.customer_base import CustomerBase
from eventstore.domain.matching import Matching
from eventstore.domain.pipeline import SALES
from eventstore.keyring import Keyring
from eventstore.policy import Policy
from eventstore.recorders.port import Meanwhile
from eventstore.recorders.postgres import PostgresCustomerRecorder
from ingest.log.kafka_topic import KafkaTopic
from ingest.log.port import Logged
from ingest.processor.batch import BatchHandler
from leadlog.bench.kafka_topics import bench_topic
from leadlog.bench.scaling import Batch, Holding
from leadlog.collector import settle_collector
from leadlog.logs import set_up
from leadlog.settings import Logging

KEYRING = Keyring(b"b" * 32)
BATCH = 500
_WITHIN_S = 0.02
_LOOK_S = 0.05
_NEVER = (0.0, 0.0)


class Counted:
    """From the first record to the last of so many; then `stop` is set."""

    def __init__(self, count: int) -> None:
        self.stop = threading.Event()
        self._count = count
        self._left = count
        self._began = _NEVER

    def begins(self) -> None:
        """Before a batch is worked on."""
        if self._began == _NEVER:
            self._began = (time.perf_counter(), time.process_time())

    def ended(self, done: int) -> None:
        """After it."""
        self._left -= done
        if self._left <= 0 and not self.stop.is_set():
            wall, cpu = (time.perf_counter(), time.process_time())
            took = {"wall_s": wall - self._began[0], "cpu_s": cpu - self._began[1]}
            _tell({"items": self._count - self._left, **took})
            self.stop.set()


class CountingHandler(BatchHandler):
    """The real one, counted."""

    def __init__(self, base: CustomerBase, counted: Counted) -> None:
        super().__init__(base)
        self._counted = counted

    def handle(self, records: Sequence[Logged], meanwhile: Meanwhile | None = None) -> None:
        self._counted.begins()
        super().handle(records, meanwhile)
        self._counted.ended(len(records))


class TellingHandler(BatchHandler):
    """The real one, which tells of each batch."""

    def handle(self, records: Sequence[Logged], meanwhile: Meanwhile | None = None) -> None:
        begin = time.perf_counter()
        super().handle(records, meanwhile)
        _tell(Batch(len(records), begin, time.perf_counter(), time.process_time()))


def share(topic: KafkaTopic, folder: Path, postgres: str) -> None:
    """Process until ended, with whoever else does."""
    from ingest.processor.faust_app import FaustProcessor

    base = _base(postgres)
    processor = FaustProcessor(topic, TellingHandler(base), base.recorder, folder=folder)
    settle_collector()
    threading.Thread(target=_tell_partitions, args=(processor.assigned,), daemon=True).start()
    processor.run(threading.Event())


def _tell_partitions(assigned: Callable[[], Collection[str]]) -> None:
    told = 0
    while True:
        if (now := len(assigned())) != told:
            told = now
            _tell(Holding(told, time.process_time()))
        time.sleep(_LOOK_S)


def _tell(what: object) -> None:
    sys.stdout.buffer.write(msgspec.json.encode(what) + b"\n")
    sys.stdout.buffer.flush()


def _base(postgres: str) -> CustomerBase:
    recorder = PostgresCustomerRecorder(postgres)
    return CustomerBase(recorder, KEYRING, Policy.of(Matching(), [SALES]))


def process(kind: str, topic: KafkaTopic, counted: Counted, folder: Path, postgres: str) -> None:
    base = _base(postgres)
    recorder, handler = base.recorder, CountingHandler(base, counted)
    settle_collector()
    if kind == "loop":
        from ingest.log.kafka_reader import KafkaLogReader
        from ingest.processor.loop import ProcessorLoop

        reader = KafkaLogReader(topic)
        ProcessorLoop(reader, handler, recorder).run(counted.stop)
        reader.close()
    else:
        from ingest.processor.faust_app import FaustProcessor

        FaustProcessor(topic, handler, recorder, folder=folder).run(counted.stop)


def take(topic: KafkaTopic, counted: Counted, folder: Path) -> None:
    """What Faust costs by itself, set as ours is."""
    import asyncio

    import faust
    from faust.types import StreamT

    from ingest.processor.faust_app import credentials

    async def work() -> None:
        app = faust.App(
            f"noop-{topic.name}",
            broker=";".join(f"kafka://{server}" for server in topic.servers),
            broker_credentials=credentials(topic.access),
            autodiscover=False,
            consumer_auto_offset_reset="earliest",
            datadir=folder / "noop",
            key_serializer="raw",
            store="memory://",
            stream_buffer_maxsize=1000,
            topic_allow_declare=False,
            topic_disable_leader=True,
            value_serializer="raw",
            web_enabled=False,
        )
        records = app.topic(topic.name, value_serializer="raw", key_serializer="raw")

        async def nothing(stream: StreamT[bytes]) -> None:
            taking = cast("faust.Stream[bytes]", stream).take_events(BATCH, within=_WITHIN_S)
            async for events in taking:
                counted.begins()
                counted.ended(len(events))

        app.agent(records, name="noop")(nothing)
        await app.start()
        await asyncio.to_thread(counted.stop.wait)
        await app.stop()

    asyncio.run(work())


def main(kind: str, url: str, count: str, folder: str, postgres: str) -> None:
    set_up(Logging())  # what is logged must not stand among what is told
    counted = Counted(int(count))
    if kind == "noop":
        take(bench_topic(url), counted, Path(folder))
    elif kind == "shared":
        share(bench_topic(url), Path(folder), postgres)
    else:
        process(kind, bench_topic(url), counted, Path(folder), postgres)


if __name__ == "__main__":
    main(*sys.argv[1:])
