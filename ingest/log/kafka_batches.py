"""Records on their way to Kafka: a batch for each partition, a request to each broker at a time.

What comes for a broker that has not answered yet waits here, so that under load the batches grow by
themselves. aiokafka's own `send` does the same, but takes four coroutines, a future and a result
for each record, where a batch takes one of each.
"""

import asyncio
import random
import time
from collections import deque
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any

from aiokafka import AIOKafkaProducer, TopicPartition

from eventstore.faults import faultpoint
from ingest.log.kafka_partitioner import partitions_of
from ingest.log.kafka_records import Message


@dataclass(eq=False, slots=True)
class Append:
    """Messages that one caller waits for, until all of them are acknowledged."""

    messages: Sequence[Message]
    size: int
    due: float
    """When its caller's patience ends (`time.monotonic`)."""
    answer: "asyncio.Future[BaseException | None]"
    """What its caller waits for: the error, or the end of its patience."""
    left: int
    error: BaseException | None = None
    sent: bool = False
    """Some of it was given to the producer: nobody can take it back."""
    dropped: bool = False
    """Its caller was told no before anything was sent."""

    def tell(self, error: BaseException | None) -> None:
        if not self.answer.done():
            self.answer.set_result(error)


class Batches:
    """What one producer was given and has not confirmed. Used by one task."""

    def __init__(
        self,
        producer: AIOKafkaProducer,
        topic: str,
        *,
        finished: Callable[[Append], None],
        answered: Callable[[], None],
    ) -> None:
        """`finished` is told of each append that is over, `answered` when `send` may do more."""
        self.producer = producer
        self.broken = ""
        """Why this producer is of no use any more."""
        self._topic = topic
        self._finished = finished
        self._answered = answered
        self._waiting: dict[int, deque[tuple[Message, Append]]] = {}
        self._at: dict[int, int | None] = {}
        """Partitions with a batch on its way → the broker that it was for."""
        self._progress = time.monotonic()

    def is_stuck(self, after: float) -> bool:
        """Whether nothing of what is on its way was confirmed for so many seconds."""
        return bool(self._at) and time.monotonic() - self._progress > after

    async def send(self, appends: deque[Append]) -> None:
        """Take these over in their order, and send whatever may go now."""
        partitions = sorted(await self.producer.partitions_for(self._topic))
        self._sort(appends, partitions)
        busy = set(self._at.values())
        for partition, waiting in self._waiting.items():
            broker = self._broker(partition)
            if self._forget_dropped(waiting) and partition not in self._at and broker not in busy:
                await self._send(partition, broker, waiting)

    def _sort(self, appends: deque[Append], partitions: Sequence[int]) -> None:
        """Put the messages of all these with those that wait for the same partition."""
        messages = [(message, append) for append in appends for message in append.messages]
        appends.clear()
        keys = [message.key for message, _ in messages if message.key is not None]
        keyed = iter(partitions_of(keys, partitions))
        for message, append in messages:
            partition = self._any(partitions) if message.key is None else next(keyed)
            self._waiting.setdefault(partition, deque()).append((message, append))

    def _any(self, partitions: Sequence[int]) -> int:
        led = self.producer.client.cluster.available_partitions_for_topic(self._topic)
        number: int = random.choice(sorted(led or partitions))  # noqa: S311 - any will do
        return number

    def _broker(self, partition: int) -> int | None:
        leader: int | None = self.producer.client.cluster.leader_for_partition(
            TopicPartition(self._topic, partition)
        )
        return leader

    def _forget_dropped(self, waiting: deque[tuple[Message, Append]]) -> bool:
        """Take those whose patience is over from the front; whether any others wait."""
        while waiting and waiting[0][1].dropped:
            self._over(waiting.popleft()[1], None)
        return bool(waiting)

    async def _send(
        self, partition: int, broker: int | None, waiting: deque[tuple[Message, Append]]
    ) -> None:
        batch = self.producer.create_batch()
        owners = []
        while self._forget_dropped(waiting):
            (key, value, headers), append = waiting[0]
            if batch.append(timestamp=None, key=key, value=value, headers=headers) is None:
                break  # it is full
            waiting.popleft()
            append.sent = True
            owners.append(append)
        if not self._at:
            self._progress = time.monotonic()
        self._at[partition] = broker
        try:
            acknowledged = await self.producer.send_batch(batch, self._topic, partition=partition)
        except Exception as error:  # noqa: BLE001 - whatever it is, it is told to the callers
            self.broken = f"it takes nothing: {type(error).__name__}"
            self._settle(partition, owners, error)
        else:
            acknowledged.add_done_callback(partial(self._acknowledged, partition, owners))
        faultpoint("log.in_flight")

    def _acknowledged(
        self, partition: int, owners: Sequence[Append], answer: "asyncio.Future[Any]"
    ) -> None:
        error = asyncio.CancelledError() if answer.cancelled() else answer.exception()
        if error is None:
            self._progress = time.monotonic()
        else:
            self.broken = f"a record was refused for good: {type(error).__name__}"
        self._settle(partition, owners, error)

    def _settle(
        self, partition: int, owners: Sequence[Append], error: BaseException | None
    ) -> None:
        del self._at[partition]
        for append in owners:
            self._over(append, error)
        if any(self._waiting.values()):
            self._answered()

    def _over(self, append: Append, error: BaseException | None) -> None:
        """One message of it is no longer on its way."""
        append.error = append.error or error
        append.left -= 1
        if append.left == 0:
            self._finished(append)
