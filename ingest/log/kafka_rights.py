"""What Kafka lets its user do, as Kafka itself says it (KIP-430), and what to do about the rest."""

from collections.abc import Collection
from typing import Any, Final, NamedTuple

from aiokafka.admin import AIOKafkaAdminClient
from aiokafka.errors import (
    ClusterAuthorizationFailedError,
    GroupAuthorizationFailedError,
    TopicAuthorizationFailedError,
    TransactionalIdAuthorizationFailed,
    for_code,
)
from aiokafka.protocol.api import Request, RequestStruct, Response
from aiokafka.protocol.types import Array, Boolean, Int16, Int32, Schema, String

from ingest.log.kafka_reach import Unreachable

READ, WRITE = "Read", "Write"
_BITS: Final = {READ: 3, WRITE: 4}
"""The codes of operations in Kafka's AclOperation."""
_REFUSED: Final = (
    TopicAuthorizationFailedError,
    GroupAuthorizationFailedError,
    ClusterAuthorizationFailedError,
    TransactionalIdAuthorizationFailed,
)
_UNKNOWN_TOPIC: Final = 3
_NO_RIGHT: Final = "its user has no right to"
_RIGHTS: Final = "docs/servers.md has the rights that it needs (kafka-acls.sh --add)"
_OF_GROUPS, _OF_TRANSACTIONS = 0, 1
"""Kinds of coordinators."""


class Described(NamedTuple):
    """A topic as its user sees it."""

    name: str
    partitions: list[dict[str, Any]]
    operations: int
    """What the user may do with it: a bit for each."""

    def need(self, operations: Collection[str]) -> None:
        """Raises Unreachable where its user may not do one of these."""
        lacking = [name for name in operations if not self.operations >> _BITS[name] & 1]
        if lacking:
            raise _lacking(f"{' and '.join(lacking)} on topic {self.name!r}")


def explained(error: BaseException) -> BaseException:
    """The same as Unreachable, with what to do, where the user has no right to something."""
    return _lacking(f"that: {error}") if isinstance(error, _REFUSED) else error


def check(code: int, what: str) -> None:
    """Raise where a broker's answer is an error: Unreachable for a right that is lacking."""
    if code:
        error = for_code(code)
        raise Unreachable(f"{what}: {_NO_RIGHT}", _RIGHTS) if error in _REFUSED else error(what)


def _lacking(right: str) -> Unreachable:
    return Unreachable(f"{_NO_RIGHT} {right}", _RIGHTS)


async def describe(admin: AIOKafkaAdminClient, name: str) -> Described | None:
    """None where there is no such topic. Raises Unreachable where its user may not know."""
    answer = await admin._send_request(_DescribeTopic(name))  # noqa: SLF001 - it has none for this
    (found,) = answer.to_object()["topics"]
    if found["error_code"] == _UNKNOWN_TOPIC:
        return None
    check(found["error_code"], f"topic {name!r} cannot be described")
    return Described(name, found["partitions"], found["operations"])


async def need_topic(admin: AIOKafkaAdminClient, name: str, operations: Collection[str]) -> None:
    """Raises Unreachable where its user may not do one of these with a topic that is there."""
    if found := await describe(admin, name):
        found.need(operations)


async def need_group(admin: AIOKafkaAdminClient, group: str) -> None:
    """Raises Unreachable where its user may not be a member; Faust would say nothing."""
    await _find(admin, group, _OF_GROUPS, f"Read on group {group!r}")


async def need_transactions(admin: AIOKafkaAdminClient, name: str) -> None:
    """Raises Unreachable where its user may not write transactions under this name."""
    await _find(admin, name, _OF_TRANSACTIONS, f"Write on transactional id {name!r}")


async def _find(admin: AIOKafkaAdminClient, name: str, kind: int, what: str) -> None:
    try:
        await admin.find_coordinator(name, kind)
    except _REFUSED as error:
        raise _lacking(what) from error


class _Answer(Response):  # type: ignore[misc] # the library has no types
    API_KEY = 3
    API_VERSION = 8
    SCHEMA = Schema(
        ("throttle_time_ms", Int32),
        (
            "brokers",
            Array(
                ("node_id", Int32),
                ("host", String("utf-8")),
                ("port", Int32),
                ("rack", String("utf-8")),
            ),
        ),
        ("cluster_id", String("utf-8")),
        ("controller_id", Int32),
        (
            "topics",
            Array(
                ("error_code", Int16),
                ("topic", String("utf-8")),
                ("is_internal", Boolean),
                (
                    "partitions",
                    Array(
                        ("error_code", Int16),
                        ("partition", Int32),
                        ("leader", Int32),
                        ("leader_epoch", Int32),
                        ("replicas", Array(Int32)),
                        ("isr", Array(Int32)),
                        ("offline_replicas", Array(Int32)),
                    ),
                ),
                ("operations", Int32),
            ),
        ),
        ("cluster_operations", Int32),
    )


class _Question(RequestStruct):  # type: ignore[misc] # the library has no types
    """Metadata in its version 8, the first that tells rights; aiokafka's own end at 5."""

    API_KEY = 3
    API_VERSION = 8
    RESPONSE_TYPE = _Answer
    SCHEMA = Schema(
        ("topics", Array(String("utf-8"))),
        ("allow_auto_topic_creation", Boolean),
        ("include_cluster_authorized_operations", Boolean),
        ("include_topic_authorized_operations", Boolean),
    )


class _DescribeTopic(Request[_Question]):  # type: ignore[misc] # the library has no types
    API_KEY = 3

    def __init__(self, name: str) -> None:
        self._name = name

    def build(self, request_struct_class: type[_Question]) -> _Question:
        return request_struct_class([self._name], False, False, True)
