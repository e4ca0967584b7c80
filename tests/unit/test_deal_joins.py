"""Deals of one person, joined and parted by a person (SEMANTICS 3.4, 3.7)."""

import pytest
from support.worlds import Fed, base, decision_id, lead

from eventstore.deal_commands import DealCommands
from eventstore.deal_joins import DealJoins
from eventstore.orders import CommandRefused, NotThere, WrongCommand, order
from eventstore.queries import Cards
from eventstore.touches import bytes_of, deal_id

ANNA = ("phone", "+79120000001", "claimed")
ALSO_ANNA = ("telegram", "7", "attested")
VK_ANNA = ("vk", "8", "attested")
BORIS = ("email", "b@x.ru", "claimed")
VERA = ("email", "v@x.ru", "claimed")


@pytest.fixture
def fed(tmp_path):
    """Anna with two open deals (one is sorted), and Boris with one."""
    started = Fed(base(tmp_path / "events.db"))
    started.feed(lead(1, ANNA), lead(2, ALSO_ANNA, at=1_700_000_100), lead(9, BORIS))
    DealCommands(started.base).accept(deal(1), order("anna"))
    started.feed(lead(3, ALSO_ANNA, ANNA, at=1_700_000_200, kind="message"))
    yield started
    started.base.recorder.close()


def deal(number: int) -> bytes:
    return deal_id(lead_id(number), "sales")


def lead_id(number: int) -> bytes:
    return bytes_of(lead(number).lead_id)


def deals(fed) -> dict[bytes, set[int]]:
    """The open deals of Anna, with the numbers of their leads."""
    numbers = {lead(n).lead_id: n for n in range(1, 9)}
    shown = Cards(fed.base).show("phone:+79120000001")["deals"]
    return {
        bytes_of(one["id"]): {numbers[name] for name in one["leads"]}
        for one in shown
        if one["status"] == "open"
    }


def test_deals_of_persons_who_turn_out_to_be_one_stay_two_once_one_is_sorted(fed):
    assert deals(fed) == {deal(1): {1}, deal(2): {2, 3}}


def test_the_later_opened_deal_goes_into_the_earlier_whichever_is_named_first(fed):
    decided = DealJoins(fed.base).join(deal(2), deal(1), order("anna"))
    assert decided.changed.deals == 1
    assert deals(fed) == {deal(1): {1, 2, 3}}


def test_a_touch_that_comes_after_a_join_joins_the_deal_that_is_left(fed):
    DealJoins(fed.base).join(deal(1), deal(2), order("anna"))
    fed.feed(lead(4, ALSO_ANNA, at=1_700_000_300))
    assert deals(fed) == {deal(1): {1, 2, 3, 4}}


def test_an_undone_join_was_never_made(fed):
    decided = DealJoins(fed.base).join(deal(1), deal(2), order("anna"))
    fed.feed(lead(4, ALSO_ANNA, at=1_700_000_300))
    fed.commands.undo(decided.decision, order("boris"))
    assert deals(fed) == {deal(1): {1}, deal(2): {2, 3, 4}}


def test_the_same_join_twice_is_one_effect(fed):
    by = order("anna", command=decision_id(1))
    first = DealJoins(fed.base).join(deal(1), deal(2), by)
    position = fed.base.recorder.last_position()
    assert DealJoins(fed.base).join(deal(1), deal(2), by) == first
    assert fed.base.recorder.last_position() == position


DECISIONS = {
    "join": lambda joins, **how: joins.join(deal(1), deal(2), **how),
    "part": lambda joins, **how: joins.part(deal(2), **how),
    "put apart": lambda joins, **how: joins.put_apart(lead_id(3), **how),
}


@pytest.mark.parametrize("name", DECISIONS)
def test_a_dry_run_changes_nothing_and_tells_what_the_decision_does(fed, name):
    joins = DealJoins(fed.base)
    if name == "part":
        joins.join(deal(1), deal(2), order("anna"))
    by = order("anna", command=decision_id(1))
    before, position = deals(fed), fed.base.recorder.last_position()
    told = DECISIONS[name](joins, by=by, dry_run=True)
    assert (deals(fed), fed.base.recorder.last_position()) == (before, position)
    assert told.changed.deals
    assert DECISIONS[name](joins, by=by) == told._replace(deals=None)
    assert deals(fed) != before


def test_a_join_on_a_stale_version_is_refused_with_what_changed(fed):
    with pytest.raises(CommandRefused, match="since version 1: stage contact by anna at 20"):
        DealJoins(fed.base).join(deal(1), deal(2), order("boris", expected_version=1))


@pytest.mark.parametrize(
    ("one", "other", "why"),
    [(1, 1, "the same deal"), (1, 9, "two persons")],
)
def test_a_join_that_makes_no_sense_is_refused(fed, one, other, why):
    with pytest.raises(CommandRefused, match=why):
        DealJoins(fed.base).join(deal(one), deal(other), order("anna"))


def test_a_closed_deal_is_not_joined(fed):
    DealCommands(fed.base).close(deal(2), "won", order("anna"))
    with pytest.raises(CommandRefused, match="is won; reopen it first"):
        DealJoins(fed.base).join(deal(1), deal(2), order("anna"))


def test_a_join_with_a_deal_that_is_not_there_says_so(fed):
    with pytest.raises(NotThere, match="no deal"):
        DealJoins(fed.base).join(deal(1), deal(7), order("anna"))


