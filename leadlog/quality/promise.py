"""No two people are joined through an identity that is marked, listed or over the limit.

Checked without the matching code: counts of its own over the leads, and connections of its own
that leave out every such identity. A person of the store that these connections do not hold
together was joined through one (SEMANTICS 2.3.8).
"""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from fnmatch import fnmatchcase

from channels.sdk.lead import LeadEvent
from eventstore.domain.events import Id
from eventstore.domain.matching import Matching
from leadlog.quality.run import KEYRING

Named = tuple[str, str]


def broken(
    leads: Sequence[LeadEvent],
    person_of: Mapping[str, Id],
    *,
    marks: Mapping[Id, bool],
    matching: Matching,
) -> list[str]:
    """Ids of leads that share a person with others only through such an identity."""
    barred = barred_identities(leads, marks, matching)
    joined = _Joined()
    places: dict[str, list[Named]] = {}
    for lead in leads:
        names = [(i.kind, i.value) for i in lead.identities]
        free = [name for name in names if name not in barred]
        # What brings only barred identities stands on the card of one of them, with its like.
        places[lead.lead_id] = free[:1] or names or [("lead", lead.lead_id)]
        for name in free[1:]:
            joined.join(free[0], name)
    held: dict[Id, set[Named]] = {}
    wrong = []
    for lead in leads:
        roots = {joined.find(name) for name in places[lead.lead_id]}
        person = person_of[lead.lead_id]
        still = roots & held.get(person, roots)
        if not still:
            wrong.append(lead.lead_id)
        held[person] = still or roots
    return wrong


def barred_identities(
    leads: Sequence[LeadEvent], marks: Mapping[Id, bool], matching: Matching
) -> set[Named]:
    """Mark by hand, else list, else more partners of one kind than the limit."""
    partners: dict[Named, dict[str, set[str]]] = defaultdict(lambda: defaultdict(set))
    for lead in leads:
        for one in lead.identities:
            mine = partners[one.kind, one.value]
            for other in lead.identities:
                if other is not one and other.kind != "visitor":
                    mine[other.kind].add(other.value)
    barred = set()
    for (kind, value), found in partners.items():
        mark = marks.get(KEYRING.leaf(kind, value))
        listed = any(fnmatchcase(f"{kind}:{value}", pattern) for pattern in matching.shared)
        over = any(len(values) > matching.limit(kind) for values in found.values())
        if mark if mark is not None else listed or over:
            barred.add((kind, value))
    return barred


class _Joined:
    def __init__(self) -> None:
        self._parent: dict[Named, Named] = {}

    def find(self, name: Named) -> Named:
        while (above := self._parent.get(name, name)) != name:
            name = above
        return name

    def join(self, one: Named, other: Named) -> None:
        a, b = self.find(one), self.find(other)
        if a != b:
            self._parent[b] = a
