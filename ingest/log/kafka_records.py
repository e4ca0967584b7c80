"""Records as Kafka messages, and back: CloudEvents in binary mode, the value untouched."""

from collections.abc import Iterable
from typing import NamedTuple
from uuid import uuid4

import msgspec

from eventstore.keyring import Keyring
from ingest.log.port import Head, Record, RecordType

TYPE_PREFIX = "com.leadlog."
_TYPES = {f"{TYPE_PREFIX}{member.value}".encode(): member for member in RecordType}
_TYPE_HEADERS = {member: ("ce_type", name) for name, member in _TYPES.items()}
_VERSION = ("ce_specversion", b"1.0")
_JSON = ("content-type", b"application/json")
_NO_HEAD = Head()


class Message(NamedTuple):
    """What goes into Kafka for one record."""

    key: bytes | None
    value: bytes
    headers: list[tuple[str, bytes]]


_read = msgspec.json.Decoder(Head).decode


def to_message(record: Record, keyring: Keyring) -> Message:
    """The key is an HMAC: Kafka shows keys in its tools and keeps them in its indexes."""
    head = record.head or _head(record.value)
    headers = [
        _VERSION,
        ("ce_id", (head.event_id or head.id or str(uuid4())).encode()),
        _TYPE_HEADERS[record.type],
        ("ce_source", f"{head.channel or 'leadlog'}/{head.account}".encode()),
        _JSON,
    ]
    if head.received_at:
        headers.append(("ce_time", head.received_at.encode()))
    return Message(_key(record, head, keyring), record.value, headers)


def type_of(headers: Iterable[tuple[str, bytes]]) -> RecordType:
    """The type that the headers name. What others put on the topic is taken for a lead event."""
    for name, value in headers:
        if name == "ce_type":
            return _TYPES.get(value, RecordType.LEAD)
    return RecordType.LEAD


def _head(value: bytes) -> Head:
    try:
        return _read(value)
    except (msgspec.MsgspecError, RecursionError):
        return _NO_HEAD


def _key(record: Record, head: Head, keyring: Keyring) -> bytes | None:
    if record.identity is not None:
        return keyring.record_key(*record.identity)
    if head.lead_id:  # deliveries about one lead stay in their order
        return keyring.record_key("lead", head.lead_id)
    return None
