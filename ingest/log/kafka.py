"""The lead log on Kafka, the gateway's side: every record acknowledged by all in-sync replicas.

aiokafka's idempotent producer keeps the order within a partition over its retries, but it never
gives up, and its hidden task may die (aiokafka issues 907, 1039). So every append has a
deadline of its own, and a producer is replaced by a new one where it makes no progress, and where
a record failed for good: what it numbers after that one is out of order for ever. Whatever was in
doubt then was answered 503: its sender repeats it, or the spool does.
"""

import asyncio
import contextlib
import time
from collections import deque
from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any, Final

import structlog
from aiokafka import AIOKafkaProducer

from eventstore.faults import faultpoint
from eventstore.keyring import Keyring
from ingest.log.kafka_records import to_message
from ingest.log.kafka_rights import WRITE
from ingest.log.kafka_topic import AWAY, MAX_RECORD_BYTES, KafkaTopic, prepare
from ingest.log.port import LogUnavailable, Record, RecordTooLarge
from ingest.log.remedy import remedy_of

DEADLINE_S: Final = 4.0
STUCK_S: Final = 20.0
_CONNECT_S: Final = 5.0
_LOOK_S: Final = 0.25
_LONGEST_PAUSE_S: Final = 5.0
_REQUEST_MS: Final = 10_000
_MOST_WAITING_BYTES: Final = MAX_RECORD_BYTES
"""In the producer and before it: less than a broker takes in one request (100 MiB)."""
_BATCH_BYTES: Final = 256 * 1024
_OVERHEAD_BYTES: Final = 4096
_MOST_VALUE_BYTES: Final = MAX_RECORD_BYTES - _OVERHEAD_BYTES
_OUT_OF_PATIENCE: Final = TimeoutError()
_log = structlog.get_logger(__name__)


@dataclass(eq=False, slots=True)
class _Append:
    """One call of `append` until all its records are acknowledged."""

    records: Sequence[Record]
    size: int
    answer: "asyncio.Future[BaseException | None]"
    """What its caller waits for: the error, or the end of its patience."""
    left: int = 0
    error: BaseException | None = None
    dropped: bool = False
    """Its caller was told no before anything was sent."""
    over: bool = False
    """Nothing of it is on its way any more."""

    def tell(self, error: BaseException | None) -> None:
        if not self.answer.done():
            self.answer.set_result(error)


