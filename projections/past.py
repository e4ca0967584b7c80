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
_LEADS = """
SELECT lead, argMax(leaf, position) AS stood, argMax(deal, position)
FROM facts
WHERE topic IN ('L', 'P') AND position <= {upto:UInt64}
GROUP BY lead
HAVING has({leaves:Array(UUID)}, stood)
"""
_BROUGHT = """
SELECT DISTINCT lead FROM facts
WHERE topic = 'L' AND position <= {upto:UInt64} AND hasAny(leaves, {leaves:Array(UUID)})
"""
_SHARED = """
SELECT leaf, argMax(shared, position)
FROM facts
WHERE topic = 'S' AND position <= {upto:UInt64} AND has({leaves:Array(UUID)}, leaf)
GROUP BY leaf
"""


class PastPerson(NamedTuple):
    """A person as it stood at a position."""

    head: bytes
    leaves: frozenset[bytes]
    shared: dict[bytes, bool]
    """Of leaf cards that ever changed in this; the others are as the list has them."""
    leads: dict[bytes, bytes]
    """Each lead that stood there, and its deal (zeros for none)."""
    brought: frozenset[bytes]
    """Every lead that had brought one of the identities."""


def person_at(clickhouse: ClickHouse, leaf: bytes, upto: int) -> PastPerson:
    """The person of a leaf card at a position. The facts must have reached it."""
    asked = UUID(bytes=leaf)
    of_leaf = dict(clickhouse.select(_MEMBERS, upto=upto, person=asked, leaf=asked))
    head = of_leaf.get(asked, asked)
    members = dict(clickhouse.select(_MEMBERS, upto=upto, person=head, leaf=head))
    leaves = {member for member, person in members.items() if person == head}
    if members.get(head, head) == head:
        leaves.add(head)
    leads = clickhouse.select(_LEADS, upto=upto, leaves=list(leaves))
    brought = clickhouse.select(_BROUGHT, upto=upto, leaves=list(leaves))
    shared = clickhouse.select(_SHARED, upto=upto, leaves=list(leaves))
    return PastPerson(
        head.bytes,
        _bytes(leaves),
        {one.bytes: bool(flag) for one, flag in shared},
        {lead.bytes: deal.bytes for lead, _, deal in leads},
        _bytes(lead for (lead,) in brought),
    )


def _bytes(ids: Iterable[UUID]) -> frozenset[bytes]:
    return frozenset(one.bytes for one in ids)
