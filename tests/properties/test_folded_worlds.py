"""Addresses of one mailbox are one person, whatever is folded when (SEMANTICS 2.1.3, 2.3.7)."""

from hypothesis import given, settings
from hypothesis import strategies as st
from msgspec.structs import replace
from support.decided_worlds import feed_in_any_order, identity, new_fed
from support.folded_worlds import FOLDS, FoldedWorld, address
from support.tries import tries
from support.worlds import MATCHING, check, lead

FoldedWorld.TestCase.settings = settings(
    max_examples=tries(15), stateful_step_count=25, deadline=None
)
TestFoldedWorld = FoldedWorld.TestCase

brought = st.lists(address | address | identity, max_size=4, unique_by=lambda one: one[:2])
event = st.builds(
    lambda number, ids, at, delivery: lead(
        number, *ids, at=1_700_000_000 + at * 3600, delivery=delivery
    ),
    number=st.integers(0, 12),
    ids=brought,
    at=st.integers(0, 60),
    delivery=st.sampled_from([0, 0, 0, 1, 2]),
)


@settings(max_examples=tries(30), deadline=None)
@given(
    st.lists(event, min_size=1, max_size=20, unique_by=lambda one: one.event_id),
    st.sampled_from(FOLDS[1:]),
    st.data(),
)
def test_order_repetition_and_batching_do_not_change_persons_where_addresses_are_folded(
    events, folds, data
):
    fed = new_fed(matching=replace(MATCHING, folds=folds))
    feed_in_any_order(fed, events, data)
    check(fed, fed.facts())
