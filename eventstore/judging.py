"""What each two identities of a lead say about two leaf cards, by the rules it is judged by."""

from collections.abc import Iterator

import msgspec

from eventstore.domain.events import Id, LeadIdentity
from eventstore.domain.matching import Action
from eventstore.lead_state import LeadState
from eventstore.rows import LinkKey
from eventstore.work import Work


class Judged(msgspec.Struct, frozen=True, gc=False):
    """One pair of a lead's identities."""

    lead: LeadState
    a: LeadIdentity
    b: LeadIdentity
    position: int
    """Of the rule, in its list."""
    rule: str
    version: int
    """Of the rules, which may be later than what the lead was judged by first."""
    action: Action

    @property
    def pair(self) -> tuple[Id, Id]:
        """The two leaf cards, the lower first."""
        a, b = self.a.leaf, self.b.leaf
        return (a, b) if a < b else (b, a)

    @property
    def links(self) -> bool:
        return self.action is Action.LINK

    @property
    def key(self) -> LinkKey:
        """By which the partition joins the pair, where this lead links it."""
        low, high = sorted((self.a.rank, self.b.rank))
        return (self.lead.newest.occurred_at, self.lead.id, self.position, low, high)


def judged(work: Work, lead: LeadState) -> Iterator[Judged]:
    """Every pair of the lead's identities, by the version that holds for the lead."""
    identities = lead.identities
    rules = work.policy.judged_by(lead.newest.rules)
    version = rules.matching.version
    for i, j, position, rule, action in rules.pairs(identities):
        yield Judged(lead, identities[i], identities[j], position, rule, version, action)
