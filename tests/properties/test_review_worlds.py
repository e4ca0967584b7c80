"""The kept review queue is what a look at every pair gives, whenever somebody reads it."""

from itertools import pairwise

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import invariant, precondition, rule
from msgspec.structs import replace
from support.decided_worlds import World
from support.review_oracle import scanned_queue
from support.tries import tries

from channels.sdk.lead import Profile
from eventstore.domain.events import Id
from eventstore.orders import CommandRefused
from eventstore.queries import Cards
from eventstore.review_queue import ReviewQueue
from eventstore.touches import bytes_of

NAMES = ("", "Анна Берёзкина", "Berezkina Anya", "Пётр Ильин", "Petr Iljin")


class ReviewedWorld(World):
    """Leads with names, and people who look at the queue between them and decide about it."""

    @property
    def queue(self) -> ReviewQueue:
        return ReviewQueue(Cards(self.fed.base), similar=tuple)

    def deliver(self, event):
        name = NAMES[sum(bytes_of(event.event_id)) % len(NAMES)]
        super().deliver(replace(event, profile=Profile(name=name)))

    @rule()
    def look(self):
        shown = self.queue.all()
        kept = {self.about(item): (item["why"], item["score"]) for item in shown}
        assert kept == scanned_queue(self.fed.base)
        places = [(-item["score"], item["id"]) for item in shown]
        assert all(one < other for one, other in pairwise(places))

    def about(self, item) -> frozenset[Id]:
        row = self.queue.pick(item["id"])
        if item["why"] == "limit":
            return frozenset([row.a])
        work = self.fed.base.work()
        return frozenset(work.known_card(leaf).person for leaf in (row.a, row.b))

    @precondition(lambda self: self.queue.all())
    @rule(data=st.data(), same=st.booleans())
    def decide_one(self, data, same):
        item = data.draw(st.sampled_from(self.queue.all()))
        decide = self.queue.accept if same else self.queue.refuse
        try:
            decided = decide(item["id"], self.by())
        except CommandRefused:
            return
        self.decisions.append([decided.decision, "reviewed", (), True])
        assert same or item["id"] not in {left["id"] for left in self.queue.all()}

    @invariant()
    def persons_are_the_oracles(self):
        """Other worlds see to that; here the queue is looked at, at the end if not before."""

    def teardown(self):
        self.look()
        super().teardown()


ReviewedWorld.TestCase.settings = settings(
    max_examples=tries(25), stateful_step_count=30, deadline=None
)
TestReviewedWorld = ReviewedWorld.TestCase
