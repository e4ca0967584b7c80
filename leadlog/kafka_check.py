"""What `leadlog doctor` says of Kafka: does it answer, how, and what does it let its user do."""

import asyncio
from collections.abc import AsyncIterator, Awaitable
from typing import TYPE_CHECKING

from ingest.log.kafka_access import KafkaAccess
from ingest.log.port import LeadLogReader
from leadlog.machine import Finding

if TYPE_CHECKING:  # imports of the distributed extra
    from ingest.log.kafka_topic import KafkaTopic

SUBJECT = "stores.log"


def examine(topic: "KafkaTopic", log: LeadLogReader) -> Finding:
    """Raises LogUnavailable where it does not answer, or does not let us know of the topic."""
    ends = {partition: log.end(partition) for partition in log.partitions()}
    records = sum(ends.values()) + len(ends)
    told = f"answers {_how(topic.access)}, {len(ends)} partitions, {records:,} records so far"
    if refused := asyncio.run(_refusals(topic)):
        return Finding(SUBJECT, "broken", f"{told}; {'; '.join(refused)}", refused.popitem()[1])
    if topic.access.user and topic.access.sasl == "PLAIN" and not topic.access.tls:
        remedy = (
            "set tls = true in [kafka] and the port of a TLS listener, or sasl to SCRAM-SHA-512"
        )
        return Finding(SUBJECT, "odd", f"{told}; the password goes in the clear", remedy)
    return Finding(SUBJECT, "good", told)


def _how(access: KafkaAccess) -> str:
    return f"by {access.protocol}" + (f" as {access.user}" if access.user else "")


async def _refusals(topic: "KafkaTopic") -> dict[str, str]:
    """What its user may not do, each with what to do about it."""
    from aiokafka.errors import KafkaError

    from ingest.log.kafka_reach import Unreachable

    refused = {}
    async for look in _looks(topic):
        try:
            await look
        except Unreachable as error:
            refused[str(error)] = error.remedy
        except KafkaError:  # a coordinator, which the first who asks makes Kafka make
            continue
    return refused


async def _looks(topic: "KafkaTopic") -> AsyncIterator[Awaitable[None]]:
    """At all that the roles together need. What is not there yet is made by them, not here."""
    from ingest.log.kafka_rights import (
        READ,
        WRITE,
        need_group,
        need_topic,
        need_transactions,
    )
    from ingest.log.kafka_topic import administering
    from ingest.outbox.events_topic import beside
    from ingest.outbox.publisher import transactional_id
    from ingest.processor.group import group_of

    events = beside(topic)
    async with administering(topic) as admin:
        yield need_topic(admin, topic.name, [READ, WRITE])
        yield need_group(admin, group_of(topic))
        yield need_topic(admin, events.name, [READ, WRITE])
        yield need_transactions(admin, transactional_id(events))
