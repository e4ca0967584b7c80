"""The lead log on Kafka, the processor's and the audit's side: read by position, no group.

aiokafka lives on an event loop; readers are threads. One loop in a thread of its own serves all.
Two consumers: a broker answers one request of a connection at a time, so that a question about
offsets would wait for half a second behind a fetch that waits for records.
"""

import asyncio
import threading
from collections import defaultdict
from collections.abc import Coroutine, Sequence
from concurrent.futures import CancelledError, wait
from typing import Any, Final, TypeVar

import structlog
from aiokafka import AIOKafkaConsumer, TopicPartition

from ingest.log.in_time import in_time, part
from ingest.log.kafka_records import type_of
from ingest.log.kafka_rights import READ, explained
from ingest.log.kafka_topic import AWAY, KafkaTopic, prepare
from ingest.log.port import Logged, LogRewound, LogUnavailable

T = TypeVar("T")

_TIMEOUT_S: Final = 15.0
_PAGE_WAIT_MS: Final = 1000
_LOOK_S: Final = 0.2
_CLOSED: Final = "this process has closed its reader of Kafka"
_log = structlog.get_logger(__name__)


class KafkaLogReader:
    """Reads of one position after the other are quick; a jump costs a fetch.

    Connects at the first call. Every call raises LogUnavailable while Kafka is away and once it
    is closed, and TopicDiffers where the topic is not what is configured.
    """

    def __init__(
        self,
        topic: KafkaTopic,
        *,
        timeout: float = _TIMEOUT_S,
        stopping: threading.Event | None = None,
    ) -> None:
        """`timeout`, in seconds, for each call. Once `stopping` is set, none waits for Kafka."""
        self._topic = topic
        self._timeout = timeout
        self._stopping = stopping or threading.Event()
        self._fetching: dict[TopicPartition, AIOKafkaConsumer] = {}
        self._asking: AIOKafkaConsumer | None = None
        self._at_first = 0
        self._next: dict[TopicPartition, int] = {}
        self._connecting = asyncio.Lock()
        self._turns: defaultdict[TopicPartition, asyncio.Lock] = defaultdict(asyncio.Lock)
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(
            target=self._loop.run_forever, name="kafka-reader", daemon=True
        )
        self._thread.start()

    def partitions(self) -> Sequence[str]:
        return self._run(self._partitions())

    def read(self, partition: str, after: int, limit: int) -> Sequence[Logged]:
        """See the port. Raises LogRewound where `after` lies beyond the end."""
        return self._run(self._read(self._named(partition), partition, after, limit))

    def end(self, partition: str) -> int:
        return self._run(self._end(self._named(partition))) - 1

    def expired(self, partition: str) -> int:
        return self._run(self._begin(self._named(partition)))

    def close(self) -> None:
        """Of what Kafka does not answer nothing is waited for."""
        if not self._loop.is_closed():
            asyncio.run_coroutine_threadsafe(self._end_all(), self._loop).result()
            self._loop.call_soon_threadsafe(self._loop.stop)
            self._thread.join()
            self._loop.close()

    def _run(self, work: Coroutine[Any, Any, T]) -> T:
        if self._loop.is_closed():
            work.close()
            raise LogUnavailable(_CLOSED)
        asked = asyncio.run_coroutine_threadsafe(in_time(work, self._timeout), self._loop)
        while not wait([asked], _LOOK_S).done:
            if self._loop.is_closed():  # what it was asked did not end in time to tell us so
                raise LogUnavailable(_CLOSED)
            if self._stopping.is_set():
                asked.cancel()
                raise LogUnavailable("Kafka does not answer, and this process is to end")
        try:
            return asked.result()
        except CancelledError:
            raise LogUnavailable(_CLOSED) from None
        except AWAY as error:
            if isinstance(error, TimeoutError):  # a consumer may live and yet give nothing for ever
                asyncio.run_coroutine_threadsafe(self._disconnect(), self._loop)
            why = explained(error)
            raise LogUnavailable(f"Kafka is away: {str(why) or type(why).__name__}") from why

    def _named(self, partition: str) -> TopicPartition:
        number = partition.removeprefix(self._topic.partition_prefix)
        if number == partition or not number.isdecimal():
            raise LookupError(f"{partition!r} is no partition of the lead log {self._topic.name!r}")
        return TopicPartition(self._topic.name, int(number))

    # --- on the loop ---

    async def _partitions(self) -> tuple[str, ...]:
        asking = await self._asked()
        known = asking.partitions_for_topic(self._topic.name) or range(self._at_first)
        return tuple(f"{self._topic.partition_prefix}{number}" for number in sorted(known))

    async def _begin(self, tp: TopicPartition) -> int:
        asking = await self._asked()
        begins: dict[TopicPartition, int] = await asking.beginning_offsets([tp])
        return begins[tp]

    async def _end(self, tp: TopicPartition) -> int:
        asking = await self._asked()
        ends: dict[TopicPartition, int] = await asking.end_offsets([tp])
        return ends[tp]

    async def _read(
        self, tp: TopicPartition, partition: str, after: int, limit: int
    ) -> Sequence[Logged]:
        async with self._turns[tp]:
            consumer = await self._fetcher(tp)
            if self._next.get(tp) != after + 1:
                consumer.seek(tp, after + 1)
            self._next.pop(tp, None)  # unknown, should anything fail from here on
            records = await self._fetch(consumer, tp, after, limit)
            if records:
                await self._check_first(tp, after, records[0].offset)
            self._next[tp] = records[-1].offset + 1 if records else after + 1
        return [Logged(partition, r.offset, type_of(r.headers), r.value or b"") for r in records]

    async def _fetch(
        self, consumer: AIOKafkaConsumer, tp: TopicPartition, after: int, limit: int
    ) -> list[Any]:
        """Records that are there, at once; none only where there are none."""
        wait = 0
        while True:
            found = await consumer.getmany(tp, timeout_ms=wait, max_records=limit)
            if records := found.get(tp):
                return list(records)
            if not wait and await self._is_read(tp, after):
                return []
            wait = _PAGE_WAIT_MS

    async def _is_read(self, tp: TopicPartition, after: int) -> bool:
        """Whether nothing is left above `after`: all of it was read, or has expired."""
        end = await self._end(tp)
        if end <= after:
            raise LogRewound(
                f"partition {tp.partition} of Kafka's topic {tp.topic!r} ends at {end}, but was"
                f" read up to {after}. Was the topic made anew? Then give the lead log a topic of"
                " another name; what was read already stays known by its ids"
            )
        return end == after + 1 or end == await self._begin(tp)

    async def _check_first(self, tp: TopicPartition, after: int, first: int) -> None:
        """Where nothing stands at the offset asked for, the consumer goes on at the oldest."""
        if first <= after:
            await self._is_read(tp, after)
            raise LogUnavailable(f"partition {tp.partition} gave offset {first} after {after}")
        if first > after + 1 and after >= 0:
            _log.error(
                "lead_log.records_gone_unread",
                partition=tp.partition,
                after=after,
                first=first,
                remedy="raise retention_days; the processor was away for longer",
            )

    # --- connections ---

    async def _asked(self) -> AIOKafkaConsumer:
        async with self._connecting:
            if self._asking is None:
                self._at_first = await prepare(self._topic, needs=[READ])
                self._asking = await self._started()
            return self._asking

    async def _fetcher(self, tp: TopicPartition) -> AIOKafkaConsumer:
        """The consumer that fetches this partition, and others, ahead of their readers."""
        asking = await self._asked()
        async with self._connecting:
            if tp not in self._fetching:
                known = asking.partitions_for_topic(tp.topic) or range(self._at_first)
                every = {tp, *(TopicPartition(tp.topic, number) for number in known)}
                consumer = await self._started()
                new = every - self._fetching.keys()
                consumer.assign(new)
                self._fetching |= dict.fromkeys(new, consumer)
            return self._fetching[tp]

    async def _started(self) -> AIOKafkaConsumer:
        consumer = AIOKafkaConsumer(
            **self._topic.client_settings(),
            enable_auto_commit=False,
            auto_offset_reset="earliest",
        )
        try:
            await consumer.start()
        except BaseException:
            await part(consumer.stop())
            raise
        return consumer

    async def _disconnect(self) -> None:
        consumers = {self._asking, *self._fetching.values()} - {None}
        self._asking = None
        self._fetching = {}
        await asyncio.gather(*(part(consumer.stop()) for consumer in consumers))

    async def _end_all(self) -> None:
        """Whatever goes on upon this loop."""
        await self._disconnect()
        others = asyncio.all_tasks() - {asyncio.current_task()}
        for task in others:
            task.cancel()
        if others:
            await asyncio.wait(others, timeout=_LOOK_S)
