"""Who was whom at a position of the event store, and what they had sent, out of the facts."""

from uuid import UUID

from eventstore.past_source import KnownLead, KnownPerson
from projections.clickhouse.client import ClickHouse

_NOBODY = bytes(16)

_HEAD = """
SELECT argMax(leaf, position) FROM facts
WHERE topic = 'F' AND position <= {upto:UInt64} AND has(leaves, {leaf:UUID})
HAVING count() > 0
"""
_MEMBERS = """
SELECT member, argMax(head, position) AS person
FROM (
    SELECT arrayJoin(leaves) AS member, leaf AS head, position
    FROM facts WHERE topic = 'F' AND position <= {upto:UInt64}
)
WHERE member = {person:UUID} OR member IN (
    SELECT arrayJoin(leaves)
    FROM facts WHERE topic = 'F' AND position <= {upto:UInt64} AND leaf = {person:UUID}
)
GROUP BY member
"""
_CONCERNED = """
    FROM facts
    WHERE topic IN ('L', 'P') AND position <= {upto:UInt64}
        AND (has({leaves:Array(UUID)}, leaf) OR hasAny(leaves, {leaves:Array(UUID)}))
"""
_LEADS = f"""
WITH position <= {{upto:UInt64}} AS known, known AND topic = 'L' AS told
SELECT
    toUnixTimestamp64Milli(argMaxIf(occurred_at, position, told)),
    UUIDStringToNum(toString(lead)),
    UUIDStringToNum(toString(argMaxIf(leaf, position, known))),
    UUIDStringToNum(toString(argMaxIf(deal, position, known))),
    toString(argMaxIf(pipeline, position, told)),
    arrayMap(x -> UUIDStringToNum(toString(x)), argMaxIf(leaves, position, told)),
    argMaxIf(amount IS NOT NULL OR currency != '', position, told),
    maxIf(position, topic = 'L') > {{upto:UInt64}}
FROM facts
WHERE topic IN ('L', 'P') AND lead IN (SELECT lead {_CONCERNED})
GROUP BY lead
"""  # noqa: S608 - our own
_JOINS = f"""
SELECT UUIDStringToNum(toString(deal)), UUIDStringToNum(toString(argMax(other, position)))
FROM facts
WHERE topic IN ('J', 'D') AND position <= {{upto:UInt64}} AND deal IN (SELECT deal {_CONCERNED})
GROUP BY deal
"""  # noqa: S608 - our own


def person_at(clickhouse: ClickHouse, leaf: bytes, upto: int) -> KnownPerson:
    """The person of a leaf card at a position. The facts must have reached it.

    Without a lead where nobody knew of the leaf card yet. The events of other persons are passed
    over by columns; only what is this person's is read out.
    """
    asked = UUID(bytes=leaf)
    [head] = next(iter(clickhouse.select(_HEAD, upto=upto, leaf=asked)), (asked,))
    members = dict(clickhouse.select(_MEMBERS, upto=upto, person=head))
    leaves = [member for member, person in {head: head, **members}.items() if person == head]
    leads = clickhouse.select(_LEADS, upto=upto, leaves=leaves)
    joins = clickhouse.select(_JOINS, upto=upto, leaves=leaves)
    return KnownPerson(
        head.bytes,
        frozenset(member.bytes for member in leaves),
        [_lead(*row) for row in leads],
        {deal: into for deal, into in joins if into != _NOBODY},
    )


def _lead(
    at: int,
    lead: bytes,
    leaf: bytes,
    deal: bytes,
    pipeline: str,
    leaves: list[bytes],
    ordered: bool,
    amended: bool,
) -> KnownLead:
    of = deal if deal != _NOBODY else b""
    return KnownLead(at, lead, leaf, of, pipeline, leaves, bool(ordered), bool(amended))
