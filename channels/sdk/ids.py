"""Ids that are functions of what they name, so that a repeat is known for ever (SEMANTICS 1.4)."""

from hashlib import sha1, sha256
from uuid import UUID

from channels.sdk.times import Timestamp, parse_time

NAMESPACE = UUID("6f0d7a3e-5c1b-5f0e-9d0a-1ead10900001")
"""The root of every id that leadlog derives; changing it would make every repeat look new."""

_SLOT_SECONDS = 300
_ROOT = sha1(NAMESPACE.bytes, usedforsecurity=False)


def lead_id(channel: str, account: str, lead_key: str) -> str:
    """The id that all deliveries about one lead share."""
    return _uuid5(f"{channel}/{account}/{lead_key}")


def event_id(channel: str, account: str, delivery_key: str) -> str:
    """The id that all repeats of one delivery share; equal to `lead_id` when the keys are equal."""
    return _uuid5(f"{channel}/{account}/{delivery_key}")


def content_key(body: bytes, received_at: Timestamp) -> str:
    """The delivery key of what has no id of its own: its content and 5-minute slot of receipt."""
    slot = int(parse_time(received_at).timestamp()) // _SLOT_SECONDS
    return f"content/{sha256(body).hexdigest()}/{slot}"


def _uuid5(name: str) -> str:
    """`str(uuid.uuid5(NAMESPACE, name))`, without its detours."""
    named = _ROOT.copy()
    named.update(name.encode())
    text = named.hexdigest()
    variant = "89ab"[int(text[16], 16) & 3]
    return f"{text[:8]}-{text[8:12]}-5{text[13:16]}-{variant}{text[17:20]}-{text[20:32]}"
