"""Publishes domain events on Kafka for others to consume: once each, in order within a stream.

A projection like any other: it reads pages of the event store and resumes where its target
stands. A page is one transaction; the target's highest committed position is the checkpoint. So a
reader with `isolation.level=read_committed` sees every event exactly once; one that reads
everything sees some twice, and knows them by their position.
"""

import asyncio
import contextlib
import threading
from collections.abc import Coroutine, Sequence
from itertools import chain, repeat
from typing import Any, Final, TypeVar

import structlog
from aiokafka import AIOKafkaProducer
from aiokafka.errors import ProducerFenced

from eventstore.customer_base import TRANSIENT
from eventstore.faults import faultpoint
from eventstore.lease import Alone, Lease
from eventstore.reading import EventReader, Recorded
from ingest.log.in_time import in_time
from ingest.log.kafka import abandon
from ingest.log.kafka_rights import explained
from ingest.log.kafka_topic import AWAY, KafkaTopic
from ingest.log.remedy import remedy_of
from ingest.metrics import EVENTS_PUBLISHED, PUBLISHER_LAG
from ingest.outbox.events_topic import MOST_BYTES, last_position, prepare_events
from ingest.outbox.published import to_message

T = TypeVar("T")

PAGE: Final = 2000
IDLE_S: Final = 0.25
_WITHIN_S: Final = 30.0
"""For each answer of Kafka. aiokafka itself tries for ever."""
_LOOK_S: Final = 0.1
_END_WITHIN_S: Final = 2.0
_PAUSES_S: Final = (0.2, 0.5, 1.0, 2.0, 5.0)
_GIVE_WAY_S: Final = 30.0
_STAND_BY_S: Final = 1.0
_log = structlog.get_logger(__name__)


def transactional_id(topic: KafkaTopic) -> str:
    """Of whoever publishes on this topic: Kafka lets one at a time write under it."""
    return f"{topic.name}-publisher"


class PublishedAhead(Exception):
    """The topic has events that the event store has not: an older copy was put back. Stop."""


class EventPublisher:
    """One for a topic: who has the lease; others stand by.

    Should two publish at once, Kafka refuses what the earlier one sends.
    """

    def __init__(
        self,
        reader: EventReader,
        topic: KafkaTopic,
        *,
        lease: Lease | None = None,
        page: int = PAGE,
        idle: float = IDLE_S,
        within: float = _WITHIN_S,
    ) -> None:
        """`idle`: seconds between looks at a store that had nothing new; `within`: see _WITHIN_S.

        `topic` is `events_topic.beside(lead log's topic)`.
        """
        self._reader = reader
        self._topic = topic
        self._lease = lease or Alone()
        self._leads: bool | None = None
        self._page = page
        self._idle = idle
        self._within = within
        self._done = 0

    @property
    def position(self) -> int:
        """The last position known to be published; 0 before the first look."""
        return self._done

    def run(self, stop: threading.Event) -> None:
        """Publish until `stop`; a store or a cluster that is away is waited for.

        Raises TopicDiffers and PublishedAhead: going on would lose events, or mix two stores up.
        """
        try:
            asyncio.run(self._run(stop))
        finally:
            self._lease.release()

    async def _run(self, stop: threading.Event) -> None:
        publishing = asyncio.create_task(self._follow(stop))
        while not (stop.is_set() or publishing.done()):  # noqa: ASYNC110 - another thread's event
            await asyncio.sleep(_LOOK_S)
        await asyncio.wait([publishing], timeout=_END_WITHIN_S)
        publishing.cancel()  # whoever waits for Kafka; what was begun is given up, and sent again
        with contextlib.suppress(asyncio.CancelledError):
            await publishing

    async def _follow(self, stop: threading.Event) -> None:
        pauses = _pauses()
        while not stop.is_set():
            before = self._done
            try:
                if await self._has_lease():
                    await self._publish(stop)
                else:
                    PUBLISHER_LAG.set(0)  # told by the one that publishes
                    await _wait(stop, _STAND_BY_S)
            except ProducerFenced:
                _log.warning("publisher_gives_way", topic=self._topic.name, for_s=_GIVE_WAY_S)
                await _wait(stop, _GIVE_WAY_S)
            except (*AWAY, *TRANSIENT) as fault:
                error = explained(fault)
                pauses = _pauses() if self._done > before else pauses
                pause = next(pauses)
                why = str(error) or type(error).__name__
                told = {"error": why, "remedy": remedy_of(error) or None, "next_try_s": pause}
                _log.warning("publisher_waits", topic=self._topic.name, **told)
                await _wait(stop, pause)

    async def _publish(self, stop: threading.Event) -> None:
        """From where the topic stands, with a producer of its own, until something fails."""
        partitions = await self._in_time(prepare_events(self._topic))
        producer = AIOKafkaProducer(
            **self._topic.client_settings(),
            transactional_id=transactional_id(self._topic),
            compression_type="gzip",
            max_request_size=MOST_BYTES,
        )
        try:
            await self._in_time(producer.start())  # ends what another, or an earlier one, had begun
            await self._resume(partitions)
            while not stop.is_set() and await self._has_lease():
                page = await asyncio.to_thread(self._reader.read, self._done, self._page)
                if page:
                    await self._in_time(_send(producer, self._topic.name, page))
                    self._done = page[-1].position
                    EVENTS_PUBLISHED.inc(len(page))
                await self._tell_lag()
                if len(page) < self._page:
                    await _wait(stop, self._idle)
        finally:
            await abandon(producer)

    async def _has_lease(self) -> bool:
        leads = await asyncio.to_thread(self._lease.held)
        if leads != self._leads:
            _log.info("publisher_leads" if leads else "publisher_stands_by", topic=self._topic.name)
        self._leads = leads
        return leads

    async def _resume(self, partitions: int) -> None:
        self._done = await self._in_time(last_position(self._topic, partitions))
        newest = await asyncio.to_thread(self._reader.last_position)
        if self._done > newest:
            raise PublishedAhead(
                f"Kafka's topic {self._topic.name!r} ends at position {self._done}, the event store"
                f" at {newest}: was an older copy of the store put back? Delete the topic: it is"
                " written anew, and its consumers begin anew"
            )

    async def _tell_lag(self) -> None:
        newest = await asyncio.to_thread(self._reader.last_position)
        PUBLISHER_LAG.set(max(0, newest - self._done))

    async def _in_time(self, work: Coroutine[Any, Any, T]) -> T:
        return await in_time(work, self._within)


async def _send(producer: AIOKafkaProducer, topic: str, page: Sequence[Recorded]) -> None:
    """A page as one transaction: all of it or nothing."""
    await producer.begin_transaction()
    acks = []
    for recorded in page:
        message = to_message(recorded)
        acks.append(
            await producer.send(topic, message.value, key=message.key, headers=message.headers)
        )
    await asyncio.gather(*acks)
    faultpoint("publisher.before_commit")
    await producer.commit_transaction()
    faultpoint("publisher.after_commit")


def _pauses() -> "chain[float]":
    return chain(_PAUSES_S, repeat(_PAUSES_S[-1]))


async def _wait(stop: threading.Event, seconds: float) -> None:
    await asyncio.to_thread(stop.wait, seconds)
