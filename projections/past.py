"""Who was whom at a position of the event store, out of the facts."""

from collections.abc import Iterable
from typing import NamedTuple
from uuid import UUID

from projections.clickhouse.client import ClickHouse

_MEMBERS = """
SELECT member, argMax(head, position) AS person
FROM (
    SELECT arrayJoin(leaves) AS member, leaf AS head, position
    FROM facts WHERE topic = 'F' AND position <= {upto:UInt64}
)
GROUP BY member
HAVING person = {person:UUID} OR member = {leaf:UUID}
"""
_STOOD = """
SELECT lead, argMax(leaf, position) AS stood
FROM facts
WHERE topic IN ('L', 'P') AND position <= {upto:UInt64}
GROUP BY lead
HAVING has({leaves:Array(UUID)}, stood)
"""
_BROUGHT = """
SELECT DISTINCT lead FROM facts
WHERE topic = 'L' AND position <= {upto:UInt64} AND hasAny(leaves, {leaves:Array(UUID)})
"""


class PastPerson(NamedTuple):
    """A person as it stood at a position."""

    head: bytes
    leaves: frozenset[bytes]
    brought: frozenset[bytes]
    """Every lead that had brought one of the identities, or stood there without any."""


def person_at(clickhouse: ClickHouse, leaf: bytes, upto: int) -> PastPerson:
    """The person of a leaf card at a position. The facts must have reached it."""
    asked = UUID(bytes=leaf)
    of_leaf = dict(clickhouse.select(_MEMBERS, upto=upto, person=asked, leaf=asked))
    head = of_leaf.get(asked, asked)
    members = dict(clickhouse.select(_MEMBERS, upto=upto, person=head, leaf=head))
    leaves = {member for member, person in members.items() if person == head}
    if members.get(head, head) == head:
        leaves.add(head)
    stood = clickhouse.select(_STOOD, upto=upto, leaves=list(leaves))
    brought = clickhouse.select(_BROUGHT, upto=upto, leaves=list(leaves))
    return PastPerson(
        head.bytes,
        _bytes(leaves),
        _bytes(lead for lead, *_ in (*brought, *stood)),
    )


def _bytes(ids: Iterable[UUID]) -> frozenset[bytes]:
    return frozenset(one.bytes for one in ids)
