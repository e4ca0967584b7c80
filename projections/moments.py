"""Times and positions as people write them in a report, and what they resolve to."""

from datetime import UTC, datetime
from typing import NamedTuple

from channels.sdk.times import format_time, parse_time
from eventstore.said import said
from projections.clickhouse.client import ClickHouse

_RESOLVE = """
SELECT max(position), toUnixTimestamp64Milli(max(recorded_at))
FROM facts
WHERE position <= {position:UInt64} AND toUnixTimestamp64Milli(recorded_at) <= {time:Int64}
"""
_AT = "SELECT toUnixTimestamp64Milli(recorded_at) FROM facts WHERE position = {position:UInt64}"
_ANY = 2**63 - 1


class AsOf(NamedTuple):
    """What a report may know: everything up to one position of the event store."""

    position: int
    recorded_at: int
    """When that position was recorded, in milliseconds since 1970; 0 in an empty store."""


def read_moment(text: str) -> int:
    """Milliseconds since 1970 of a day (its beginning, UTC) or of an RFC 3339 time."""
    try:
        day = datetime.strptime(text, "%Y-%m-%d").replace(tzinfo=UTC)
        return int(day.timestamp()) * 1000
    except ValueError:
        pass
    try:
        return round(parse_time(text).timestamp() * 1000)
    except ValueError:
        raise ValueError(
            said(
                "no time: '%(text)s'; write a day as 2026-01-31 or a time as 2026-01-31T09:00:00Z",
                text=text,
            )
        ) from None


def write_moment(milliseconds: int) -> str:
    """RFC 3339, UTC, with milliseconds."""
    return format_time(datetime.fromtimestamp(milliseconds / 1000, UTC))


def read_as_of(text: str) -> tuple[int | None, int | None]:
    """A position (digits) or else a time: exactly one of the two."""
    if text.isascii() and text.isdigit():
        return int(text), None
    return None, read_moment(text)


def resolve(
    clickhouse: ClickHouse, *, position: int | None = None, time: int | None = None
) -> AsOf:
    """The greatest position that is not above `position` and was recorded by `time`.

    The answer is for ever the same once the projection has gone past either.
    """
    if position is not None and time is None and 0 < position < _ANY:
        for (recorded_at,) in clickhouse.select(_AT, position=position):  # quick: it has an index
            return AsOf(position, int(recorded_at))
    [row] = clickhouse.select(
        _RESOLVE,
        position=_ANY if position is None else min(position, _ANY),
        time=_ANY if time is None else time,
    )
    return AsOf(*map(int, row))