def test_the_id_of_a_lead_is_no_deals(fed):
    joins, its_lead = DealJoins(fed.base), lead_id(1)
    for named in ((deal(2), its_lead), (its_lead, deal(2))):
        with pytest.raises(NotThere, match="no deal"):
            joins.join(*named, order("anna"))
    with pytest.raises(NotThere, match="no deal"):
        joins.part(its_lead, order("anna"))


def test_an_empty_note_is_refused(fed):
    with pytest.raises(WrongCommand, match="an empty note"):
        DealCommands(fed.base).note(deal(1), " \n", order("anna"))


def test_a_join_is_suspended_while_the_persons_are_two_and_then_returns(fed):
    DealJoins(fed.base).join(deal(1), deal(2), order("anna"))
    a, b = (Cards(fed.base).leaf_of(name) for name in ("phone:+79120000001", "telegram:7"))
    veto = fed.commands.veto(a, b, order("anna"))
    assert deals(fed) == {deal(1): {1}}
    fed.commands.undo(veto.decision, order("anna"))
    assert deals(fed) == {deal(1): {1, 2, 3}}


def test_a_join_that_was_suspended_returns_with_a_link_that_a_later_lead_brings(fed):
    DealJoins(fed.base).join(deal(1), deal(2), order("anna"))
    a, b = sorted(Cards(fed.base).leaf_of(name) for name in ("phone:+79120000001", "telegram:7"))
    fed.commands.withdraw([(a, b, lead_id(3))], order("anna"))
    assert deals(fed) == {deal(1): {1}}
    fed.feed(lead(5, ALSO_ANNA, ANNA, at=1_700_000_400))
    assert deals(fed) == {deal(1): {1, 2, 3, 5}}


def test_deals_that_the_rule_joined_are_parted_by_a_person_and_stay_so(tmp_path):
    fed = Fed(base(tmp_path / "events.db"))
    fed.feed(lead(1, ANNA), lead(2, ALSO_ANNA), lead(3, ALSO_ANNA, ANNA, kind="message"))
    assert list(deals(fed)) == [deal(1)]
    parted = DealJoins(fed.base).part(deal(2), order("anna"))
    assert deals(fed).keys() == {deal(1), deal(2)}
    a, b = (Cards(fed.base).leaf_of(name) for name in ("phone:+79120000001", "telegram:7"))
    veto = fed.commands.veto(a, b, order("anna"))
    fed.commands.undo(veto.decision, order("anna"))
    assert deals(fed).keys() == {deal(1), deal(2)}
    fed.commands.undo(parted.decision, order("anna"))
    assert list(deals(fed)) == [deal(1)]


def test_what_a_person_took_out_of_a_deal_is_not_back_in_it_by_a_third_one(tmp_path):
    fed = Fed(base(tmp_path / "events.db"))
    fed.feed(lead(1, ANNA), lead(2, ALSO_ANNA), lead(3, VK_ANNA))
    one, other = (Cards(fed.base).leaf_of(name) for name in ("telegram:7", "vk:8"))
    fed.commands.merge(one, other, order("anna"))
    fed.feed(lead(4, ALSO_ANNA, ANNA, kind="message"))
    assert deals(fed) == {deal(1): {1, 2, 3, 4}}
    DealJoins(fed.base).part(deal(3), order("anna"))
    assert deals(fed).keys() == {deal(1), deal(3)}


def test_a_withdrawn_deal_is_not_taken_out_of_what_it_had_been_joined_into(tmp_path):
    fed = Fed(base(tmp_path / "events.db"))
    fed.feed(lead(1, ANNA), lead(2, ALSO_ANNA), lead(3, ANNA, ALSO_ANNA))
    assert deals(fed) == {deal(1): {1, 2, 3}}
    fed.feed(lead(2, ALSO_ANNA, delivery=1, direction="out"))
    with pytest.raises(CommandRefused, match="joined into no other"):
        DealJoins(fed.base).part(deal(2), order("anna"))


def test_a_deal_that_is_joined_into_none_is_not_parted(fed):
    with pytest.raises(CommandRefused, match="joined into no other"):
        DealJoins(fed.base).part(deal(1), order("anna"))


def test_a_touch_is_put_to_a_deal_of_its_own_and_back(fed):
    decided = DealJoins(fed.base).put_apart(lead_id(3), order("anna"))
    assert deals(fed) == {deal(1): {1}, deal(2): {2}, deal(3): {3}}
    fed.commands.undo(decided.decision, order("anna"))
    assert deals(fed) == {deal(1): {1}, deal(2): {2, 3}}


def test_a_touch_that_opened_its_deal_is_not_put_apart_from_it(fed):
    with pytest.raises(CommandRefused, match="opened its deal itself"):
        DealJoins(fed.base).put_apart(lead_id(2), order("anna"))


def test_a_join_by_a_person_has_them_as_its_actor(fed):
    DealJoins(fed.base).join(deal(1), deal(2), order("vera"))
    assert joined_by(fed, "phone:+79120000001") == ["vera"]


def test_a_join_by_the_rule_has_nobody_as_its_actor(fed):
    fed.feed(lead(8, VERA, at=1_700_000_400))
    cards = Cards(fed.base)
    one, other = (cards.leaf_of(f"email:{name}") for name in (BORIS[1], VERA[1]))
    fed.commands.merge(one, other, order("anna"))
    assert joined_by(fed, "email:b@x.ru") == [None]


def joined_by(fed, card) -> list[str | None]:
    timeline = Cards(fed.base).show(card)["timeline"]
    return [entry["actor"] for entry in timeline if entry.get("what") == "joined"]
