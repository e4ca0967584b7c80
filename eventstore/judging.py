"""What each two identities of a lead say about two leaf cards, by the rules it is judged by."""

from collections.abc import Iterator, Mapping

import msgspec

from eventstore.domain.events import Id, LeadIdentity
from eventstore.domain.matching import BY_FOLD, Action, LinkRule
from eventstore.lead_state import LeadState
from eventstore.mailboxes import by_folds
from eventstore.rows import LinkKey, Pairing, pairing
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
    def pair(self) -> Pairing:
        """The two leaf cards, the lower first."""
        return pairing(self.a.leaf, self.b.leaf)

    @property
    def links(self) -> bool:
        return self.action is Action.LINK

    @property
    def key(self) -> LinkKey:
        """By which the partition joins the pair, where this lead links it."""
        low, high = sorted((self.a.rank, self.b.rank))
        return (self.lead.newest.occurred_at, self.lead.id, self.position, low, high)


def judged(work: Work, lead: LeadState) -> Iterator[Judged]:
    """Every pair of the lead's identities, by the version that holds for the lead.

    First each address with its mailbox, by the folds in force (see eventstore.mailboxes).
    """
    identities = lead.identities
    rules = work.policy.judged_by(lead.newest.rules)
    version = rules.matching.version
    folded = by_folds(work, identities) if work.policy.folds else {}
    for address in identities if folded else ():
        if mailbox := folded.get(address.leaf):
            yield _of_one_mailbox(lead, address, mailbox, work.policy.applied)
    for i, j, position, rule, action in rules.pairs(identities):
        a, b = identities[i], identities[j]
        if not (folded and _is_folded(folded, a, b)):
            yield Judged(lead, a, b, position, rule, version, action)


def _of_one_mailbox(
    lead: LeadState, address: LeadIdentity, mailbox: LeadIdentity, version: int
) -> Judged:
    rule = LinkRule.ONE_MAILBOX
    return Judged(lead, address, mailbox, BY_FOLD, rule, version, Action.LINK)


def _is_folded(folded: Mapping[Id, LeadIdentity], a: LeadIdentity, b: LeadIdentity) -> bool:
    """Whether one is the mailbox of the other."""
    return any(
        one.leaf in folded and folded[one.leaf].leaf == other.leaf
        for one, other in ((a, b), (b, a))
    )