class KafkaLogWriter:
    """Appends from one event loop. `start` comes first, `close` last."""

    def __init__(
        self,
        topic: KafkaTopic,
        keyring: Keyring,
        *,
        deadline: float = DEADLINE_S,
        stuck_after: float = STUCK_S,
    ) -> None:
        """`deadline`, in seconds, is for one append; `stuck_after` for a producer's progress."""
        self._topic = topic
        self._keyring = keyring
        self._deadline = deadline
        self._stuck_after = stuck_after
        self._producer: AIOKafkaProducer | None = None
        self._queue: deque[_Append] = deque()
        self._sent: set[_Append] = set()
        self._waiting_bytes = 0
        self._progress = time.monotonic()
        self._more = asyncio.Event()
        self._tasks: list[asyncio.Task[None]] = []
        self._why = "it was not started"
        self._broken = ""
        """Why this producer is of no use any more."""

    async def start(self) -> None:
        """Connect, and make or check the topic.

        Raises TopicDiffers. A cluster that is away is no reason to fail: appends are refused
        until it is there.
        """
        try:
            await self._connect()
        except AWAY as error:
            self._away(error)
        self._tasks = [asyncio.create_task(self._pump()), asyncio.create_task(self._keep())]

    async def append(self, records: Sequence[Record]) -> None:
        size = sum(len(record.value) + _OVERHEAD_BYTES for record in records)
        if any(len(record.value) > _MOST_VALUE_BYTES for record in records):
            raise RecordTooLarge(f"a record has more than {_MOST_VALUE_BYTES} bytes")
        if self._producer is None:
            raise LogUnavailable(f"Kafka is away: {self._why}")
        if self._waiting_bytes and self._waiting_bytes + size > _MOST_WAITING_BYTES:
            raise LogUnavailable("Kafka cannot keep up; try again in a moment")
        if not records:
            return
        faultpoint("log.before_commit")
        loop = asyncio.get_running_loop()
        item = _Append(records, size, loop.create_future())
        self._waiting_bytes += size
        self._queue.append(item)
        self._more.set()
        patience = loop.call_later(self._deadline, item.tell, _OUT_OF_PATIENCE)
        try:
            error = await item.answer
        finally:
            patience.cancel()
        if error is _OUT_OF_PATIENCE:
            item.dropped = item not in self._sent
            raise LogUnavailable(
                f"Kafka did not confirm within {self._deadline:.0f} s; nobody knows whether it took"
                " the records"
            )
        if error is not None:
            raise LogUnavailable(f"Kafka did not take it: {type(error).__name__}") from error
        faultpoint("log.after_commit")

    async def close(self) -> None:
        """Wait for what was given, at most as long as one append may take."""
        waiting = [item.answer for item in (*self._queue, *self._sent)]
        if waiting:
            await asyncio.wait(waiting, timeout=self._deadline)
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        await self._let_go("it was closed")

    # --- from the queue to the producer ---

    async def _pump(self) -> None:
        """Give appends to the producer in the order of their calls."""
        while True:
            self._more.clear()
            while self._queue and self._producer is not None:
                item = self._queue.popleft()
                if item.dropped:
                    self._finish(item, None)
                else:
                    await self._send(self._producer, item)
            await self._more.wait()

    async def _send(self, producer: AIOKafkaProducer, item: _Append) -> None:
        if not self._sent:
            self._progress = time.monotonic()
        self._sent.add(item)
        item.left = len(item.records)
        for number, record in enumerate(item.records):
            try:
                message = to_message(record, self._keyring)
                ack = await producer.send(
                    self._topic.name, message.value, key=message.key, headers=message.headers
                )
            except Exception as error:  # noqa: BLE001 - whatever it is, it is told to the caller
                item.error = error
                item.left -= len(item.records) - number
                self._settle(item)
                return
            ack.add_done_callback(partial(self._acknowledged, producer, item))
        faultpoint("log.in_flight")

    def _acknowledged(
        self, producer: AIOKafkaProducer, item: _Append, ack: "asyncio.Future[Any]"
    ) -> None:
        error = asyncio.CancelledError() if ack.cancelled() else ack.exception()
        item.error = item.error or error
        item.left -= 1
        if error is None:
            self._progress = time.monotonic()
        elif producer is self._producer:
            self._broken = f"a record was refused for good: {type(error).__name__}"
        self._settle(item)

    def _settle(self, item: _Append) -> None:
        if item.left == 0:
            self._finish(item, item.error)

    def _finish(self, item: _Append, error: BaseException | None) -> None:
        """Whoever waits is told. What a lost producer gives up later changes nothing."""
        if not item.over:
            item.over = True
            self._waiting_bytes -= item.size
            self._sent.discard(item)
            item.tell(error)

    # --- the connection ---

    async def _keep(self) -> None:
        """Connect whenever there is no producer; replace one that is stuck."""
        pause = _LOOK_S
        while True:
            await asyncio.sleep(pause)
            try:
                if self._producer is None:
                    await self._connect()
                    pause = _LOOK_S
                    _log.warning("lead_log.back", topic=self._topic.name)
                elif self._broken:
                    _log.warning("lead_log.producer_replaced", why=self._broken)
                    await self._let_go(self._broken)
                elif self._sent and time.monotonic() - self._progress > self._stuck_after:
                    await self._let_go(f"nothing was confirmed for {self._stuck_after:.0f} s")
            except Exception as error:  # noqa: BLE001 - appends are refused with its text meanwhile
                self._away(error)
                pause = min(2 * pause, _LONGEST_PAUSE_S)

    async def _connect(self) -> None:
        await asyncio.wait_for(prepare(self._topic, needs=[WRITE]), _CONNECT_S)
        producer = AIOKafkaProducer(
            **self._topic.client_settings(),
            acks="all",
            enable_idempotence=True,
            linger_ms=0,
            max_batch_size=_BATCH_BYTES,
            max_request_size=MAX_RECORD_BYTES,
            request_timeout_ms=_REQUEST_MS,
        )
        try:
            await asyncio.wait_for(producer.start(), _CONNECT_S)
        except BaseException:
            await abandon(producer)
            raise
        self._producer, self._broken = producer, ""
        self._more.set()

    async def _let_go(self, why: str) -> None:
        """End this producer; whatever it has not confirmed is in doubt."""
        producer, self._producer, self._why = self._producer, None, why
        if producer is not None:
            await abandon(producer)
        for item in (*self._sent, *self._queue):
            self._finish(item, LogUnavailable(why))
        self._queue.clear()

    def _away(self, error: BaseException) -> None:
        why = str(error) or type(error).__name__
        if self._why != why:
            self._why = why
            told = {"error": why, "remedy": remedy_of(error) or None}
            _log.warning("lead_log.away", topic=self._topic.name, **told)


async def abandon(producer: AIOKafkaProducer) -> None:
    """Stop it. `stop` waits for ever for what a broker that is away has not confirmed."""
    with contextlib.suppress(*AWAY):
        await asyncio.wait_for(producer.stop(), 1.0)
        return
    sender = producer._sender.sender_task if producer._sender else None  # noqa: SLF001 - has no handle
    if sender is not None:
        sender.cancel()
    with contextlib.suppress(*AWAY):
        await asyncio.wait_for(producer.client.close(), 1.0)


def append_now(topic: KafkaTopic, keyring: Keyring, records: Sequence[Record]) -> None:
    """Append from outside the gateway (`leadlog feed`), from a thread without an event loop."""

    async def append() -> None:
        writer = KafkaLogWriter(topic, keyring)
        await writer.start()
        try:
            for start in range(0, len(records), _CHUNK):
                await writer.append(records[start : start + _CHUNK])
        finally:
            await writer.close()

    asyncio.run(append())


_CHUNK: Final = 500
