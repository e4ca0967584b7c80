"""The topic `leadlog.events`: what it must be like, and how far it was written.

Its records are its own checkpoint: each carries its position, each batch is one transaction, so the
highest committed position says where to go on (docs/adr/0012). That takes a topic which forgets
nothing.
"""

from collections.abc import AsyncIterator
from typing import Final

from aiokafka import AIOKafkaConsumer, TopicPartition

from ingest.log.in_time import part
from ingest.log.kafka_rights import READ, WRITE
from ingest.log.kafka_topic import KafkaTopic, TopicDiffers, durable, prepare
from ingest.outbox.published import position_of

NAME: Final = "leadlog.events"
_USUAL_LOG: Final = "leads"
MOST_BYTES: Final = 8 * 1024 * 1024
"""Of one record: more than the largest event has, a person of many thousand cards."""
_FIRST_LOOK_BACK: Final = 200
"""Offsets. The last batch and the marks of its transaction, mostly."""
_LONGER: Final = 8
_PAGE_WAIT_MS: Final = 500


def beside(lead_log: KafkaTopic) -> KafkaTopic:
    """The events' topic on the cluster of the lead log, as safe as that one.

    A second system on a cluster has a lead log of another name; its events are `NAME.events`.
    """
    return KafkaTopic(
        servers=lead_log.servers,
        name=NAME if lead_log.name == _USUAL_LOG else f"{lead_log.name}.events",
        replication=lead_log.replication,
        min_insync=lead_log.min_insync,
        access=lead_log.access,
    )


def kept_for_ever(topic: KafkaTopic, replicas: int) -> dict[str, str]:
    """No personal data, so nothing must go; and what is gone could not tell where to go on."""
    return {
        "cleanup.policy": "delete",
        "retention.ms": "-1",
        "retention.bytes": "-1",
        "max.message.bytes": str(MOST_BYTES),
        **durable(topic, replicas),
    }


async def prepare_events(topic: KafkaTopic) -> int:
    """Make or check the topic; gives its partitions. Raises as `prepare` does."""
    return await prepare(topic, kept_for_ever, needs=[READ, WRITE])


async def last_position(topic: KafkaTopic, partitions: int) -> int:
    """The highest position that was committed; 0 where nothing was.

    Call it when no transaction of a writer is open: a writer that has just started sees to that.
    """
    consumer = AIOKafkaConsumer(
        **topic.client_settings(),
        enable_auto_commit=False,
        isolation_level="read_committed",
    )
    try:
        await consumer.start()
        every = [TopicPartition(topic.name, number) for number in range(partitions)]
        consumer.assign(every)
        begins: dict[TopicPartition, int] = await consumer.beginning_offsets(every)
        ends: dict[TopicPartition, int] = await consumer.end_offsets(every)
        return max([0, *[await _last_in(consumer, tp, begins[tp], ends[tp]) for tp in every]])
    finally:
        await part(consumer.stop())


async def _last_in(consumer: AIOKafkaConsumer, tp: TopicPartition, begin: int, end: int) -> int:
    """Look back from the end, further and further, past marks and what was given up."""
    back = _FIRST_LOOK_BACK
    while begin < end:
        start = max(begin, end - back)
        found = [p async for p in _positions(consumer, tp, start, end)]
        if found:
            return max(found)
        if start == begin:
            break
        back *= _LONGER
    if begin > 0:
        raise TopicDiffers(
            f"Kafka's topic {tp.topic!r} has lost its records in partition {tp.partition}, and with"
            " them how far it was written: give the events a topic of another name, or delete this"
            " one; it is written anew from the event store"
        )
    return 0


async def _positions(
    consumer: AIOKafkaConsumer, tp: TopicPartition, start: int, end: int
) -> AsyncIterator[int]:
    consumer.seek(tp, start)
    while await consumer.position(tp) < end:
        found = await consumer.getmany(tp, timeout_ms=_PAGE_WAIT_MS)
        for record in found.get(tp, ()):
            position = position_of(record.headers)
            if position is not None:
                yield position
