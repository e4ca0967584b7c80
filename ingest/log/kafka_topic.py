"""The lead log's topic: its address and settings as one URL, made or checked at every start.

`kafka://host:9092,other:9092/leads?partitions=12&replication=3&min_insync=2&retention_days=7`
"""

import asyncio
import re
from collections.abc import AsyncIterator, Callable, Collection, Iterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Any
from urllib.parse import parse_qsl, urlsplit

from aiokafka.admin import AIOKafkaAdminClient, NewTopic
from aiokafka.admin.config_resource import ConfigResource, ConfigResourceType
from aiokafka.errors import KafkaConnectionError, KafkaError, NodeNotReadyError

from ingest.log.in_time import part
from ingest.log.kafka_access import OPEN, KafkaAccess
from ingest.log.kafka_reach import why_not
from ingest.log.kafka_rights import Described, check, describe

AWAY = (KafkaError, OSError, TimeoutError)
"""What aiokafka raises while the cluster, or the way to it, is away."""
MAX_RECORD_BYTES = 64 * 1024 * 1024
"""The largest form with files, base64 within JSON, and room to spare."""
_PARTITIONS = 12
_PARTITIONS_OF_ONE_BROKER = 3  # it forces each partition to the disk by itself
_DAY_MS = 86_400_000
_NAME = re.compile(r"[A-Za-z0-9._-]{1,249}")
_ALREADY_EXISTS = 36
_ADMIN_TIMEOUT_MS = 10_000
_VISIBLE_WITHIN_S = 10.0


class TopicDiffers(Exception):
    """The topic would lose leads or their order, or keep them too long; each line has a remedy."""


@dataclass(frozen=True, slots=True)
class KafkaTopic:
    """Where the lead log is and what it must be like. None: what fits the cluster."""

    servers: tuple[str, ...]
    name: str
    partitions: int | None = None
    """None: as many as an existing topic has; a new one gets 12, and 3 on a single broker."""
    replication: int | None = None
    """None: 3, or as many as there are brokers."""
    min_insync: int | None = None
    """None: one less than the replicas, so that one broker may be away."""
    retention_days: int = 7
    access: KafkaAccess = OPEN

    @classmethod
    def of(cls, url: str, access: KafkaAccess = OPEN) -> "KafkaTopic":
        """Read a URL; ValueError says what is wrong, without repeating it: it may have a secret."""
        parts = urlsplit(url)
        if "@" in parts.netloc:
            raise ValueError("user and password of Kafka stand in [kafka], not in the address")
        servers = tuple(filter(None, parts.netloc.split(",")))
        name = parts.path.strip("/")
        if parts.scheme != "kafka" or not servers or not _NAME.fullmatch(name):
            raise ValueError("that is no lead log; write kafka://host:9092/topic")
        return cls(servers, name, **dict(_settings(parts.query)), access=access)

    def client_settings(self) -> dict[str, Any]:
        """The servers and how to speak to them: what every client is made with. Raises OSError."""
        return {"bootstrap_servers": list(self.servers), **self.access.client_settings()}

    @property
    def partition_prefix(self) -> str:
        return f"{self.name}-"


_SETTINGS = ("partitions", "replication", "min_insync", "retention_days")


def _settings(query: str) -> Iterator[tuple[str, int]]:
    for name, value in parse_qsl(query, keep_blank_values=True):
        if name not in _SETTINGS:
            raise ValueError(f"no setting {name!r}; known: {', '.join(_SETTINGS)}")
        if not value.isdecimal() or int(value) < 1:
            raise ValueError(f"{name} must be a number above 0, not {value!r}")
        yield name, int(value)


def durable(topic: KafkaTopic, replicas: int) -> dict[str, str]:
    """Settings without which something that was confirmed could be lost."""
    return {
        "unclean.leader.election.enable": "false",
        "min.insync.replicas": str(topic.min_insync or max(1, replicas - 1)),
        # one copy only: then it must be on the disk before anybody is told so
        **({"flush.messages": "1"} if replicas == 1 else {}),
    }


def of_lead_log(topic: KafkaTopic, replicas: int) -> dict[str, str]:
    """Settings without which something accepted could be lost, or kept for longer than said."""
    return {
        "cleanup.policy": "delete",
        "retention.ms": str(topic.retention_days * _DAY_MS),
        "retention.bytes": "-1",
        "max.message.bytes": str(MAX_RECORD_BYTES),
        # the age of a record is that of its append, whatever the clock of its sender says
        "message.timestamp.type": "LogAppendTime",
        **durable(topic, replicas),
    }


Wanted = Callable[[KafkaTopic, int], dict[str, str]]
"""The settings of a topic with so many replicas."""


