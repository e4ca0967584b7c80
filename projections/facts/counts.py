"""What an audit asks of `facts`: is every position there, exactly once?"""

from typing import NamedTuple

from projections.clickhouse.client import ClickHouse

_COUNTS = """
SELECT
    count(), uniqExact(position), max(position),
    countIf(topic = 'L'), uniqExactIf(lead, topic = 'L')
FROM facts
WHERE position <= {upto:UInt64}
"""

_LEADS = """
SELECT
    channel, account,
    toInt64(toUnixTimestamp(toStartOfHour(received_at))) AS hour,
    count(), uniqExact(lead)
FROM facts
WHERE topic = 'L' AND position <= {upto:UInt64}
GROUP BY channel, account, hour
ORDER BY channel, account, hour
"""

_REPEATED = """
SELECT position, count() AS times
FROM facts
WHERE position <= {upto:UInt64}
GROUP BY position
HAVING times > 1
ORDER BY position
LIMIT {limit:UInt32}
"""

_PRESENT = """
SELECT position
FROM facts
WHERE position > {after:UInt64} AND position <= {upto:UInt64}
ORDER BY position
"""

_HOLES = """
SELECT before + 1 AS first, position - 1 AS last
FROM (
    SELECT position, lagInFrame(position, 1, 0) OVER (ORDER BY position) AS before
    FROM facts
    WHERE position <= {upto:UInt64}
)
WHERE position > before + 1
ORDER BY first
LIMIT {limit:UInt32}
"""

EVERYTHING = 2**63 - 1


class FactCounts(NamedTuple):
    """Counts up to one position."""

    facts: int
    """Rows."""
    positions: int
    """Different positions: as many as rows, or something is doubled."""
    last: int
    deliveries: int
    """Rows `LeadRecorded`."""
    leads: int
    """Different leads: the touches of SEMANTICS 5.5."""


class AccountHour(NamedTuple):
    channel: str
    account: str
    hour: int
    """Its beginning, in seconds since 1970, by the time of receipt."""
    deliveries: int
    leads: int


def fact_counts(clickhouse: ClickHouse, upto: int = EVERYTHING) -> FactCounts:
    [row] = clickhouse.select(_COUNTS, upto=upto)
    return FactCounts(*map(int, row))


def leads_by_hour(clickhouse: ClickHouse, upto: int = EVERYTHING) -> list[AccountHour]:
    """Per account and hour of receipt; one lead with deliveries in two hours counts in both."""
    return [AccountHour(*row) for row in clickhouse.select(_LEADS, upto=upto)]


def repeated(clickhouse: ClickHouse, upto: int = EVERYTHING, limit: int = 100) -> list[int]:
    """The first positions that are there more than once. None, or something is broken."""
    return [position for position, _ in clickhouse.select(_REPEATED, upto=upto, limit=limit)]


def holes(
    clickhouse: ClickHouse, upto: int = EVERYTHING, limit: int = 100
) -> list[tuple[int, int]]:
    """Ranges (first, last) of positions that are not there, from 1 on.

    On SQLite each is a loss; on PostgreSQL the event store may have holes of its own.
    """
    return [(first, last) for first, last in clickhouse.select(_HOLES, upto=upto, limit=limit)]


def present(clickhouse: ClickHouse, after: int, upto: int) -> list[int]:
    """The positions there in (after, upto], in order, for comparing with the event store's."""
    return [position for (position,) in clickhouse.select(_PRESENT, after=after, upto=upto)]
