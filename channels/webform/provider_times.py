"""Times as form builders write them: RFC 3339, epochs, or a wall clock without a zone."""

from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from channels.sdk.times import Timestamp, epoch_or_none, format_time

_MILLISECONDS = 10**11
"""Above this a number counts milliseconds: as seconds it would be the year 5138."""


def time_or_none(value: Any, zone: str) -> Timestamp | None:
    """The time that a payload tells; `zone` reads one without an offset; None for anything else."""
    text = str(value).strip() if isinstance(value, str | int | float) else ""
    if isinstance(value, bool) or not text or len(text) > 40:
        return None
    try:
        return _from_number(float(text))
    except ValueError:
        return _from_text(text, zone)


def _from_number(number: float) -> Timestamp | None:
    return epoch_or_none(number, per_second=1000 if abs(number) > _MILLISECONDS else 1)


def _from_text(text: str, zone: str) -> Timestamp | None:
    try:
        moment = datetime.fromisoformat(text)
        aware = moment if moment.tzinfo else moment.replace(tzinfo=ZoneInfo(zone))
        return format_time(aware)
    except (ValueError, OverflowError):
        return None
