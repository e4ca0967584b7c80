"""The lead log on Kafka, the gateway's side: every record acknowledged by all in-sync replicas.

aiokafka's idempotent producer keeps the order within a partition over its retries, but it never
gives up, and its hidden task may die (aiokafka issues 907, 1039). So every append has a
deadline of its own, and a producer is replaced by a new one where it makes no progress, and where
a record failed for good: what it numbers after that one is out of order for ever. Whatever was in
doubt then was answered 503: its sender repeats it, or the spool does.
"""

import asyncio
import time
from collections import deque
from collections.abc import Sequence
from typing import Final

import structlog
from aiokafka import AIOKafkaProducer

from eventstore.faults import faultpoint
from eventstore.keyring import Keyring
from ingest.log.in_time import in_time, part
from ingest.log.kafka_batches import Append, Batches
from ingest.log.kafka_records import to_message
from ingest.log.kafka_rights import WRITE
from ingest.log.kafka_topic import AWAY, MAX_RECORD_BYTES, KafkaTopic, prepare
from ingest.log.port import LogUnavailable, Record, RecordTooLarge
from ingest.log.remedy import remedy_of

DEADLINE_S: Final = 4.0
STUCK_S: Final = 20.0
_CONNECT_S: Final = 5.0
_LOOK_S: Final = 0.25
_TICK_S: Final = 0.1
_LONGEST_PAUSE_S: Final = 5.0
_REQUEST_MS: Final = 10_000
_MOST_WAITING_BYTES: Final = MAX_RECORD_BYTES
"""In the producer and before it: less than a broker takes in one request (100 MiB)."""
_BATCH_BYTES: Final = 256 * 1024
_OVERHEAD_BYTES: Final = 4096
_MOST_VALUE_BYTES: Final = MAX_RECORD_BYTES - _OVERHEAD_BYTES
_OUT_OF_PATIENCE: Final = TimeoutError()
_log = structlog.get_logger(__name__)


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
        self._batches: Batches | None = None
        self._open: dict[Append, None] = {}
        """All that is not over, the oldest first."""
        self._new: deque[Append] = deque()
        self._waiting_bytes = 0
        self._more = asyncio.Event()
        self._look: asyncio.TimerHandle | None = None
        self._tasks: list[asyncio.Task[None]] = []
        self._why = "it was not started"

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
        size = sum([len(record.value) + _OVERHEAD_BYTES for record in records])
        if size > _MOST_VALUE_BYTES:
            _refuse_too_large(records)
        if self._batches is None:
            raise LogUnavailable(f"Kafka is away: {self._why}")
        if self._waiting_bytes and self._waiting_bytes + size > _MOST_WAITING_BYTES:
            raise LogUnavailable("Kafka cannot keep up; try again in a moment")
        if not records:
            return
        faultpoint("log.before_commit")
        error = await self._given(records, size).answer
        if error is _OUT_OF_PATIENCE:
            raise LogUnavailable(
                f"Kafka did not confirm within {self._deadline:.0f} s; nobody knows whether it took"
                " the records"
            )
        if error is not None:
            raise LogUnavailable(f"Kafka did not take it: {type(error).__name__}") from error
        faultpoint("log.after_commit")

    async def close(self) -> None:
        """Wait for what was given, at most as long as one append may take."""
        waiting = [append.answer for append in self._open]
        if waiting:
            await asyncio.wait(waiting, timeout=self._deadline)
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        await self._let_go("it was closed")

    # --- from the callers to the producer, and back ---

    def _given(self, records: Sequence[Record], size: int) -> Append:
        loop = asyncio.get_running_loop()
        messages = [to_message(record, self._keyring) for record in records]
        due = time.monotonic() + self._deadline
        append = Append(messages, size, due, loop.create_future(), left=len(messages))
        self._waiting_bytes += size
        self._open[append] = None
        self._new.append(append)
        self._more.set()
        if self._look is None:
            self._look = loop.call_later(_TICK_S, self._lose_patience)
        return append

    async def _pump(self) -> None:
        """Give appends to the producer in the order of their calls."""
        while True:
            self._more.clear()
            batches = self._batches
            if batches is not None:
                try:
                    await batches.send(self._new)
                except Exception as error:  # noqa: BLE001 - those who wait are told when it is let go
                    batches.broken = f"it takes nothing: {type(error).__name__}"
            await self._more.wait()

    def _lose_patience(self) -> None:
        """Tell those who have waited too long: one timer for all, for nearly none is ever due."""
        now = time.monotonic()
        for append in self._open:
            if append.due > now:
                break
            append.dropped = not append.sent
            append.tell(_OUT_OF_PATIENCE)
        loop = asyncio.get_running_loop()
        self._look = loop.call_later(_TICK_S, self._lose_patience) if self._open else None

    def _finish(self, append: Append, error: BaseException | None = None) -> None:
        """Whoever waits is told. What a lost producer gives up later changes nothing."""
        if append in self._open:
            del self._open[append]
            self._waiting_bytes -= append.size
            append.tell(append.error or error)

    # --- the connection ---

    async def _keep(self) -> None:
        """Connect whenever there is no producer; replace one that is stuck."""
        pause = _LOOK_S
        while True:
            await asyncio.sleep(pause)
            try:
                batches = self._batches
                if batches is None:
                    await self._connect()
                    pause = _LOOK_S
                    _log.warning("lead_log.back", topic=self._topic.name)
                elif batches.broken:
                    _log.warning("lead_log.producer_replaced", why=batches.broken)
                    await self._let_go(batches.broken)
                elif batches.is_stuck(self._stuck_after):
                    await self._let_go(f"nothing was confirmed for {self._stuck_after:.0f} s")
            except Exception as error:  # noqa: BLE001 - appends are refused with its text meanwhile
                self._away(error)
                pause = min(2 * pause, _LONGEST_PAUSE_S)

    async def _connect(self) -> None:
        await in_time(prepare(self._topic, needs=[WRITE]), _CONNECT_S)
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
            await in_time(producer.start(), _CONNECT_S)
        except BaseException:
            await abandon(producer)
            raise
        self._batches = Batches(
            producer, self._topic.name, finished=self._finish, answered=self._more.set
        )
        self._more.set()

    async def _let_go(self, why: str) -> None:
        """End this producer; whatever it has not confirmed is in doubt."""
        batches, self._batches, self._why = self._batches, None, why
        if batches is not None:
            await abandon(batches.producer)
        for append in list(self._open):
            self._finish(append, LogUnavailable(why))
        self._new = deque()  # the old one may still be in a call that waits

    def _away(self, error: BaseException) -> None:
        why = str(error) or type(error).__name__
        if self._why != why:
            self._why = why
            told = {"error": why, "remedy": remedy_of(error) or None}
            _log.warning("lead_log.away", topic=self._topic.name, **told)


def _refuse_too_large(records: Sequence[Record]) -> None:
    if any(len(record.value) > _MOST_VALUE_BYTES for record in records):
        raise RecordTooLarge(f"a record has more than {_MOST_VALUE_BYTES} bytes")


async def abandon(producer: AIOKafkaProducer) -> None:
    """Stop it. `stop` waits for ever for what a broker that is away has not confirmed."""
    if await part(producer.stop()):
        return
    sender = producer._sender.sender_task if producer._sender else None  # noqa: SLF001 - has no handle
    if sender is not None:
        sender.cancel()
    await part(producer.client.close())


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
