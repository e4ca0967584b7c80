"""Events to stored bytes and back. The personal part stands apart and is sealed.

A state is: four bytes, the length of the open part; the open part (MessagePack of the event); the
sealed personal part (JSON of a `LeadContent` or `Message`, or a text that somebody typed), empty
for events that have none.
"""

import struct
from collections.abc import Sequence

import msgspec
from msgspec.structs import replace

from channels.sdk.lead import LeadContent
from channels.sdk.sending import Message
from eventstore.domain.events import AnyEvent, Event, Id, LeadRecorded, ReplyWritten
from eventstore.sealing import TYPED, typed
from eventstore.vault import Key, seal, unseal

_LENGTH = struct.Struct(">I")
_encode = msgspec.msgpack.Encoder().encode
_decode = msgspec.msgpack.Decoder(AnyEvent).decode
_encode_personal = msgspec.json.Encoder().encode
_decode_lead = msgspec.json.Decoder(LeadContent).decode
_decode_message = msgspec.json.Decoder(Message).decode

Personal = LeadContent | Message


def to_state(
    event: Event, personal: Personal | None = None, *, stream: Id = b"", keys: Sequence[Key] = ()
) -> bytes:
    """The stored bytes of an event; `personal` is given beside it.

    That and what somebody typed are sealed with each of `keys` in turn; without any they are lost.
    """
    sealed = b""
    if text := typed(event):
        event = replace(event, **{TYPED[type(event)]: ""})
        sealed = text.encode()
    elif personal is not None:
        sealed = _encode_personal(personal)
    if not keys:
        sealed = b""
    for key in keys:
        sealed = seal(key, stream, sealed)
    opened = _encode(event)
    return _LENGTH.pack(len(opened)) + opened + sealed


def to_event(state: bytes) -> AnyEvent:
    """The event without its personal part."""
    (length,) = _LENGTH.unpack_from(state)
    event: AnyEvent = _decode(state[_LENGTH.size : _LENGTH.size + length])
    return event


def with_personal(
    event: AnyEvent, state: bytes, *, stream: Id, keys: Sequence[Key | None]
) -> AnyEvent:
    """The event with its personal part; without it where a key is gone."""
    (length,) = _LENGTH.unpack_from(state)
    plain = state[_LENGTH.size + length :]
    if not plain:
        return event
    for key in reversed(keys):
        if key is None:
            return event
        plain = unseal(key, stream, plain)
    match event:
        case LeadRecorded():
            return replace(event, personal=_decode_lead(plain))
        case ReplyWritten():
            return replace(event, personal=_decode_message(plain))
        case _:
            return replace(event, **{TYPED[type(event)]: plain.decode()})


def topic(event: Event) -> str:
    """The short stored name of an event's class."""
    return str(type(event).__struct_config__.tag)
