"""What people decided about deals is told with its reason where deals are (SEMANTICS 3.4, 3.7)."""

import pytest
from support.desks import FROM_A_PAGE, claimed, client, feed, lead, lead_id, opened

from leadlog.cli.deals import tell as told_at_a_terminal
from leadlog.operations import run

CARD, OTHER = "phone:+79120000001", "email:anna@x.ru"


def ask(system, name, **given):
    (told,) = run(system, name, given)
    return told


@pytest.fixture
def system(tmp_path):
    """One person with two deals, both sorted: of the first form, and of a mail that came then."""
    with opened(tmp_path) as system:
        feed(system, lead(1, claimed(CARD)), lead(2, claimed(OTHER), hour=10))
        for card in (CARD, OTHER):
            ask(system, "deal.command", id=deals(system, card)[0], action="accept", actor="anna")
        ask(system, "card.merge", id=CARD, other=OTHER)
        yield system


def deals(system, card=CARD, **more):
    return [deal["id"] for deal in ask(system, "card.show", id=card, **more)["deals"]]


def decisions(system, **more):
    """Those about deals, as the card has them: what, who, why, whether it holds."""
    shown = ask(system, "card.show", id=CARD, **more)
    return [
        (one["what"], one["actor"], one["reason"], one["in_force"])
        for one in shown["timeline"]
        if one["type"] == "decision" and "deals" in one
    ]


def decide(system, name, reason, **given):
    return ask(system, name, actor="vera", reason=reason, **given)["decision"]


@pytest.mark.parametrize("window", [{}, {"most": 5}], ids=["whole", "a page"])
def test_a_join_and_its_end_stand_on_the_card_and_at_the_deals(system, window):
    first, second = deals(system)
    join = decide(system, "deal.join", "one kitchen", id=first, other=second)
    assert decisions(system, **window) == [("join", "vera", "one kitchen", True)]
    for deal in (first, second):
        (one,) = ask(system, "deal.show", id=deal)["decisions"]
        assert (one["decision"], one["reason"], set(one["deals"])) == (
            join, "one kitchen", {first, second},
        )  # fmt: skip
    assert ask(system, "deal.show", id=first)["joined"] == [second]
    undo = decide(system, "card.undo", "two flats", decision=join)
    history = ask(system, "deal.show", id=second)["history"]
    told = [(entry["what"], entry.get("actor"), entry.get("reason")) for entry in history[-2:]]
    assert told == [("joined", "vera", "one kitchen"), ("separated", "vera", "two flats")]
    on_card = [e for e in ask(system, "card.show", id=CARD, **window)["timeline"]
               if e["type"] == "deal" and e["deal"] == second]  # fmt: skip
    assert [entry.get("reason") for entry in on_card[-2:]] == ["one kitchen", "two flats"]
    assert decisions(system, **window) == []
    every = [(what, why) for what, _, why, _ in decisions(system, **window, all=True)]
    assert every == [("join", "one kitchen"), ("undo", "two flats")]
    decide(system, "card.undo", "one after all", decision=undo)
    assert decisions(system, **window) == [("join", "vera", "one kitchen", True)]


def test_a_touch_of_a_deal_of_its_own_names_the_touch(system):
    feed(system, lead(3, claimed(CARD), claimed(OTHER), hour=11, kind="message"))
    decide(system, "deal.split", "a door", id=holder(system, 3), lead=lead_id(3))
    assert decisions(system) == [("split", "vera", "a door", True)]
    (one,) = ask(system, "deal.show", id=holder(system, 3))["decisions"]
    assert one["lead"] == lead_id(3)


def holder(system, number):
    """The deal that has the touch."""
    for deal in ask(system, "card.show", id=CARD)["deals"]:
        if lead_id(number) in deal["leads"]:
            return deal["id"]
    raise AssertionError("no deal has it")


