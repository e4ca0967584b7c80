"""Domain events as others may read them: no personal data, plain names, JSON (docs/asyncapi.yaml).

A field is published if its name is listed here. What a new event brings under a new name is
withheld until somebody has thought about it; sealed parts and what people type freely are never
published.
"""

from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any, Final, NamedTuple
from uuid import UUID

import msgspec

from channels.sdk.times import format_time
from eventstore.domain.events import Decision, Event, Id
from eventstore.reading import Recorded

TYPE_PREFIX: Final = "com.leadlog.event."
SOURCE: Final = "leadlog/events"
_ID_BYTES: Final = 16

IDS: Final = frozenset({
    "because", "command", "deal", "echo", "event_id", "into", "lead", "leaf", "one", "other",
    "repeat_of", "reply", "sent", "thread", "undone",
})  # fmt: skip
TIMES: Final = frozenset({"at", "occurred_at", "opened_at", "received_at"})
_WORDS: Final = frozenset({
    "account", "actor", "amount", "by", "call_state", "channel", "currency", "direction", "kind",
    "owner", "pipeline", "reason", "stage", "state", "status",
})  # fmt: skip
"""Of closed sets, or names of ours: accounts, colleagues, stages."""
_PLAIN: Final = frozenset({
    "amends", "number", "opened", "repeated", "revision", "rules", "seq", "shared", "version",
})  # fmt: skip
_STRUCTURES: Final = frozenset({"campaign", "identities", "items", "leaves", "routed"})
_PUBLISHED: Final = IDS | TIMES | _WORDS | _PLAIN | _STRUCTURES


class Message(NamedTuple):
    """What goes into Kafka for one event."""

    key: bytes
    """The stream: what concerns one lead, card or deal keeps its order."""
    value: bytes
    headers: list[tuple[str, bytes]]


def fields_of(kind: type[Event]) -> tuple[str, ...]:
    """The names of an event's fields that are published."""
    names = tuple(name for name in kind.__struct_fields__ if name in _PUBLISHED)
    if issubclass(kind, Decision):  # a person has typed it
        return tuple(name for name in names if name != "reason")
    return names


def to_message(recorded: Recorded) -> Message:
    """CloudEvents in binary mode; the id is the position, which is never given twice."""
    kind = type(recorded.event)
    stream = str(UUID(bytes=recorded.stream))
    when = _time(recorded.recorded_at)
    value = {
        "position": recorded.position,
        "recorded_at": when,
        "type": kind.__name__,
        "stream": stream,
        "version": recorded.version,
        "data": dict(_data(recorded.event)),
    }
    headers = [
        ("ce_specversion", b"1.0"),
        ("ce_id", str(recorded.position).encode()),
        ("ce_type", f"{TYPE_PREFIX}{kind.__name__}".encode()),
        ("ce_source", SOURCE.encode()),
        ("ce_subject", stream.encode()),
        ("ce_time", when.encode()),
        ("content-type", b"application/json"),
    ]
    return Message(stream.encode(), msgspec.json.encode(value), headers)


def position_of(headers: tuple[tuple[str, bytes], ...]) -> int | None:
    """The position that a record of the topic tells; None where it is none of ours."""
    told = dict(headers).get("ce_id", b"")
    return int(told) if told.isdigit() else None


def _data(event: Event) -> Iterator[tuple[str, Any]]:
    for name in fields_of(type(event)):
        value = getattr(event, name)
        if value not in (b"", "", (), None):
            yield name, _time(value) if name in TIMES else _plain(value)


def _plain(value: Any) -> Any:
    match value:
        case bytes():
            return id_text(value)
        case tuple():
            return [_plain(item) for item in value]
        case msgspec.Struct():
            return {name: _plain(getattr(value, name)) for name in value.__struct_fields__}
        case _:
            return value


def id_text(value: Id) -> str:
    """A UUID as text; digests of other lengths as hexadecimal digits."""
    return str(UUID(bytes=value)) if len(value) == _ID_BYTES else value.hex()


def _time(milliseconds: int) -> str:
    return format_time(datetime.fromtimestamp(milliseconds / 1000, UTC))
