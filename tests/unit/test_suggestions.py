"""The review queue: who may be one person (SEMANTICS 2.3.7, 2.3.9, 2.4.13)."""

from uuid import UUID

import pytest
from msgspec.structs import replace
from support.worlds import KEYRING, Fed, base, lead

from channels.sdk.lead import Profile
from eventstore.orders import order
from eventstore.queries import Cards
from eventstore.review_queue import ReviewQueue


@pytest.fixture
def fed(tmp_path):
    started = Fed(base(tmp_path / "events.db"))
    yield started
    started.base.recorder.close()


def queue(fed: Fed) -> list[tuple[str, set[str]]]:
    return [
        (item["why"], {item["a"]["identity"], item["b"]["identity"]})
        for item in ReviewQueue(Cards(fed.base)).all()
    ]


def test_two_claimed_accounts_of_one_lead_are_suggested(fed):
    fed.feed(lead(1, ("telegram", "7", "claimed"), ("phone", "+79120000001", "claimed")))
    assert queue(fed) == [("rule", {"telegram:7", "phone:+79120000001"})]


@pytest.mark.parametrize(("other", "is_told"), [("Клиент 1", True), ("Клиент 2", False)])
def test_a_name_with_another_number_speaks_for_nobody(fed, other, is_told):
    for number, name in ((1, "Клиент 1"), (2, other)):
        own = ("email", f"{number}@x.ru", "claimed")
        named = lead(number, own, ("visitor", "v", "claimed"))
        fed.feed(replace(named, profile=Profile(name=name)))
    (item,) = ReviewQueue(Cards(fed.base)).all()
    assert (item["score"] > 0.5, len(item["reasons"]) > 1) == (is_told, is_told)


def test_linked_cards_are_not_suggested(fed):
    fed.feed(lead(1, ("telegram", "7", "attested"), ("phone", "+79120000001", "claimed")))
    assert queue(fed) == []


def test_one_browser_of_two_persons_suggests_the_two(fed):
    fed.feed(
        lead(1, ("visitor", "v", "claimed"), ("phone", "+79120000001", "claimed")),
        lead(2, ("visitor", "v", "claimed"), ("email", "a@x.ru", "claimed")),
    )
    assert queue(fed) == [("device", {"phone:+79120000001", "email:a@x.ru"})]


@pytest.mark.parametrize("first", [("visitor", "v"), ("phone", "+79120000001")])
def test_a_browser_that_is_one_of_the_two_by_a_merge_suggests_them_still(fed, first):
    """Whichever of both the person is named after."""
    visitor, phone = ("visitor", "v", "claimed"), ("phone", "+79120000001", "claimed")
    fed.feed(lead(0, (*first, "claimed")))
    fed.feed(lead(1, visitor, phone), lead(2, visitor, ("email", "a@x.ru", "claimed")))
    leaves = (KEYRING.leaf(*one[:2]) for one in (visitor, phone))
    fed.commands.merge(*leaves, order("anna"))
    assert queue(fed) == [("device", {"phone:+79120000001", "email:a@x.ru"})]


def test_a_browser_of_three_persons_suggests_nobody(fed):
    fed.feed(*(
        lead(n, ("visitor", "v", "claimed"), ("phone", f"+7912000000{n}", "claimed"))
        for n in range(3)
    ))  # fmt: skip
    assert queue(fed) == []


def test_an_accepted_suggestion_is_gone_and_a_refused_one_stays_refused(fed):
    fed.feed(lead(1, ("telegram", "7", "claimed"), ("phone", "+79120000001", "claimed")))
    a, b = ReviewQueue(Cards(fed.base)).pick("1")[:2]
    vetoed = fed.commands.veto(a, b, order("anna"))
    assert queue(fed) == []
    fed.commands.undo(vetoed.decision, order("anna"))
    assert len(queue(fed)) == 1
    fed.commands.merge(a, b, order("anna"))
    assert queue(fed) == []


@pytest.mark.parametrize(("verdict", "persons"), [("accept", 2), ("refuse", 0)])
def test_a_verdict_is_told_before_as_it_is_given(fed, verdict, persons):
    fed.feed(lead(1, ("telegram", "7", "claimed"), ("phone", "+79120000001", "claimed")))
    decide, by = getattr(ReviewQueue(Cards(fed.base)), verdict), order("anna")
    position = fed.base.recorder.last_position()
    told = decide("1", by, dry_run=True)
    assert fed.base.recorder.last_position() == position
    assert len(queue(fed)) == 1
    assert decide("1", by) == told._replace(cuts=None, deals=None), "that is told only before"
    assert told.changed.persons == persons
    assert queue(fed) == []


