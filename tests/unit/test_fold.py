"""A lead is the fold of its events, the same in whatever order they come (SEMANTICS 1.5)."""

from itertools import permutations

import msgspec
from hypothesis import given
from hypothesis import strategies as st

from channels.sdk.lead import Call, Identity, LeadContent, Order, Profile
from eventstore.domain.fold import fold


def event(number: int, *, at: str = "10", seq: int = 0, **content) -> LeadContent:
    time = f"2026-03-01T{at}:00:00.000Z"
    given = {"kind": "call", "direction": "in", "received_at": time, "amends": number > 0}
    return LeadContent(
        lead_id="00000000-0000-4000-8000-000000000000",
        event_id=f"00000000-0000-4000-8000-{number:012d}",
        channel="mango",
        account="office",
        occurred_at=time,
        seq=seq,
        **{**given, **content},
    )


def phone(value: str, proof: str) -> Identity:
    return Identity(kind="phone", value=value, proof=proof)


RINGING = event(
    0, at="10", call=Call(id="c", state="ringing", line="1"), identities=(phone("+7", "claimed"),)
)
ANSWERED = event(1, at="11", call=Call(id="c", state="answered", operator="anna"))
ENDED = event(
    2, at="12", call=Call(id="c", state="ended", talk_s=42), identities=(phone("+7", "attested"),)
)
RECORDED = event(3, at="13", call=Call(id="c", recording="rec-1"))
CALL = (RINGING, ANSWERED, ENDED, RECORDED)


def test_every_order_gives_the_same_lead():
    assert len({msgspec.json.encode(fold(order)) for order in permutations(CALL)}) == 1


def test_a_call_keeps_what_each_of_its_events_tells():
    call = fold(CALL).call
    assert (call.line, call.operator, call.talk_s, call.recording, call.state) == (
        "1", "anna", 42, "rec-1", "ended",
    )  # fmt: skip


def test_a_call_that_ended_and_that_nobody_answered_is_missed():
    assert fold([RINGING, event(2, call=Call(id="c", state="ended"))]).call.state == "missed"


def test_a_call_that_one_event_knows_as_answered_is_not_missed():
    assert fold([RINGING, event(2, call=Call(state="missed")), ANSWERED]).call.state == "ended"


def test_the_time_is_the_earliest():
    assert fold(CALL).occurred_at == RINGING.occurred_at


def test_an_identity_has_the_better_proof():
    assert [i.proof for i in fold(CALL).identities] == ["attested"]


def test_out_outranks_in():
    assert fold([RINGING, event(1, direction="out")]).direction == "out"


def test_the_kind_is_the_last_one_told_also_by_what_amends():
    assert fold([event(1, at="11", kind="message"), RINGING]).kind == "message"


def test_the_last_text_that_is_not_empty_wins_by_time_then_sequence():
    first, second = event(1, at="11", text="a"), event(2, at="11", seq=5, text="b")
    assert fold([second, first, event(3, at="12", text="")]).text == "b"


def test_only_the_newest_revision_of_an_event_counts():
    wrong = event(1, text="wrong", profile=Profile(name="X"))
    right = msgspec.structs.replace(wrong, text="right", profile=None, revision=1)
    assert (fold([right, wrong]).text, fold([right, wrong]).profile) == ("right", None)


def test_parts_of_an_order_are_folded_one_by_one():
    opened = event(0, order=Order(id="7", amount="100", currency="RUB", paid=False))
    paid = event(1, at="11", order=Order(paid=True))
    assert fold([paid, opened]).order == Order(id="7", amount="100", currency="RUB", paid=True)


def test_fields_of_all_events_stay_and_the_later_one_wins():
    a, b = (
        event(0, fields={"colour": "red", "size": "3"}),
        event(1, at="11", fields={"colour": "blue"}),
    )
    assert fold([b, a]).fields == {"colour": "blue", "size": "3"}


identities = st.lists(
    st.builds(
        phone,
        st.sampled_from([f"+{n}" for n in range(12)]),
        st.sampled_from(["attested", "claimed"]),
    ),
    max_size=4,
    unique_by=lambda i: i.value,
)


@given(st.lists(st.tuples(st.integers(0, 5), identities), min_size=1, max_size=6), st.randoms())
def test_identities_are_capped_alike_in_every_order(told, random):
    events = [
        event(number, at=f"{10 + hour}", identities=tuple(found))
        for number, (hour, found) in enumerate(told)
    ]
    straight = fold(events)
    random.shuffle(events)
    assert fold(events) == straight
    assert len(straight.identities) <= 4
