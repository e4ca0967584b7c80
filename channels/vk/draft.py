"""What the parsers of VK's events share: the draft of a lead, users and times."""

from typing import Any

from channels.sdk import identities
from channels.sdk.errors import Unreadable
from channels.sdk.lead import Identity
from channels.sdk.outcome import QuarantineReason
from channels.sdk.read import as_int, as_text

Draft = dict[str, Any]
"""What `Adapter.lead` takes; `lead_key` is empty where the object names no place of its own."""

FIRST_CONVERSATION = 2_000_000_000
"""Peers from here on are conversations of several people; negative ones are communities."""


def vk_user(value: object) -> Identity:
    """The account of a user; Unreadable where the id is none."""
    number = as_int(value)
    identity = identities.account("vk", number) if number and number > 0 else None
    if identity is None:
        raise Unreadable(QuarantineReason.MISSING_FIELD, "expected the id of a user")
    return identity


def customer_of(peer_id: object) -> Identity | None:
    """The user of a private conversation, where it is one."""
    number = as_int(peer_id)
    if number is None or not 0 < number < FIRST_CONVERSATION:
        return None
    return identities.account("vk", number)


def filled(found: dict[str, object]) -> dict[str, str]:
    """The fields that have a value, as text."""
    texts = {name: as_text(value) for name, value in found.items()}
    return {name: text for name, text in texts.items() if text}


def place(*parts: object) -> str:
    """A natural key of its parts; empty where one is missing."""
    texts = [as_text(part) for part in parts]
    return "/".join(texts) if all(texts) else ""
