"""A deal's page: what operators do with it, looked at first and taken back by one click."""

import html
import re

import pytest
from support.desks import FROM_A_PAGE, claimed, client, feed, lead, lead_id, opened

from leadlog.operations import run

CARD, OTHER = "phone:+79120000001", "email:anna@x.ru"


def ask(system, name, **given):
    (told,) = run(system, name, given)
    return told


@pytest.fixture
def apart(tmp_path):
    """Two persons with an accepted deal each; the first one's has a second touch."""
    with opened(tmp_path) as system:
        feed(
            system,
            lead(1, claimed(CARD), text="Кухня"),
            lead(2, claimed(OTHER), hour=10, channel="telegram", kind="message"),
            lead(3, claimed(CARD), hour=11, kind="message", text="И дверь"),
        )
        for card in (CARD, OTHER):
            ask(system, "deal.command", id=deals(system, card)[0], action="accept", actor="anna")
        yield system


@pytest.fixture
def system(apart):
    """The two are one person."""
    ask(apart, "card.merge", id=CARD, other=OTHER)
    return apart


@pytest.fixture
def desk(apart):
    with client(apart) as desk:
        desk.headers["Accept-Language"] = "en"
        yield desk


def deals(system, card=CARD):
    return [deal["id"] for deal in ask(system, "card.show", id=card)["deals"]]


def open_leads(system):
    """Of each open deal the touches, by number."""
    numbers = {lead_id(n): n for n in range(1, 9)}
    shown = ask(system, "card.show", id=CARD)["deals"]
    return {deal["id"]: [numbers[name] for name in deal["leads"]] for deal in shown}


def form(page, action):
    """The hidden fields of the form that posts there."""
    (found,) = re.findall(rf'<form[^>]*action="{action}"[^>]*>(.*?)</form>', page, re.DOTALL)
    hidden = re.findall(r'type="hidden" name="(\w+)" value="([^"]*)"', found)
    return {name: html.unescape(value) for name, value in hidden}


def press(desk, page, action, **given):
    """Fill in and send the form that posts there; gives the answer behind it."""
    return desk.post(action, data={**form(page, action), **given}, headers=FROM_A_PAGE)


def test_two_deals_are_looked_at_joined_and_put_back(system, desk):
    first, second = deals(system)
    page = desk.get(f"/deals/{second}").text
    (preview,) = re.findall(r'href="(/deals/[^"]*/join\?[^"]*)"', page)
    looked = desk.get(preview).text
    assert open_leads(system) == {first: [1, 3], second: [2]}
    assert re.search(rf"/deals/{second}.*goes into.*/deals/{first}", looked, re.DOTALL)
    joined = press(desk, looked, f"/deals/{second}/join", reason="one kitchen")
    assert open_leads(system) == {first: [1, 2, 3]}
    assert joined.url.path == f"/deals/{first}"
    assert all(told in joined.text for told in ("They are one deal now", "one kitchen"))
    given = form(joined.text.partition('role="status"')[2].partition("</div>")[0],
                 f"/deals/{first}/undo")  # fmt: skip
    undone = desk.post(f"/deals/{first}/undo", data=given, headers=FROM_A_PAGE).text
    assert "Taken back" in undone
    assert open_leads(system) == {first: [1, 3], second: [2]}


@pytest.mark.parametrize("moved", [0, 1], ids=["the one", "the other"])
def test_a_join_that_was_looked_at_is_refused_once_either_deal_has_changed(system, desk, moved):
    found = deals(system)
    looked = desk.get(f"/deals/{found[0]}/join", params={"other": found[1]}).text
    ask(system, "deal.command", id=found[moved], action="stage", stage="offer", actor="boris")
    refused = press(desk, looked, f"/deals/{found[0]}/join")
    assert (refused.status_code, "Deal moved to “Offer” · boris" in refused.text) == (409, True)
    assert f'href="/deals/{found[0]}"' in refused.text
    assert len(open_leads(system)) == 2


def test_a_joined_deal_is_taken_out_again_from_either_page(system, desk):
    first, second = deals(system)
    ask(system, "deal.join", id=first, other=second)
    for page in (first, second):
        assert f'href="/deals/{second}/split"' in desk.get(f"/deals/{page}").text
    assert f"lead={lead_id(2)}" not in desk.get(f"/deals/{first}").text  # it opened that deal
    looked = desk.get(f"/deals/{second}/split").text
    assert "Stands for itself again" in looked
    done = press(desk, looked, f"/deals/{second}/split", reason="two flats")
    assert "a deal of its own now" in done.text
    assert open_leads(system) == {first: [1, 3], second: [2]}


