"""The processors of one lead log as a consumer group of Kafka: its name, and who may join it."""

import asyncio
import threading
from typing import Final

from ingest.log.kafka_rights import READ, need_group
from ingest.log.kafka_topic import AWAY, KafkaTopic, administering, prepare
from ingest.log.port import LogUnavailable

_LOOK_S: Final = 0.2


def group_of(topic: KafkaTopic) -> str:
    """The consumer group of its processors: a group over two topics would stop for both."""
    return f"leadlog-processor-{topic.name}"


async def may_join(topic: KafkaTopic, stop: threading.Event) -> None:
    """Look at what Faust would not tell of: it waits for ever where it may not be in the group.

    Comes back early at `stop`. Raises LogUnavailable, which passes, and TopicDiffers.
    """
    looking = asyncio.create_task(_look(topic))
    while not (stop.is_set() or looking.done()):
        await asyncio.wait([looking], timeout=_LOOK_S)
    if not looking.done():
        looking.cancel()
        return
    try:
        await looking
    except AWAY as error:
        raise LogUnavailable(f"Kafka is away: {error}") from error


async def _look(topic: KafkaTopic) -> None:
    await prepare(topic, needs=[READ])
    async with administering(topic) as admin:
        await need_group(admin, group_of(topic))