def test_what_came_to_an_ended_deal_is_told_by_what_was_decided_about_it(system):
    first, second = deals(system)
    for deal in (first, second):
        ask(system, "deal.command", id=deal, action="won", actor="anna")
    feed(system, lead(3, claimed(CARD), hour=12, kind="message"))
    ended = holder(system, 3)
    anew = decide(system, "deal.anew", "a door", id=ended)
    assert decisions(system) == [("anew", "vera", "a door", True)]
    decide(system, "card.undo", "", decision=anew)
    decide(system, "deal.leave", "says thanks", id=ended)
    assert decisions(system) == [("leave", "vera", "says thanks", True)]


def test_a_join_that_a_veto_suspends_is_told_as_not_in_force(system):
    first, second = deals(system)
    decide(system, "deal.join", "one kitchen", id=first, other=second)
    decide(system, "card.unmerge", "sisters", id=CARD, other=OTHER)
    assert decisions(system) == [("join", "vera", "one kitchen", False)]
    (_, end) = [entry for entry in ask(system, "deal.show", id=second)["history"]
                if entry["what"] in ("joined", "separated")]  # fmt: skip
    assert (end["what"], end["reason"]) == ("separated", "sisters")


def test_deals_that_were_parted_and_joined_again_say_which_counts(system):
    first, second = deals(system)
    decide(system, "deal.join", "one kitchen", id=first, other=second)
    decide(system, "deal.split", "two flats", id=second)
    assert decisions(system) == [
        ("join", "vera", "one kitchen", False),
        ("part", "vera", "two flats", True),
    ]
    decide(system, "deal.join", "one after all", id=first, other=second)
    assert decisions(system) == [
        ("join", "vera", "one kitchen", True),
        ("part", "vera", "two flats", False),
        ("join", "vera", "one after all", True),
    ]


def test_decisions_are_told_in_the_order_in_which_they_were_taken(system):
    first, second = deals(system)
    taken = [ask(system, "card.show", id=CARD, most=5)["decisions"][0]["decision"]]
    for number in range(6):
        name, given = ("deal.split", {}) if number % 2 else ("deal.join", {"other": first})
        taken.append(decide(system, name, "", id=second, **given))
    for told in (
        ask(system, "card.show", id=CARD, most=5)["decisions"],
        [{"decision": taken[0]}, *ask(system, "deal.show", id=first)["decisions"]],
    ):
        assert [one["decision"] for one in told] == taken


def test_a_card_of_the_past_tells_what_was_decided_about_its_deals_by_then(system):
    first, second = deals(system)
    system.drain()
    join = decide(system, "deal.join", "one kitchen", id=first, other=second)
    known = ask(system, "card.show", id=CARD, most=5)
    then = str(system.base.recorder.last_position())
    decide(system, "card.undo", "two flats", decision=join)
    shown = ask(system, "card.show", id=CARD, at=then, most=5)
    assert shown["timeline"] == known["timeline"]
    assert shown["deals"] == known["deals"]


def test_a_terminal_tells_them_at_the_deal_with_the_ids_for_an_undo(system, capsys):
    first, second = deals(system)
    join = decide(system, "deal.join", "one kitchen", id=first, other=second)
    told_at_a_terminal([ask(system, "deal.show", id=first)])
    told = capsys.readouterr().out
    assert f"decision {join}  join  vera: one kitchen" in told
    assert f"joined     {second}" in told


def test_a_decision_about_deals_is_undone_from_the_card_at_any_later_time(system):
    first, second = deals(system)
    join = decide(system, "deal.join", "one kitchen", id=first, other=second)
    with client(system) as desk:
        for language, told in (("en", "Deals joined"), ("ru", "Сделки объединены")):
            page = desk.get(f"/cards/{CARD}", headers={"Accept-Language": language}).text
            assert told in page.partition('id="h-decisions"')[2].partition("</section>")[0]
            assert page.count("one kitchen") == 2  # in the list, and once in the timeline
        given = {"command": "", "decision": join}
        desk.post(f"/cards/{CARD}/undo", data=given, headers=FROM_A_PAGE)
    assert set(deals(system)) == {first, second}
