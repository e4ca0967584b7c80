"""The processor on Faust: the one module that knows it.

Faust brings records and spreads partitions over workers; the truth is not with it. Its offsets
are given up for the event store's positions, both when a partition is taken up and when offsets are
committed, since an agent's acknowledgements pass over what was lost (Faust issues 315,
527). No table, no web server, no topic of its own.

What Faust does for each message it brings costs as much as to process a lead. A message here is
therefore a chunk of a partition: up to a batch of its records, as they were fetched.
"""

import asyncio
import threading
from collections.abc import Collection, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from pathlib import Path
from typing import Any, Final, cast

import faust
import structlog
from faust.exceptions import NotReady
from faust.streams import Stream
from faust.transport.drivers import aiokafka as driver
from faust.types import TP, ConsumerMessage, EventT, StreamT
from faust.types.auth import CredentialsT
from faust.types.transports import SchedulingStrategyT

from eventstore.faults import faultpoint
from ingest.log.in_time import part
from ingest.log.kafka_access import KafkaAccess
from ingest.log.kafka_reader import KafkaLogReader
from ingest.log.kafka_records import type_of
from ingest.log.kafka_topic import KafkaTopic
from ingest.log.port import Logged
from ingest.processor.batch import BatchHandler
from ingest.processor.chunks import Chunk, in_chunks
from ingest.processor.group import group_of, may_join
from ingest.processor.in_order import BATCH, InOrder
from ingest.processor.loop import Positions
from ingest.processor.offsets import Offsets
from ingest.processor.patience import until_done
from ingest.processor.watchdog import STUCK_AFTER_S, Watchdog

_WITHIN_S: Final = 0.02
_LOOK_S: Final = 0.2
_SESSION_S: Final = 15.0
_ANSWER_S: Final = 20.0
"""A broker that says nothing for so long is left: its end of the connection may be gone. No less
than a session; whoever joins a group that waits for somebody longer than that asks again."""
_FAREWELL_S: Final = 2.0
_WATCHDOG_S: Final = 1.0
"""What it looks at may be away, and then nobody waits for it."""
_CHUNKS: Final = 4
"""How many the agent takes at once."""
_BUFFERED: Final = 32
"""How many may wait for it: Faust stops fetching for a second once all partitions' are full."""
_log = structlog.get_logger(__name__)