async def prepare(
    topic: KafkaTopic, wanted: Wanted = of_lead_log, *, needs: Collection[str] = ()
) -> int:
    """Make the topic where it is missing, else check it; gives the number of its partitions.

    `needs`: what the user must be let do with it, of READ and WRITE. Raises TopicDiffers, and what
    aiokafka raises while the cluster is away: Unreachable, with the reason, where one can be found.
    """
    async with administering(topic) as admin:
        return await _prepare(admin, topic, wanted, needs)


@asynccontextmanager
async def administering(topic: KafkaTopic) -> AsyncIterator[AIOKafkaAdminClient]:
    """Somebody who asks about its cluster. What is raised within says why, where that is found."""
    admin = AIOKafkaAdminClient(**topic.client_settings(), request_timeout_ms=_ADMIN_TIMEOUT_MS)
    try:
        await admin.start()
        yield admin
    except (KafkaConnectionError, NodeNotReadyError) as error:
        raise await why_not(topic.servers, topic.access) or error from error
    finally:
        await part(admin.close())


async def _prepare(
    admin: AIOKafkaAdminClient, topic: KafkaTopic, wanted: Wanted, needs: Collection[str]
) -> int:
    described = await describe(admin, topic.name)
    if described is None:
        await _create(admin, topic, wanted)
        described = await _until_visible(admin, topic.name)
    described.need(needs)
    found = described.partitions
    differences = [
        *_shape_differences(topic, found),
        *_config_differences(
            topic, wanted(topic, _replicas(found)), await _config(admin, topic.name)
        ),
    ]
    if differences:
        lines = "\n".join(f"  {line}" for line in differences)
        raise TopicDiffers(f"Kafka's topic {topic.name!r} is not fit for us:\n{lines}")
    return len(found)


async def _create(admin: AIOKafkaAdminClient, topic: KafkaTopic, wanted: Wanted) -> None:
    brokers = len((await admin.describe_cluster())["brokers"])
    replicas = topic.replication or min(3, brokers)
    partitions = topic.partitions or (_PARTITIONS_OF_ONE_BROKER if brokers == 1 else _PARTITIONS)
    config = {**wanted(topic, replicas), "segment.ms": str(_DAY_MS)}
    new = NewTopic(topic.name, partitions, replicas, topic_configs=config)
    answer = await admin.create_topics([new])
    ((_, code, message),) = answer.topic_errors
    if code != _ALREADY_EXISTS:  # another process was faster
        check(code, f"topic {topic.name!r} cannot be made: {message}")


async def _until_visible(admin: AIOKafkaAdminClient, name: str) -> Described:
    """A new topic reaches the brokers' metadata a moment after it is made."""
    async with asyncio.timeout(_VISIBLE_WITHIN_S):
        while (found := await describe(admin, name)) is None or not found.partitions:  # noqa: ASYNC110 - a broker tells nobody
            await asyncio.sleep(0.05)
    return found


async def _config(admin: AIOKafkaAdminClient, name: str) -> dict[str, str]:
    (answer,) = await admin.describe_configs([ConfigResource(ConfigResourceType.TOPIC, name)])
    ((code, message, _, _, entries),) = answer.resources
    check(code, f"the settings of topic {name!r} cannot be read: {message}")
    return {entry[0]: entry[1] for entry in entries}


def _shape_differences(topic: KafkaTopic, found: list[dict[str, Any]]) -> Iterator[str]:
    if topic.partitions not in (None, len(found)):
        yield (
            f"partitions are {len(found)}, configured {topic.partitions}: configure"
            f" partitions={len(found)}, or change them while nothing is being written (an"
            f" identity's order holds only within a partition): kafka-topics.sh --alter --topic"
            f" {topic.name} --partitions {topic.partitions}"
        )
    if topic.replication not in (None, _replicas(found)):
        yield (
            f"replicas are {_replicas(found)}, configured {topic.replication}: configure"
            f" replication={_replicas(found)}, or run kafka-reassign-partitions.sh"
        )


def _config_differences(
    topic: KafkaTopic, wanted: Mapping[str, str], found: Mapping[str, str]
) -> Iterator[str]:
    for name, value in wanted.items():
        if not _fits(name, found.get(name, ""), value):
            yield (
                f"{name} is {found.get(name)}, must be {value}: kafka-configs.sh --alter --topic"
                f" {topic.name} --add-config {name}={value}"
            )


def _fits(name: str, found: str, wanted: str) -> bool:
    if name in ("min.insync.replicas", "max.message.bytes"):
        return found.isdecimal() and int(found) >= int(wanted)
    return found == wanted


def _replicas(found: list[dict[str, Any]]) -> int:
    return min(len(partition["replicas"]) for partition in found)
