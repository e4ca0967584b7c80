"""The kept review queue is what a look at every pair gives, whenever somebody reads it."""

from itertools import pairwise
from uuid import UUID

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
from eventstore.returned_items import Only
from eventstore.review_queue import ReviewQueue
from eventstore.told import text_id
from eventstore.touches import bytes_of

RETURNED = {"returned", "redecided"}
NAMES = ("", "Анна Берёзкина", "Berezkina Anya", "Пётр Ильин", "Petr Iljin", "Клиент 1", "Klient 2")


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
        told = self.queue.all()
        shown = [item for item in told if item["kind"] not in RETURNED]
        assert told[len(told) - len(shown) :] == shown, (
            "those who wrote to an ended deal come first"
        )
        assert self.returned(told[: len(told) - len(shown)]) == self.waiting()
        kept = {self.about(item): (item["why"], item["score"]) for item in shown}
        assert kept == scanned_queue(self.fed.base)
        places = [(-item["score"], item["id"]) for item in shown]
        assert all(one < other for one, other in pairwise(places))

    def returned(self, items) -> dict[str, tuple[str, int]]:
        """Deal → owner and how many touches; each of those that one decision brought, too."""
        cards = Cards(self.fed.base)
        parted = [
            [item]
            if item["kind"] == "returned"
            else ReviewQueue(cards, only=Only(cause=UUID(item["because"]).bytes)).all()
            for item in items
        ]
        found = [one for some in parted for one in some]
        told = {one["deal"]["id"]: (one["deal"]["owner"], one["touches"]) for one in found}
        assert len(told) == len(found)
        return told

    def waiting(self) -> dict[str, tuple[str, int]]:
        """The same by the deals' rows, which the oracle of deals is held against elsewhere."""
        return {
            text_id(name): (row.owner or None, row.returned.touches)
            for name, row in self.rows().items()
            if row.returned
        }

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
