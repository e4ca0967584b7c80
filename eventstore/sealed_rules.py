"""A version of some rules as its event keeps it: what it lists may name persons (SEMANTICS 6.1)."""

from typing import TypeVar

import msgspec

from eventstore.domain.events import Id
from eventstore.keyring import Keyring
from eventstore.vault import seal, unseal

T = TypeVar("T")

_SEALED = b"\0"
"""Begins what is sealed; what is not is JSON."""


def sealed_rules(rules: msgspec.Struct, keyring: Keyring, *, what: str, stream: Id) -> bytes:
    """`what` names the key; `stream` is where the event stands."""
    plain = msgspec.json.encode(rules)
    return _SEALED + seal(keyring.sealing_key(what), stream, plain)


def opened_rules(content: bytes, kind: type[T], keyring: Keyring, *, what: str, stream: Id) -> T:
    """Also of events from before they were sealed."""
    if content.startswith(_SEALED):
        sealed = content.removeprefix(_SEALED)
        content = unseal(keyring.sealing_key(what), stream, sealed)
    return msgspec.json.decode(content, type=kind)
