"""The incremental partition is the oracle's, whatever happens in whatever order (SEMANTICS 2.4)."""

from typing import ClassVar

from hypothesis import given, settings
from hypothesis import strategies as st
from support.decided_worlds import ROUTED, ManyIdentities, World, event, feed_in_any_order, new_fed
from support.tries import tries
from support.worlds import check


def once_each(events: list) -> list:
    """Deliveries with one id carry one content: the first of each counts."""
    found = {}
    for one in events:
        found.setdefault(one.event_id, one)
    return list(found.values())


@settings(max_examples=tries(30))
@given(st.lists(event, min_size=1, max_size=25), st.data())
def test_order_repetition_and_batching_do_not_change_persons(events, data):
    events = once_each(events)
    fed = new_fed()
    feed_in_any_order(fed, events, data)
    check(fed, fed.facts())


class CrowdedWorld(ManyIdentities):
    """Where hardly a deal has room in its person's row, nor each identity in its lead."""

    policy: ClassVar[dict] = {"most_deals_in_a_row": 1, **ROUTED}


class RoutedWorld(World):
    """The same with two pipelines, and rules that change."""

    policy: ClassVar[dict] = ROUTED


CrowdedWorld.TestCase.settings = settings(
    max_examples=tries(25), stateful_step_count=30, deadline=None
)
TestCrowdedWorld = CrowdedWorld.TestCase
RoutedWorld.TestCase.settings = settings(
    max_examples=tries(25), stateful_step_count=30, deadline=None
)
TestRoutedWorld = RoutedWorld.TestCase
World.TestCase.settings = settings(max_examples=tries(15), stateful_step_count=30, deadline=None)
TestWorld = World.TestCase