def test_a_link_that_a_veto_stops_is_shown(fed):
    fed.feed(lead(1, ("phone", "+79120000001", "claimed")), lead(2, ("email", "a@x.ru", "claimed")))
    a, b = (Cards(fed.base).leaf_of(name) for name in ("phone:+79120000001", "email:a@x.ru"))
    fed.commands.veto(a, b, order("anna"))
    fed.feed(lead(3, ("phone", "+79120000001", "claimed"), ("email", "a@x.ru", "claimed")))
    assert queue(fed) == [("stopped", {"phone:+79120000001", "email:a@x.ru"})]


def named(number: int, name: str, *identities: tuple[str, str, str]):
    return replace(lead(number, *identities), profile=Profile(name=name))


WRONG_DIGIT = (
    named(1, "Анна Берёзкина", ("phone", "+79120000001", "claimed")),
    named(2, "Berezkina Anya", ("phone", "+79120000010", "claimed")),
)


def test_a_name_in_other_letters_beside_a_slip_in_the_number_is_suggested_with_reasons(fed):
    fed.feed(*WRONG_DIGIT)
    (item,) = ReviewQueue(Cards(fed.base)).all()
    assert item["why"] == "alike"
    assert 0.5 < item["score"] <= 1
    assert item["reasons"] == ["their names are the same", "their numbers are one slip apart"]


def test_what_is_alike_is_never_linked_by_itself(fed):
    fed.feed(*WRONG_DIGIT)
    assert len(fed.stored_persons()) == 2


def test_not_the_same_is_remembered_for_what_is_alike_until_it_is_undone(fed):
    fed.feed(*WRONG_DIGIT)
    vetoed = fed.commands.veto(*ReviewQueue(Cards(fed.base)).pick("1")[:2], order("anna"))
    assert queue(fed) == []
    fed.feed(replace(WRONG_DIGIT[0], lead_id=str(UUID(int=3)), event_id=str(UUID(int=3))))
    assert queue(fed) == []
    fed.commands.undo(vetoed.decision, order("anna"))
    assert len(queue(fed)) == 1


def test_leads_without_any_identity_can_be_suggested_and_picked(fed):
    fed.feed(named(1, "Анна Берёзкина"), named(2, "Анна Берёзкина"))
    a, b = ReviewQueue(Cards(fed.base)).pick("1")[:2]
    fed.commands.merge(a, b, order("anna"))
    assert queue(fed) == []


def sent(number: int, phone: str, name: str):
    """A form with the number that its builder gives every submission."""
    told = lead(number, ("phone", phone, "claimed"))
    fields = {"tranid": f"{4_000_000 + 97 * number}"}
    return replace(told, profile=Profile(name=name), fields=fields)


def test_what_one_person_says_otherwise_each_time_speaks_against_nobody(fed):
    """The store shows it by those who wrote twice."""
    two = (sent(1, "+79120000001", "Инна Ершова"), sent(2, "+79120000010", "Ершова Инна"))
    fed.feed(*two)
    (before,) = ReviewQueue(Cards(fed.base)).all()
    assert before["reasons"] == [
        "their names are the same", "their numbers are one slip apart",
        "against it: another tranid",
    ]  # fmt: skip
    fed.feed(*(sent(n, f"+7955{n % 30 * 37_003:07}", "") for n in range(100, 160)))
    (after,) = ReviewQueue(Cards(fed.base)).all()
    assert after["reasons"] == before["reasons"][:2]


def test_a_likeness_adds_its_reasons_to_what_a_lead_suggests(fed):
    both = (("telegram", "7", "claimed"), ("phone", "+79120000001", "claimed"))
    fed.feed(named(1, "Анна Берёзкина", both[0]), named(2, "Анна Берёзкина", both[1]))
    fed.feed(lead(3, *both))
    (item,) = ReviewQueue(Cards(fed.base)).all()
    assert (item["why"], len(item["reasons"])) == ("rule", 2)