def test_a_touch_is_put_to_a_deal_of_its_own(system, desk):
    first, _ = deals(system)
    page = desk.get(f"/deals/{first}").text
    (preview,) = re.findall(r'href="(/deals/[^"]*/split\?[^"]*)"', page)
    assert preview.endswith(lead_id(3))  # not the touch that opened it
    looked = desk.get(preview).text
    assert "Is opened" in looked
    press(desk, looked, f"/deals/{first}/split", reason="a door")
    assert sorted(open_leads(system).values()) == [[1], [2], [3]]


def test_a_touch_of_a_deal_that_went_into_another_is_parted_as_it_was_seen_there(apart, desk):
    feed(apart, lead(4, claimed(OTHER), hour=12, kind="message", channel="telegram"))
    ask(apart, "card.merge", id=CARD, other=OTHER)
    first, second = deals(apart)
    assert open_leads(apart)[second] == [2, 4]
    ask(apart, "deal.join", id=first, other=second)
    looked = desk.get(f"/deals/{first}/split", params={"lead": lead_id(4)}).text
    ask(apart, "deal.command", id=first, action="stage", stage="measure", actor="boris")
    refused = press(desk, looked, f"/deals/{first}/split")
    assert (refused.status_code, "boris" in refused.text) == (409, True)
    looked = desk.get(f"/deals/{first}/split", params={"lead": lead_id(4)}).text
    assert press(desk, looked, f"/deals/{first}/split").status_code == 200
    assert sorted(open_leads(apart).values()) == [[1, 2, 3], [4]]


def test_a_deal_is_given_away_and_back_and_written_on(system, desk):
    first, _ = deals(system)
    page = desk.get(f"/deals/{first}").text
    given = press(desk, page, f"/deals/{first}/own", owner=" vera ")
    assert ask(system, "deal.show", id=first)["owner"] == "vera"
    undo = form(given.text.partition('role="status"')[2].partition("</div>")[0],
                f"/deals/{first}/own")  # fmt: skip
    desk.post(f"/deals/{first}/own", data=undo, headers=FROM_A_PAGE)
    assert ask(system, "deal.show", id=first)["owner"] == "anna"
    stale = press(desk, page, f"/deals/{first}/note", text="Перезвонить")
    assert (stale.status_code, "Owner of the deal: vera" in stale.text) == (409, True)
    page = desk.get(f"/deals/{first}").text
    written = press(desk, page, f"/deals/{first}/note", text="Перезвонить в среду")
    assert written.text.count("Перезвонить в среду") == 1
    assert "The note was written" in written.text


def test_an_owner_is_taken_off_by_an_empty_name(system, desk):
    first, _ = deals(system)
    page = desk.get(f"/deals/{first}").text
    press(desk, page, f"/deals/{first}/own", owner="")
    assert ask(system, "deal.show", id=first)["owner"] is None


def test_what_came_to_an_ended_deal_is_decided_about_on_its_page(system, desk):
    first, second = deals(system)
    for deal in (first, second):
        ask(system, "deal.command", id=deal, action="won", actor="anna")
    feed(system, lead(4, claimed(CARD), hour=12, kind="message"))
    ended = next(deal for deal, leads in open_leads(system).items() if 4 in leads)
    page = desk.get(f"/deals/{ended}").text
    assert "1 touch came after its end" in page
    done = press(desk, page, f"/deals/{ended}/anew")
    assert "A new deal was opened" in done.text
    undo = form(done.text.partition('role="status"')[2].partition("</div>")[0],
                f"/deals/{ended}/undo")  # fmt: skip
    page = desk.post(f"/deals/{ended}/undo", data=undo, headers=FROM_A_PAGE).text
    press(desk, page, f"/deals/{ended}/leave")
    assert "came after" not in desk.get(f"/deals/{ended}").text


def test_the_page_is_told_in_the_language_asked_for(system, desk):
    first, _ = deals(system)
    for language, told in (
        ("en", ("Timeline", "Other deals of this person", "To a deal of its own", "Owner")),
        ("ru", ("История", "Другие сделки этого человека", "В отдельную сделку", "Ответственный")),
    ):
        page = desk.get(f"/deals/{first}", headers={"Accept-Language": language}).text
        assert [word for word in told if word not in page] == []


def test_what_is_not_there_or_makes_no_sense_is_told(system, desk):
    first, _ = deals(system)
    nobodys = "00000000-0000-4000-8000-000000000000"
    found = {
        path: desk.get(f"/deals/{path}").status_code
        for path in (
            "no-id", nobodys, f"{first}/join", f"{first}/split", f"{first}/split?lead={nobodys}",
        )
    }  # fmt: skip
    assert list(found.values()) == [400, 404, 400, 409, 404], found
