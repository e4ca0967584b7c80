"""Worlds where some addresses are one mailbox, under folds that are switched on and off."""

from dataclasses import replace

from hypothesis import strategies as st
from hypothesis.stateful import precondition, rule
from msgspec.structs import replace as changed
from support.decided_worlds import World, identities
from support.worlds import KEYRING, MATCHING, lead

from eventstore.adoption import adopt
from eventstore.domain.folds import Fold
from eventstore.rematching import rematch
from eventstore.touches import bytes_of
from eventstore.versions import effective_policy

ADDRESSES = ("ab@box.ru", "a.b@box.ru", "ab+x@box.ru", "a.b+y@box.com", "c.d@box.ru", "cd@box.com")
FOLDS = (
    (),
    (Fold(("box.ru",), dots=True),),
    (Fold(("box.ru", "box.com"), dots=True, tags="+"),),
    (Fold(("box.ru", "box.com"), "box.com", dots=True, tags="+-"),),
)
address = st.tuples(
    st.just("email"), st.sampled_from(ADDRESSES), st.sampled_from(["attested", "claimed"])
)


class FoldedWorld(World):
    """Leads that bring such addresses, also beside each other, while versions come and go."""

    def __init__(self):
        super().__init__()
        adopt(self.fed.base)

    @rule(
        addresses=st.lists(address, min_size=1, max_size=3, unique_by=lambda i: i[1]),
        others=st.just([]) | identities,
        number=st.integers(0, 8),
        delivery=st.sampled_from([0, 0, 1]),
        at=st.integers(0, 60),
    )
    def deliver_addresses(self, addresses, others, number, delivery, at):
        there = [one for one in others if one[0] != "email"]
        self.deliver(
            lead(number, *addresses, *there, at=1_700_000_000 + at * 86_400, delivery=delivery)
        )

    @rule(folds=st.sampled_from(FOLDS))
    def apply_another_version(self, folds):
        """It is configured, and put in force by a rematch."""
        base = self.fed.base
        version = base.policy.configured.version + 1
        configured = changed(MATCHING, version=version, folds=folds)
        base.policy = replace(base.policy, configured=configured)
        base.policy = effective_policy(base.recorder, KEYRING, base.policy)
        adopt(base)
        rematch(base, self.by())
        self.fed.open_mailboxes()

    @precondition(lambda self: self.fed.mailboxes() and self.addresses_brought())
    @rule(data=st.data())
    def withdraw_a_mailbox(self, data):
        """One lead is no longer evidence that its address is one of the mailbox."""
        lead_id, address = data.draw(st.sampled_from(self.addresses_brought()))
        pair = sorted((address, self.fed.mailboxes()[address]))
        items = ((*pair, lead_id),)
        by = self.by()
        self.carry_out_withdrawal(data, items, by)
        self.decisions.append([by.command, "withdraw", items, True])

    def addresses_brought(self):
        named = self.fed.mailboxes()
        return [
            (bytes_of(lead_id), leaf)
            for lead_id in sorted(self.fed.events)
            for one in self.fed.folded(bytes_of(lead_id)).identities
            if (leaf := KEYRING.leaf(one.kind, one.value)) in named
        ]