class FaustProcessor:
    """One worker. Several, in processes of their own, share the partitions of the topic."""

    def __init__(
        self,
        topic: KafkaTopic,
        handler: BatchHandler,
        positions: Positions,
        *,
        folder: Path,
        batch: int = BATCH,
        session_timeout: float = _SESSION_S,
        stuck_after: float = STUCK_AFTER_S,
    ) -> None:
        """`folder`: where Faust may make a directory, which stays empty. Times in seconds."""
        self._topic = topic
        self._stop = threading.Event()
        self._log = KafkaLogReader(topic, stopping=self._stop)
        self._in_order = InOrder(handler, positions, self._log, batch=batch)
        self._folder = folder
        self._batch = batch
        self._session_timeout = session_timeout
        self._thread = ThreadPoolExecutor(1, "processor-batch")
        self.offsets: Offsets[TP] = Offsets(self._in_order, self._named, self._stop)
        """What Faust's consumer asks instead of Kafka."""
        self._app: faust.App | None = None
        self._watchdog = Watchdog(
            self._log,
            positions,
            mine=self.assigned,
            excused=lambda: self._in_order.waiting,
            stuck_after=stuck_after,
        )

    def run(self, stop: threading.Event) -> None:
        """Process until `stop`. Raises what makes Faust give up; the caller ends the process."""
        if not until_done(lambda: asyncio.run(may_join(self._topic, stop)), stop) or stop.is_set():
            return
        self._folder.mkdir(parents=True, exist_ok=True)
        watching = threading.Thread(
            target=self._watchdog.run, args=(self._stop,), name="watchdog", daemon=True
        )
        watching.start()
        try:
            asyncio.run(self._serve(stop))
        finally:
            self._stop.set()
            self._thread.shutdown()
            watching.join(_WATCHDOG_S)
            self._log.close()

    def assigned(self) -> Collection[str]:
        """The partitions that it has now."""
        app = self._app
        if app is None or not app.started:
            return ()
        try:
            return [self._named(tp) for tp in app.consumer.assignment()]
        except NotReady:  # it starts, or stops
            return ()

    async def _serve(self, stop: threading.Event) -> None:
        self._app = app = self._new_app()
        starting = asyncio.create_task(app.start())  # lasts until its group has given it its share
        try:
            while not (  # noqa: ASYNC110 - a thread's and Faust's
                stop.is_set() or app.should_stop or _has_failed(starting)
            ):
                await asyncio.sleep(_LOOK_S)
        finally:
            self._stop.set()
            await app.stop()
            starting.cancel()
        if _has_failed(starting):
            await starting
        if app.crash_reason is not None:
            raise app.crash_reason

    # --- what Faust is told ---

    def _new_app(self) -> faust.App:
        app = faust.App(
            group_of(self._topic),
            broker=";".join(f"kafka://{server}" for server in self._topic.servers),
            broker_credentials=credentials(self._topic.access),
            autodiscover=False,
            broker_request_timeout=_ANSWER_S,
            broker_session_timeout=self._session_timeout,
            broker_heartbeat_interval=self._session_timeout / 5,
            ConsumerScheduler=_Chunks,
            consumer_auto_offset_reset="earliest",
            datadir=self._folder / "faust",
            key_serializer="raw",
            processing_guarantee="at_least_once",
            store="memory://",
            stream_buffer_maxsize=_BUFFERED,
            stream_wait_empty=True,
            topic_allow_declare=False,
            topic_disable_leader=True,
            value_serializer="raw",
            web_enabled=False,
        )
        app.transport = _Transport(app.conf.broker_consumer, app, processor=self)
        topic = app.topic(self._topic.name, value_serializer="raw", key_serializer="raw")
        app.agent(topic, name="processor")(self._process)
        # Faust makes its consumer for whoever asks first, and two that ask at once, as starting
        # and `assigned` in another thread would, get one each, of which one is never started.
        assert app.consumer  # noqa: S101 - made here
        return app

    async def _process(self, stream: StreamT[bytes]) -> None:
        taking = cast("Stream[bytes]", stream).take_events(_CHUNKS, within=_WITHIN_S)
        async for events in taking:
            await self._take(events)

    async def _take(self, events: Sequence[EventT[bytes]]) -> None:
        records = [record for event in events for record in self._logged(event)]
        loop = asyncio.get_running_loop()
        take = partial(self._in_order.take, records, self._stop)
        await loop.run_in_executor(self._thread, take)

    def _logged(self, event: EventT[bytes]) -> Iterator[Logged]:
        chunk = cast("Chunk", event.message.value)
        partition = self._named(event.message.tp)
        for record in chunk.records:
            yield Logged(partition, record.offset, type_of(record.headers), record.value or b"")

    def _named(self, tp: TP) -> str:
        return f"{self._topic.partition_prefix}{tp.partition}"


def _has_failed(task: "asyncio.Task[None]") -> bool:
    return task.done() and not task.cancelled() and task.exception() is not None


def credentials(access: KafkaAccess) -> CredentialsT | None:
    """How Faust is told what every other client of Kafka is told as settings. Raises OSError."""
    context = access.tls_context()
    if access.user:
        return faust.SASLCredentials(
            username=access.user,
            password=access.password,
            ssl_context=context,
            mechanism=access.sasl,
        )
    return faust.SSLCredentials(context) if context else None


class _Chunks(SchedulingStrategyT):
    """In which order Faust takes what was fetched."""

    def iterate(self, records: Mapping[TP, list[Any]]) -> Iterator[tuple[TP, Any]]:
        return in_chunks(records)


class _Thread(driver.AIOKafkaConsumerThread):
    """Where Faust speaks to Kafka."""

    async def on_thread_stop(self) -> None:
        """Part from the group, unless Kafka keeps us waiting: a group holds whoever joins it for
        as long as it waits for a member that died."""
        await part(super().on_thread_stop(), _FAREWELL_S)


class _Consumer(driver.Consumer):
    """Faust's consumer with the event store's positions in place of Kafka's."""

    def _new_consumer_thread(self) -> _Thread:
        return _Thread(self, loop=self.loop, beacon=self.beacon)

    def _to_message(self, tp: TP, record: Chunk) -> ConsumerMessage:
        message = super()._to_message(tp, record.records[-1])
        message.key, message.value, message.headers = None, cast("bytes", record), None
        return message

    async def seek_to_committed(self) -> Mapping[TP, int]:
        transport: Any = self.transport
        faultpoint("processor.on_assignment")
        offsets: dict[TP, int] = await transport.processor.offsets.resume_at(self.assignment())
        for tp, offset in offsets.items():
            await self._seek(tp, offset)
        return offsets

    async def _commit(self, offsets: Mapping[TP, int]) -> bool:
        transport: Any = self.transport
        faultpoint("processor.before_offsets")
        committed = await super()._commit(transport.processor.offsets.committable(offsets))
        faultpoint("processor.after_offsets")
        return bool(committed)


class _Transport(driver.Transport):
    Consumer = _Consumer

    def __init__(self, *args: Any, processor: FaustProcessor, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.processor = processor
