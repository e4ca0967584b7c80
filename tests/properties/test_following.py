"""Deals that follow in pieces end as if they had been decided at once (SEMANTICS 2.3.8, 3.5).

The same worlds as in test_partition, where hardly a touch is decided about at once: pieces are
carried out between leads, commands and decisions, and killed anywhere.
"""

from contextlib import suppress
from typing import ClassVar

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import initialize, invariant, precondition, rule
from support.decided_worlds import ROUTED, VALUES, ManyIdentities, World
from support.tries import tries
from support.worlds import check_partition, lead

from eventstore.following import Follower
from eventstore.replay import read_deals


class FollowedWorld(World):
    """Who is whom is right at once, the deals once nothing is pending any more.

    Who is whom by a large withdrawal, or its undo, is right once that is carried out.
    """

    policy: ClassVar[dict] = {
        "most_touches_at_once": 1,
        "most_items_at_once": 1,
        "most_leads_at_once": 1,
    }

    def __init__(self):
        super().__init__()
        self.work_in_pieces = iter(())
        self.calls = 0

    @initialize(numbers=st.lists(st.integers(0, 3), min_size=6, max_size=14))
    def one_number_and_four_addresses(self, numbers):
        """So much of one person that a decision about it takes several pieces."""
        phone, mails = ("phone", VALUES["phone"][0], "claimed"), VALUES["email"]
        for number, mail in enumerate(numbers, 40):
            mailed = ("email", mails[mail], "claimed")
            self.deliver(lead(number, *[phone, mailed][: 1 + number % 2], kind="message"))

    @rule(
        data=st.data(),
        meanwhile=st.lists(
            st.sampled_from(["nothing", "call", "call", "command", "new one"]),
            min_size=2,
            max_size=12,
        ),
    )
    def carry_on(self, data, meanwhile):
        """Piece by piece, of the same worker until it comes to an end, and what comes meanwhile."""
        for what in meanwhile:
            if next(self.work_in_pieces, None) is None:
                piece = data.draw(st.integers(1, 3))
                self.work_in_pieces = Follower(self.fed.base, piece=piece).pieces()
                next(self.work_in_pieces, None)
            if what == "call":
                self.call(data)
            elif what == "command" and self.open_deals():
                ending = data.draw(st.sampled_from(["accept", "won", "lost"]))
                self.command(data, ending, data.draw(st.integers(0, 60)))
            elif what == "new one":
                self.kill()

    def call(self, data):
        """More of those who are known, which decides nothing about who is whom."""
        self.calls += 1
        at = data.draw(st.integers(0, 60))
        known = data.draw(st.sampled_from([("phone", 0), ("email", 0), ("email", 1)]))
        identity = (known[0], VALUES[known[0]][known[1]], "claimed")
        self.deliver(lead(100 + self.calls, identity, at=1_700_000_000 + at * 86_400, kind="call"))

    def carry_out_withdrawal(self, data, items, by):
        """Killed after so many pieces, where it is not done before that."""
        left = data.draw(st.integers(1, 4))

        def killed(done, of):
            nonlocal left
            left -= 1
            if not left:
                raise KeyboardInterrupt(done, of)

        with suppress(KeyboardInterrupt):
            self.fed.commands.withdraw(items, by, progress=killed)

    @precondition(lambda self: self.large_withdrawals())
    @rule(data=st.data())
    def turn_a_large_withdrawal(self, data):
        self.turn(data.draw(st.sampled_from(self.large_withdrawals())))

    def large_withdrawals(self):
        return [one for one in self.decisions if one[1] == "withdraw" and len(one[2]) > 1]

    @rule()
    def kill(self):
        self.work_in_pieces = iter(())

    @invariant()
    def persons_are_the_oracles(self):
        pending = self.fed.base.recorder.pending()
        if not self.fed.events or any(row.kind == "evidence" for _, row in pending.values()):
            return
        facts = self.fed.facts(**self.by_hand())
        check_partition(self.fed, facts)
        if not pending:
            super().persons_are_the_oracles()

    def open_deals(self):
        """As commands find them, which need not be as the oracle has them yet."""
        return sorted(name for name, row in self.rows().items() if row.status == "open")

    def joined_deals(self):
        stored = read_deals(self.fed.base.work(), self.names())
        return sorted(name for name, deal in stored.items() if deal.into and not deal.withdrawn)

    def teardown(self):
        self.work_in_pieces = iter(())
        Follower(self.fed.base, piece=2).drain()
        if self.fed.events:
            self.persons_are_the_oracles()
        super().teardown()


class CrowdedFollowedWorld(FollowedWorld, ManyIdentities):
    """The same where hardly a deal has room in its person's row, in two pipelines."""

    policy: ClassVar[dict] = {
        "most_touches_at_once": 0,
        "most_items_at_once": 2,
        "most_leads_at_once": 0,
        "most_deals_in_a_row": 1,
        **ROUTED,
    }


FollowedWorld.TestCase.settings = settings(
    max_examples=tries(16), stateful_step_count=30, deadline=None
)
TestFollowedWorld = FollowedWorld.TestCase
CrowdedFollowedWorld.TestCase.settings = settings(
    max_examples=tries(12), stateful_step_count=30, deadline=None
)
TestCrowdedFollowedWorld = CrowdedFollowedWorld.TestCase
