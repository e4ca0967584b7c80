"""When an identity was first and last seen, however its leads came and whatever part is read."""

from hypothesis import given, settings
from hypothesis import strategies as st
from support.decided_worlds import new_fed
from support.tries import tries
from support.worlds import lead

from eventstore.card_timeline import Window
from eventstore.queries import Cards

PHONE, MAIL = ("phone", "+79120000001", "claimed"), ("email", "a@x.ru", "claimed")
PROVEN, TELEGRAM = ("phone", "+79120000001", "attested"), ("telegram", "7", "attested")
START = 1_700_000_000

deliveries = st.lists(
    st.builds(
        lambda number, more, hour, found: lead(
            number, *found, delivery=more, at=START + hour * 3600, kind="call"
        ),
        number=st.integers(1, 6),
        more=st.integers(0, 2),
        hour=st.integers(0, 9),
        found=st.sampled_from(
            [(PHONE,), (MAIL,), (PHONE, MAIL), (PROVEN, MAIL), (TELEGRAM, PHONE), (TELEGRAM,)]
        ),
    ),
    min_size=1,
    max_size=10,
    unique_by=lambda one: one.event_id,
)


@settings(max_examples=tries(40), deadline=None)
@given(events=deliveries, most=st.integers(1, 4))
def test_an_identity_is_seen_from_the_first_lead_that_brings_it_to_the_last(events, most):
    """A lead's time is the earliest of its events; so are its identities those of all of them."""
    fed = new_fed()
    fed.feed(*events)
    times, proven = {}, set()
    for lead_id in {event.lead_id for event in events}:
        told = [event for event in events if event.lead_id == lead_id]
        at = min(event.occurred_at for event in told)
        for identity in {identity for event in told for identity in event.identities}:
            times.setdefault((identity.kind, identity.value), set()).add(at)
            if identity.proof == "attested":
                proven.add((identity.kind, identity.value))
    cards = Cards(fed.base)
    for (kind, value), known in times.items():
        name = f"{kind}:{value}"
        for shown in (cards.show(name), cards.show(name, window=Window.of(most, None))):
            leaves = {(leaf["kind"], leaf["value"]): leaf for leaf in shown["leaves"]}
            leaf = leaves[kind, value]
            assert (leaf["first_seen"], leaf["last_seen"]) == (min(known), max(known))
            assert (leaf["proof"] == "attested") == ((kind, value) in proven)
            seen = [one["first_seen"] for one in shown["leaves"]]
            assert seen == sorted(seen)
    fed.base.recorder.close()
