"""Before a merge it is said which deals become one and which stay (SEMANTICS 3.4)."""

import re
from dataclasses import replace

import pytest
from support.desks import FROM_A_PAGE, claimed, client, feed, lead, opened

from eventstore.following import Follower
from leadlog.cli.deal_event import fate_line
from leadlog.operations import run

CARD, OTHER = "phone:+79120000001", "email:anna@x.ru"


def ask(system, name, **given):
    (told,) = run(system, name, given)
    return told


@pytest.fixture
def system(tmp_path):
    """Two persons with a deal each."""
    with opened(tmp_path) as system:
        feed(system, lead(1, claimed(CARD)), lead(2, claimed(OTHER), hour=10))
        yield system


def deal_of(system, card):
    (deal,) = ask(system, "card.show", id=card)["deals"]
    return deal["id"]


def accept(system, *cards):
    for card in cards:
        ask(system, "deal.command", id=deal_of(system, card), action="accept", actor="anna")


def told_of(system, name="card.merge", /, **given):
    """What is said of deals: of which, what, into which."""
    given = given or {"id": CARD, "other": OTHER}
    fates = ask(system, name, dry_run=True, **given)["deals"]
    return {fate["deal"]: (fate["what"], fate["into"]) for fate in fates}


def test_two_that_nobody_accepted_become_one_by_the_rule(system):
    first, second = deal_of(system, CARD), deal_of(system, OTHER)
    assert told_of(system) == {second: ("joined", first), first: ("stays", None)}
    ask(system, "card.merge", id=CARD, other=OTHER)
    assert deal_of(system, CARD) == first


@pytest.mark.parametrize("accepted", [[CARD], [CARD, OTHER]])
def test_two_of_which_one_was_accepted_stay_beside_each_other(system, accepted):
    accept(system, *accepted)
    first, second = deal_of(system, CARD), deal_of(system, OTHER)
    assert told_of(system) == {first: ("stays", None), second: ("stays", None)}


def test_deals_that_were_one_persons_before_are_not_said_to_stay(system):
    accept(system, CARD, OTHER)
    ask(system, "card.merge", id=CARD, other=OTHER)
    feed(system, lead(3, claimed("vk:5"), hour=11, direction="out", kind="message"))
    assert told_of(system, id=CARD, other="vk:5") == {}


def test_of_an_ended_deal_nothing_is_said(system):
    accept(system, CARD)
    ask(system, "deal.command", id=deal_of(system, CARD), action="won", actor="anna")
    assert told_of(system) == {}


def test_deals_of_two_pipelines_are_not_beside_each_other(tmp_path):
    other = "\n".join(
        f'[[pipelines]]\nid = "{name}"\nstages = [{{ id = "unsorted" }}, {{ id = "contact" }}]'
        for name in ("sales", "service")
    )
    rule = (
        '[routing]\nversion = 1\n[[routing.rules]]\nname = "mail"\n'
        'when = { channel = ["email"] }\npipeline = "service"\n'
    )
    with opened(tmp_path, f"{other}\n{rule}") as system:
        feed(system, lead(1, claimed(CARD)), lead(2, claimed(OTHER), channel="email", hour=10))
        assert told_of(system) == {}


def test_a_veto_says_which_deal_stands_for_itself_again_and_its_undo_which_goes_back(system):
    first, second = deal_of(system, CARD), deal_of(system, OTHER)
    ask(system, "card.merge", id=CARD, other=OTHER)
    of_veto = told_of(system, "card.unmerge", id=CARD, other=OTHER)
    assert of_veto == {second: ("separated", None)}
    veto = ask(system, "card.unmerge", id=CARD, other=OTHER)["decision"]
    of_undo = told_of(system, "card.undo", decision=veto)
    assert of_undo == {second: ("joined", first), first: ("stays", None)}


def test_a_deal_is_told_by_how_it_stands_and_what_opened_it(system):
    accept(system, CARD)
    amount = {"action": "stage", "stage": "contract", "amount": "149900"}
    ask(system, "deal.command", id=deal_of(system, CARD), actor="anna", **amount)
    (fate, _) = ask(system, "card.merge", id=CARD, other=OTHER, dry_run=True)["deals"]
    about = "contract, anna, 149900, webform, 2026-03-01"
    assert fate_line(fate) == f"deal {deal_of(system, CARD)} ({about}) stays open"


def test_it_is_said_where_the_deals_will_follow_in_pieces_too(system):
    system.base.policy = replace(system.base.policy, most_touches_at_once=0)
    said = told_of(system)
    assert len(said) == 2
    made = ask(system, "card.merge", id=CARD, other=OTHER)
    assert made["follow"]
    Follower(system.base).drain()
    (first,) = (deal for deal, fate in said.items() if fate == ("stays", None))
    assert deal_of(system, CARD) == first


def test_the_page_of_a_merge_says_it(system):
    joined, stays = (
        {"en": "nobody has accepted either of them", "ru": "обе ещё не приняты"},
        {"en": "Stays open", "ru": "Останется открытой"},
    )
    with client(system) as desk:

        def page(language):
            heads = {"Accept-Language": language}
            return desk.get(f"/cards/{CARD}/merge", params={"other": OTHER}, headers=heads).text

        for language in ("en", "ru"):
            assert joined[language] in (told := page(language))
            assert stays[language] not in told
        accept(system, CARD)
        for language in ("en", "ru"):
            assert joined[language] not in (told := page(language))
            assert told.count(stays[language]) == 2
            assert all(f"/deals/{deal_of(system, card)}" in told for card in (CARD, OTHER))


def test_a_merge_is_refused_once_a_deal_of_which_it_was_said_has_changed(system):
    """Else what was to become one stays two."""
    told = ask(system, "card.merge", id=CARD, other=OTHER, dry_run=True)["deals"]
    seen = {fate["deal"]: fate["version"] for fate in told}
    with client(system) as desk:
        desk.headers["Accept-Language"] = "en"
        page = desk.get(f"/cards/{CARD}/merge", params={"other": OTHER}).text
        form = page.partition('method="post"')[2]
        given = dict(re.findall(r'type="hidden" name="(\w+)" value="([^"]*)"', form))
        accept(system, OTHER)
        refused = desk.post(f"/cards/{CARD}/merge", data=given, headers=FROM_A_PAGE)
        assert (refused.status_code, "Deal moved to “Contact” · anna" in refused.text) == (
            409,
            True,
        )
        body = {"a": CARD, "b": OTHER, "deals": seen}
        by_api = desk.post("/api/v1/cards/merge", json=body)
        assert (by_api.status_code, by_api.json()["changes"][0]["what"]) == (409, "stage")
    assert told_of(system).keys() == seen.keys()  # they are two persons still


def test_a_decision_that_is_taken_says_nothing_of_it(system):
    assert "deals" not in ask(system, "card.merge", id=CARD, other=OTHER)
