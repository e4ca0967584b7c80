"""Times on the wire: RFC 3339, UTC, milliseconds. Of fixed width: text order is time order."""

import time
from datetime import UTC, datetime, timedelta
from functools import lru_cache

Timestamp = str
"""A time as docs/lead-event.md writes it: `2026-01-31T09:00:00.000Z`, always 24 characters."""

OLDEST_SANE = "2000-01-01T00:00:00.000Z"
"""Provider times before this are clocks that were never set (docs/providers.md, rule 6)."""


def format_time(moment: datetime) -> Timestamp:
    """Write an aware `moment` as the wire has it; microseconds are cut, not rounded."""
    return f"{moment.astimezone(UTC).isoformat(timespec='milliseconds')[:-6]}Z"


def now() -> Timestamp:
    """The system's clock, at a quarter of what `format_time` costs."""
    milliseconds = time.time_ns() // 1_000_000
    return f"{_second(milliseconds // 1000)}.{milliseconds % 1000:03d}Z"


@lru_cache(maxsize=2)
def _second(seconds: int) -> str:
    return datetime.fromtimestamp(seconds, UTC).isoformat()[:19]


def parse_time(text: str) -> datetime:
    """Read an RFC 3339 time with any offset; ValueError when it is none or has no offset."""
    moment = datetime.fromisoformat(text)
    if moment.tzinfo is None:
        raise ValueError(f"time without offset: {text!r}; write it in UTC, ending in Z")
    return moment


def canonical_time(text: str) -> Timestamp:
    """The canonical spelling of any RFC 3339 time; ValueError when it is none."""
    try:
        return format_time(parse_time(text))
    except OverflowError as error:
        raise ValueError(f"no time: {text!r} is outside the years 1 to 9999") from error


def time_or_none(value: object) -> Timestamp | None:
    """A provider's RFC 3339 time with any offset; None for anything else."""
    try:
        return canonical_time(value) if isinstance(value, str) else None
    except ValueError:
        return None


def time_from_epoch(seconds: float) -> Timestamp:
    """Seconds since 1970 as wire time; ValueError outside the years 1 to 9999."""
    try:
        return format_time(datetime.fromtimestamp(seconds, UTC))
    except (OverflowError, OSError) as error:
        raise ValueError(f"no time: {seconds!r} seconds since 1970") from error


def epoch_or_none(value: object, *, per_second: int = 1) -> Timestamp | None:
    """A provider's epoch time as number or digits (`per_second=1000` for ms); None for others."""
    if isinstance(value, bool) or not isinstance(value, int | float | str):
        return None
    try:
        return time_from_epoch(float(value) / per_second)
    except (ValueError, OverflowError):
        return None


def sane_time(claimed: Timestamp | None, received_at: Timestamp) -> Timestamp:
    """The provider's time if sane (not before 2000, not over a day ahead), else the receipt's."""
    if claimed is None or claimed < OLDEST_SANE:
        return received_at
    return received_at if is_ahead(claimed, received_at) else claimed


def is_ahead(claimed: Timestamp, moment: Timestamp) -> bool:
    """Whether a time since 2000 is more than a day after this moment: more than clocks differ."""
    return claimed > moment and format_time(parse_time(claimed) - timedelta(days=1)) > moment
