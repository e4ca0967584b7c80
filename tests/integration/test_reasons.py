"""The reason of every decision about cards is told where those who read it later look for it."""

from support.desks import claimed, client, feed, lead, opened

from eventstore.told import text_id
from leadlog.operations import run

OFFICE, ANNA, BORIS = "phone:+74950000001", "email:anna@x.ru", "email:boris@x.ru"


def decide(system, name, reason, **given):
    (told,) = run(system, name, {**given, "reason": reason, "actor": "vera"})
    return told["decision"]


def reasons(system, card, **more):
    """Of each decision in its timeline."""
    (shown,) = run(system, "card.show", {"id": card, **more})
    told = [entry for entry in shown["timeline"] if entry["type"] == "decision"]
    assert all(entry["actor"] == "vera" for entry in told)
    return [(entry["what"], entry["reason"]) for entry in told]


def test_each_decision_in_force_tells_its_reason_on_the_card(tmp_path):
    with opened(tmp_path) as system:
        feed(system, lead(1, claimed(OFFICE), claimed(ANNA)), lead(2, claimed(BORIS)))
        decide(system, "card.merge", "one voice", id=ANNA, other=BORIS)
        decide(system, "card.mark", "a switchboard", id=OFFICE, shared=True)
        decide(system, "card.mark", "hers after all", id=OFFICE, shared=False)
        (explained,) = run(system, "card.explain", {"id": ANNA, "other": BORIS})
        assert [link["reason"] for link in explained["links"]] == ["one voice"]
        decide(system, "card.withdraw", "a typo", id=OFFICE, other=ANNA)
        assert sorted(reasons(system, ANNA)) == [("merge", "one voice"), ("withdraw", "a typo")]
        assert sorted(reasons(system, OFFICE)) == [
            ("share", "a switchboard"),
            ("unshare", "hers after all"),
            ("withdraw", "a typo"),
        ]
        (explained,) = run(system, "card.explain", {"id": OFFICE, "other": ANNA})
        assert [held["reason"] for held in explained["withdrawn"]] == ["a typo"]


def test_a_refused_suggestion_tells_why_not(tmp_path):
    with opened(tmp_path) as system:
        feed(system, lead(1, claimed(OFFICE), ("vk", "7", "claimed")))
        (item,) = run(system, "card.suggestions", {})
        decide(system, "card.suggestions", "his brother", decide="refuse", n=item["id"])
        assert reasons(system, OFFICE) == [("veto", "his brother")]


def test_an_undo_tells_its_reason_beside_what_it_took_back_where_all_is_asked_for(tmp_path):
    with opened(tmp_path) as system:
        feed(system, lead(1, claimed(ANNA)), lead(2, claimed(BORIS)))
        merge = decide(system, "card.merge", "one voice", id=ANNA, other=BORIS)
        undo = decide(system, "card.undo", "two sisters", decision=merge)
        position = str(system.base.recorder.last_position())
        assert reasons(system, ANNA) == []
        assert reasons(system, ANNA, all=True) == [("merge", "one voice"), ("undo", "two sisters")]
        again = decide(system, "card.undo", "one after all", decision=undo)
        assert reasons(system, BORIS, most=5, all=True)[1:] == [
            ("undo", "two sisters"),
            ("undo", "one after all"),
        ]
        (shown,) = run(system, "card.show", {"id": ANNA, "all": True})
        told = [entry for entry in shown["timeline"] if entry["type"] == "decision"]
        assert [entry["in_force"] for entry in told] == [True, False, True]
        assert [entry.get("undoes") for entry in told] == [None, merge, undo]
        assert {entry["decision"] for entry in told} == {merge, undo, again}
        then = reasons(system, ANNA, all=True, at=position)
        assert then == [("merge", "one voice"), ("undo", "two sisters")]


def test_a_rematch_is_told_with_its_reason_on_the_cards_that_it_changed(tmp_path):
    with opened(tmp_path) as system:
        feed(system, lead(1, claimed(OFFICE), claimed(ANNA)), lead(2, claimed(BORIS)))
    listed = f'[matching]\nversion = 2\nshared = ["{OFFICE}"]\n'
    with opened(tmp_path, listed) as system:
        decision = decide(system, "card.rematch", "the office moved")
        for card in (OFFICE, ANNA):
            assert reasons(system, card) == [("rematch", "the office moved")]
            assert reasons(system, card, most=5) == [("rematch", "the office moved")]
        assert reasons(system, BORIS) == []
        (shown,) = run(system, "card.show", {"id": OFFICE})
        (entry,) = (entry for entry in shown["timeline"] if entry["type"] == "decision")
        office = text_id(system.cards.leaf_of(OFFICE))
        assert (entry["decision"], entry["leaves"]) == (decision, [office])
        with client(system) as desk:
            page = desk.get(f"/cards/{OFFICE}", headers={"Accept-Language": "ru"}).text
        assert "the office moved" in page
        assert "Правила сопоставления применены к прошлому" in page
