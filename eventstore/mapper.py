"""Events to stored bytes and back. The personal part stands apart, so that it can be sealed.

A state is: four bytes, the length of the open part; the open part (MessagePack of the event); the
personal part (JSON of a `LeadContent`), empty for events that have none.
"""

import struct

import msgspec

from channels.sdk.lead import LeadContent
from eventstore.domain.events import AnyEvent, Event, LeadRecorded

_LENGTH = struct.Struct(">I")
_encode = msgspec.msgpack.Encoder().encode
_decode = msgspec.msgpack.Decoder(AnyEvent).decode
_encode_personal = msgspec.json.Encoder().encode
_decode_personal = msgspec.json.Decoder(LeadContent).decode


def to_state(event: Event, personal: LeadContent | None = None) -> bytes:
    """The stored bytes of an event; `personal` is given beside it, never within."""
    opened = _encode(event)
    sealed = _encode_personal(personal) if personal is not None else b""
    return _LENGTH.pack(len(opened)) + opened + sealed


def to_event(state: bytes, *, personal: bool = False) -> AnyEvent:
    """The event; with its personal part only where it is asked for."""
    (length,) = _LENGTH.unpack_from(state)
    end = _LENGTH.size + length
    event: AnyEvent = _decode(memoryview(state)[_LENGTH.size : end])
    if personal and isinstance(event, LeadRecorded) and len(state) > end:
        content = _decode_personal(memoryview(state)[end:])
        return msgspec.structs.replace(event, personal=content)
    return event


def topic(event: Event) -> str:
    """The short stored name of an event's class."""
    return str(type(event).__struct_config__.tag)
