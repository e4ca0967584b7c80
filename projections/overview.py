"""What there is now, for the first page: leads, cards and how fast they come."""

from typing import Final

import msgspec

from projections.clickhouse.client import ClickHouse

MINUTES: Final = 60
_MINUTE_MS: Final = 60_000

_CHANNELS: Final = """
WITH
persons AS (
    SELECT arrayJoin(leaves) AS leaf, argMax(stream, position) AS person
    FROM facts WHERE topic = 'F' GROUP BY leaf
),
leads AS (
    SELECT
        anyIf(channel, topic = 'L') AS channel,
        argMaxIf(leaf, version, leaf != toUUID('00000000-0000-0000-0000-000000000000')) AS leaf
    FROM facts WHERE topic IN ('L', 'P') GROUP BY lead
)
SELECT channel, count(), uniqExact(if(persons.leaf = leads.leaf, persons.person, leads.leaf))
FROM leads LEFT JOIN persons ON persons.leaf = leads.leaf
GROUP BY GROUPING SETS ((channel), ())
ORDER BY count() DESC, channel
"""
"""A leaf card belongs to the person that took it last, and to itself if none did."""

_RECENT: Final = """
SELECT intDiv({now:Int64} - toUnixTimestamp64Milli(recorded_at), 60000) AS ago, uniqExact(lead)
FROM facts
WHERE topic = 'L' AND NOT amends
    AND toUnixTimestamp64Milli(recorded_at) > {now:Int64} - 3600000
    AND toUnixTimestamp64Milli(recorded_at) <= {now:Int64}
GROUP BY ago
"""

_LAST: Final = "SELECT max(position) FROM facts"


class ChannelCounts(msgspec.Struct, frozen=True):
    channel: str
    leads: int
    cards: int
    """Persons with a lead of this channel; somebody who used two counts in both."""


class Overview(msgspec.Struct, frozen=True, kw_only=True):
    position: int
    """Up to where the facts are."""
    lag: int
    """How many positions the event store is ahead."""
    leads: int
    cards: int
    """Persons with a lead."""
    channels: tuple[ChannelCounts, ...]
    """The busiest first."""
    minutes: tuple[int, ...]
    """New leads of each of the last sixty minutes, the current one last."""


def count_overview(clickhouse: ClickHouse, *, latest: int, now: int) -> Overview:
    """Count what the facts hold; `latest` is the event store's newest position."""
    [(position,)] = clickhouse.select(_LAST)
    rows = [
        ChannelCounts(str(name), *map(int, counts))
        for name, *counts in clickhouse.select(_CHANNELS)
    ]
    total = next((row for row in rows if not row.channel), ChannelCounts("", 0, 0))
    ago = {int(minute): int(count) for minute, count in clickhouse.select(_RECENT, now=now)}
    return Overview(
        position=int(position),
        lag=max(0, latest - int(position)),
        leads=total.leads,
        cards=total.cards,
        channels=tuple(row for row in rows if row.channel),
        minutes=tuple(ago.get(minute, 0) for minute in reversed(range(MINUTES))),
    )
