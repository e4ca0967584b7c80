"""The last look before anything is kept: no credential of the account may stand in an outcome.

Adapters leave out what they know to be one, and raw bodies are cut where they are made. Here is
what nobody thought of: a token that a template repeats in a field of its own, or that somebody
sends to the account it belongs to.
"""

from collections.abc import Sequence
from functools import lru_cache
from typing import Any, Final

import msgspec
from msgspec.structs import replace

from channels.sdk.lead import LeadEvent
from channels.sdk.outcome import Accepted, Ignored, Outcome, Quarantined

CUT: Final = "***"
_SHORTEST: Final = 8
"""A shorter secret, or one of digits alone, stands in numbers and texts by chance."""
_IDS: Final = frozenset({"lead_id", "event_id", "channel", "account", "kind", "direction", "raw"})
"""Fields that are made here, or cut already."""


def without_secrets(outcomes: Sequence[Outcome], secrets: tuple[str, ...]) -> tuple[Outcome, ...]:
    """The outcomes with every secret cut out; an identity that holds one is left out."""
    telling, written = _spellings(secrets)
    if not telling:
        return tuple(outcomes)
    return tuple(_cut(outcome, telling, written) for outcome in outcomes)


@lru_cache(maxsize=1024)
def _spellings(secrets: tuple[str, ...]) -> tuple[tuple[str, ...], tuple[bytes, ...]]:
    """The secrets that can be told from chance, and how JSON writes them."""
    telling = tuple(s for s in secrets if len(s) >= _SHORTEST and not s.isdigit())
    return telling, tuple(msgspec.json.encode(secret)[1:-1] for secret in telling)


def _cut(outcome: Outcome, secrets: tuple[str, ...], written: tuple[bytes, ...]) -> Outcome:
    match outcome:
        case Accepted(lead):
            return Accepted(_of_lead(lead, secrets)) if _holds(lead, written) else outcome
        case Ignored():
            return replace(outcome, key=_of_text(outcome.key, secrets))
        case Quarantined():
            return replace(outcome, detail=_of_text(outcome.detail, secrets))


def _holds(lead: LeadEvent, written: tuple[bytes, ...]) -> bool:
    try:
        whole = msgspec.json.encode(lead)
    except (UnicodeError, ValueError):  # half a surrogate pair: it will be told where it is kept
        return True
    return any(secret in whole for secret in written)


def _of_lead(lead: LeadEvent, secrets: tuple[str, ...]) -> LeadEvent:
    changed = {
        name: _of_value(value, secrets)
        for name, value in msgspec.structs.asdict(lead).items()
        if name not in _IDS
    }
    clean = tuple(
        identity
        for identity in lead.identities
        if _of_text(identity.value, secrets) == identity.value
    )
    changed["identities"] = _of_value(clean, secrets)
    return msgspec.structs.replace(lead, **changed)


def _of_value(value: Any, secrets: tuple[str, ...]) -> Any:
    if isinstance(value, str):
        return _of_text(value, secrets)
    if isinstance(value, dict):
        return {_of_text(k, secrets): _of_value(v, secrets) for k, v in value.items()}
    if isinstance(value, tuple):
        return tuple(_of_value(inner, secrets) for inner in value)
    if isinstance(value, msgspec.Struct):
        inner = msgspec.structs.asdict(value)
        return type(value)(**{name: _of_value(held, secrets) for name, held in inner.items()})
    return value


def _of_text(text: str, secrets: tuple[str, ...]) -> str:
    for secret in secrets:
        text = text.replace(secret, CUT)
    return text
