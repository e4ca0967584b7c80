"""Reading what telephone exchanges send: scalars, times, numbers. Nothing here ever raises."""

import re
from collections.abc import Collection, Mapping
from datetime import datetime, timedelta
from typing import Any
from urllib.parse import parse_qsl, urlencode, urlsplit, urlunsplit
from zoneinfo import ZoneInfo

import msgspec

from channels.sdk import identities
from channels.sdk.lead import Identity
from channels.sdk.phones import parse_phone
from channels.sdk.read import as_int, as_text
from channels.sdk.times import (
    OLDEST_SANE,
    Timestamp,
    epoch_or_none,
    format_time,
    parse_time,
    sane_time,
)

_LARGEST = 2**53
_MOST_FIELDS = 200
_LONGEST = 4000
_DEEPEST = 3
_MILLISECONDS = 10**11
"""As seconds this would be the year 5138, as milliseconds it was 1973."""
_INTERNAL = re.compile(r"[*#][0-9*#]{1,8}|[0-9]{2,5}")
_CREDENTIAL = re.compile(
    r"token|secret|passw|^auth|signature|^sign?$|hash|credential|api_?key|^key$", re.IGNORECASE
)


def plain(value: Any) -> str:
    """A scalar as trimmed text; nothing for objects, lists and absent values."""
    return "" if isinstance(value, dict | list) else as_text(value).strip()


def whole(value: Any) -> int | None:
    """A whole number that every store can hold; None for anything else."""
    number = as_int(value)
    return number if number is not None and abs(number) <= _LARGEST else None


def seconds(value: Any) -> int | None:
    """A duration in seconds; None for what is negative or no number."""
    number = whole(value)
    return number if number is not None and number >= 0 else None


def between(start: Timestamp | None, end: Timestamp | None) -> int | None:
    """Whole seconds from `start` to `end`, at least 0; None where one of them is unknown."""
    if start is None or end is None:
        return None
    return max(0, int((parse_time(end) - parse_time(start)).total_seconds()))


def after(start: Timestamp | None, wait_s: int | None) -> Timestamp | None:
    """The time `wait_s` seconds after `start`; None where it cannot be told."""
    if start is None or wait_s is None:
        return None
    try:
        return format_time(parse_time(start) + timedelta(seconds=wait_s))
    except OverflowError:
        return None


def sane(claimed: Timestamp | None, received_at: Timestamp) -> Timestamp | None:
    """The provider's time if sane; None, and not the receipt, where it is not."""
    if claimed is None or claimed < OLDEST_SANE:
        return None
    return claimed if sane_time(claimed, received_at) == claimed else None


def epoch(value: Any) -> Timestamp | None:
    """A time since 1970 in seconds, or in milliseconds where it is too large for seconds."""
    number = whole(value)
    if number is None or number <= 0:
        return None
    return epoch_or_none(number, per_second=1000 if number >= _MILLISECONDS else 1)


def wall_clock(text: str, timezone: str) -> Timestamp | None:
    """A time that may lack its zone (`2026-02-01 13:00:00`), read in `timezone`; None for others.

    An hour that a change of clocks repeats is read as its first passing.
    """
    try:
        moment = datetime.fromisoformat(text.strip())
        if moment.tzinfo is None:
            moment = moment.replace(tzinfo=ZoneInfo(timezone))
        return format_time(moment)
    except (ValueError, OverflowError):
        return None


def calling_number(raw: str, country: str) -> Identity | None:
    """The customer's number as the exchange proves it, or None for anonymous and internal ones.

    Exchanges write foreign numbers with their country code but often without the plus, so what
    is no number of the account's country is read as an international one.
    """
    found = identities.phone(raw, proof="attested", country=country)
    return found or identities.phone(raw, proof="attested", international=True)


def same_number(one: str, other: str, country: str) -> bool:
    """Whether two spellings dial the same number."""
    if not one or not other:
        return False
    first, second = parse_phone(one, country), parse_phone(other, country)
    return first == second if first and second else one == other


def is_internal(number: str) -> bool:
    """An extension of 2 to 5 digits or a feature code (`*98`): nobody outside."""
    return bool(_INTERNAL.fullmatch(number))


def is_credential(name: str) -> bool:
    """Whether a parameter of this name may be a secret: such are never kept as fields."""
    return bool(_CREDENTIAL.search(name))


def recording_link(link: str) -> str:
    """A recording's address without what may be a credential: user, password, tokens."""
    try:
        parts = urlsplit(link)
        host = parts.netloc.rpartition("@")[2]
        kept = [
            (name, value)
            for name, value in parse_qsl(parts.query, keep_blank_values=True)
            if not is_credential(name)
        ]
    except ValueError:
        return ""
    if host == parts.netloc and len(kept) == parts.query.count("&") + bool(parts.query):
        return link[:_LONGEST]
    return urlunsplit((parts.scheme, host, parts.path, urlencode(kept), ""))[:_LONGEST]


def other_fields(payload: Mapping[str, Any], used: Collection[str] = ()) -> dict[str, str]:
    """Every field that has no place of its own: name → text; inner names are joined by dots.

    What looks like a credential by its name is left out.
    """
    found: dict[str, str] = {}
    _flatten(payload, "", set(used), found)
    return found


def _flatten(
    payload: Mapping[str, Any], prefix: str, used: Collection[str], found: dict[str, str]
) -> None:
    for name, value in payload.items():
        path = f"{prefix}{name}"
        if len(found) >= _MOST_FIELDS:
            return
        if path in used or is_credential(name):
            continue
        if isinstance(value, dict) and path.count(".") < _DEEPEST:
            _flatten(value, f"{path}.", used, found)
        elif text := _shown(value):
            found[path[:_LONGEST] or "?"] = text[:_LONGEST]


def _shown(value: Any) -> str:
    if not isinstance(value, dict | list):
        return plain(value)
    try:
        return msgspec.json.encode(value).decode() if value else ""
    except (RecursionError, TypeError, ValueError):
        return ""
