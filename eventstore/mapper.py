"""Events to stored bytes and back. The personal part stands apart and is sealed.

A state is: four bytes, the length of the open part; the open part (MessagePack of the event); the
sealed personal part (JSON of a `LeadContent` or `Message`), empty for events that have none.
"""

import struct

import msgspec

from channels.sdk.lead import LeadContent
from channels.sdk.sending import Message
from eventstore.domain.events import AnyEvent, Event, Id, LeadRecorded, ReplyWritten
from eventstore.vault import Key, seal, unseal

_LENGTH = struct.Struct(">I")
_encode = msgspec.msgpack.Encoder().encode
_decode = msgspec.msgpack.Decoder(AnyEvent).decode
_encode_personal = msgspec.json.Encoder().encode
_decode_lead = msgspec.json.Decoder(LeadContent).decode
_decode_message = msgspec.json.Decoder(Message).decode

Personal = LeadContent | Message


def to_state(
    event: Event, personal: Personal | None = None, *, stream: Id = b"", key: Key | None = None
) -> bytes:
    """The stored bytes of an event; `personal` is given beside it, and sealed with `key`."""
    opened = _encode(event)
    sealed = b""
    if personal is not None and key is not None:
        sealed = seal(key, stream, _encode_personal(personal))
    return _LENGTH.pack(len(opened)) + opened + sealed


def to_event(state: bytes) -> AnyEvent:
    """The event without its personal part."""
    (length,) = _LENGTH.unpack_from(state)
    event: AnyEvent = _decode(state[_LENGTH.size : _LENGTH.size + length])
    return event


def with_personal(event: AnyEvent, state: bytes, *, stream: Id, key: Key | None) -> AnyEvent:
    """The event with its personal part; without one where the key is gone."""
    (length,) = _LENGTH.unpack_from(state)
    sealed = state[_LENGTH.size + length :]
    if not sealed or key is None:
        return event
    match event:
        case LeadRecorded():
            content = _decode_lead(unseal(key, stream, sealed))
            return msgspec.structs.replace(event, personal=content)
        case ReplyWritten():
            message = _decode_message(unseal(key, stream, sealed))
            return msgspec.structs.replace(event, personal=message)
    return event


def topic(event: Event) -> str:
    """The short stored name of an event's class."""
    return str(type(event).__struct_config__.tag)
