"""What an explanation says of merges by hand (SEMANTICS 2.4.12)."""

import pytest
from support.worlds import KEYRING, Fed, base, lead

from eventstore.explain import Explainer
from eventstore.orders import order
from eventstore.queries import Cards
from eventstore.told import text_id

PHONE, EMAIL = ("phone", "+79120000001", "claimed"), ("email", "a@x.ru", "claimed")
A, B = (KEYRING.leaf(*identity[:2]) for identity in (PHONE, EMAIL))


@pytest.fixture
def fed(tmp_path):
    started = Fed(base(tmp_path / "events.db"))
    started.feed(lead(1, PHONE), lead(2, EMAIL))
    yield started
    started.base.recorder.close()


def merge(fed: Fed) -> bytes:
    return fed.commands.merge(A, B, order("anna")).decision


def apart_without(fed: Fed) -> set[str]:
    return set(Explainer(Cards(fed.base)).two(A, B)["apart_without"])


def test_two_merges_of_one_pair_are_both_named_for_either_alone_would_hold(fed):
    both = [merge(fed), merge(fed)]
    assert apart_without(fed) == {text_id(decision) for decision in both}
    for decision in both:
        assert len(fed.stored_persons()) == 1
        fed.commands.undo(decision, order("anna"))
    assert len(fed.stored_persons()) == 2


def test_a_merge_that_a_later_veto_outdid_is_not_named(fed):
    merge(fed)
    fed.commands.veto(A, B, order("anna"))
    again = merge(fed)
    assert apart_without(fed) == {text_id(again)}


def test_in_brief_a_link_is_told_with_its_first_evidence(fed):
    fed.feed(lead(5, PHONE, EMAIL, at=1_700_000_900), lead(4, PHONE, EMAIL, at=1_700_000_300))
    explainer = Explainer(Cards(fed.base))
    (whole,), (brief,) = (explainer.person(A, brief=how)["links"] for how in (False, True))
    assert whole["evidence"] == [lead(4).lead_id, lead(5).lead_id]
    first = {
        "lead": lead(4).lead_id,
        "channel": "test",
        "at": lead(4, at=1_700_000_300).occurred_at,
    }
    assert brief == whole | {"evidence": [lead(4).lead_id], "first": first}
