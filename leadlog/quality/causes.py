"""Why people were put together who are not one, and why one person stays in pieces.

A wrongly joined person is counted under each cause that it has, and under each rule that took part,
so the counts add up to more than there are persons.
"""

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from typing import NamedTuple

from channels.sdk.lead import LeadEvent
from eventstore.domain.events import Id
from eventstore.domain.matching import Action, Matching
from eventstore.incoming import domain_identities
from leadlog.quality.people import Cause
from leadlog.quality.run import KEYRING
from leadlog.quality.visits import Truth

SAME = "the same identity"
"""No rule took part: the people bring one identity, and their leads stand on its card."""
Named = tuple[str, str]


class Causes(NamedTuple):
    """Counts by cause and by rule."""

    over_by_cause: dict[str, int]
    """Persons with two or more true people."""
    over_by_rule: dict[str, int]
    under_by_cause: dict[str, int]
    """Pieces of true people beside their largest."""


def causes(
    leads: Sequence[LeadEvent],
    person_of: Mapping[str, Id],
    truth: Truth,
    *,
    shared: frozenset[Id],
    matching: Matching,
) -> Causes:
    """Look at every wrong person, and every piece of a true one."""
    over = _Over(matching, truth, shared)
    for together in _grouped(leads, person_of).values():
        over.look_at(together)
    under: Counter[str] = Counter()
    for mine in _grouped(leads, truth.person_of).values():
        under.update(_pieces(mine, person_of, truth, shared))
    return Causes(*(dict(found.most_common()) for found in (over.by_cause, over.by_rule, under)))


def _grouped(leads: Iterable[LeadEvent], by: Mapping[str, object]) -> dict[object, list[LeadEvent]]:
    found: dict[object, list[LeadEvent]] = defaultdict(list)
    for lead in leads:
        found[by[lead.lead_id]].append(lead)
    return found


class _Over:
    def __init__(self, matching: Matching, truth: Truth, shared: frozenset[Id]) -> None:
        self.by_cause: Counter[str] = Counter()
        self.by_rule: Counter[str] = Counter()
        self._matching = matching
        self._truth = truth
        self._shared = shared

    def look_at(self, together: Sequence[LeadEvent]) -> None:
        """Count one person found, if it is of several people."""
        who = self._truth.person_of
        if len({who[lead.lead_id] for lead in together}) < 2:
            return
        owners: dict[Named, set[int]] = defaultdict(set)
        for lead in together:
            for identity in lead.identities:
                owners[identity.kind, identity.value].add(who[lead.lead_id])
        several = {name for name, people in owners.items() if len(people) > 1}
        linking = {name for name in several if name[0] != "visitor"} or several
        found = {str(self._truth.causes.get(name, Cause.OTHER)) for name in linking}
        self.by_cause.update(found or {str(Cause.OTHER)})
        rules = {rule for lead in together for rule in self._rules(lead, several)}
        self.by_rule.update(rules or {SAME})

    def _rules(self, lead: LeadEvent, several: set[Named]) -> Iterable[str]:
        """The rules by which this lead links what several people bring."""
        identities = domain_identities(lead.identities, KEYRING, self._matching)
        leaves = {KEYRING.leaf(*name) for name in several}
        for place, one in enumerate(identities):
            for other in identities[place + 1 :]:
                _, name, action = self._matching.judge(one, other)
                pair = {one.leaf, other.leaf}
                if action is Action.LINK and pair & leaves and not pair & self._shared:
                    yield str(name)


def _pieces(
    mine: Sequence[LeadEvent],
    person_of: Mapping[str, Id],
    truth: Truth,
    shared: frozenset[Id],
) -> Iterable[str]:
    """A cause for each piece of one true person but the largest."""
    pieces = sorted(_grouped(mine, person_of).values(), key=len, reverse=True)
    for number, piece in enumerate(pieces[1:], 1):
        others = {
            (i.kind, i.value)
            for rest in (*pieces[:number], *pieces[number + 1 :])
            for lead in rest
            for i in lead.identities
        }
        brought = {(i.kind, i.value) for lead in piece for i in lead.identities}
        yield str(_why_apart(brought, brought & others, truth, shared))


def _why_apart(
    brought: set[Named], common: set[Named], truth: Truth, shared: frozenset[Id]
) -> Cause:
    if not brought:
        return Cause.NO_IDENTITY
    known = {truth.causes.get(name) for name in brought}
    for cause in (Cause.TYPO, Cause.MADE_UP):
        if cause in known:
            return cause
    if any(kind != "visitor" and KEYRING.leaf(kind, value) in shared for kind, value in common):
        return Cause.SHARED
    if common:
        return Cause.SUGGESTED
    if Cause.OFFICE in known:
        return Cause.OFFICE
    return Cause.APART
