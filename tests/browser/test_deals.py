"""Deals in operators' hands, in a real browser against the real server."""

from uuid import UUID

import httpx
import pytest
from playwright.sync_api import expect
from support.desks import claimed, lead, lead_id
from support.leadlog_up import Leadlog

from eventstore.told import text_id
from eventstore.touches import deal_id

CARD, OTHER = "phone:+79120000001", "email:anna@x.ru"
WIDE = "Ж" * 300
LEADS = (
    lead(1, claimed(CARD), profile={"name": "Анна Смирнова"}, text="Нужна кухня"),
    lead(2, claimed(OTHER), hour=10, channel="telegram", kind="message", text="Почём дверь?"),
    lead(3, claimed(CARD), hour=11, channel="telegram", kind="message", text=WIDE),
)


def deal(number):
    """The id of the deal that this lead opened."""
    return text_id(deal_id(UUID(lead_id(number)).bytes, "sales"))


FIRST, SECOND = deal(1), deal(2)


@pytest.fixture(scope="module")
def server(tmp_path_factory):
    """One person with two deals, both accepted."""
    folder = tmp_path_factory.mktemp("deals")
    feeding = folder / "leads.jsonl"
    feeding.write_text("\n".join(LEADS))
    with Leadlog(folder) as server:
        assert server.run("feed", str(feeding), "--wait").returncode == 0
        server.start()
        for path, body in (
            (f"deals/{FIRST}/accept", {"actor": "anna"}),
            (f"deals/{SECOND}/accept", {"actor": WIDE}),
            ("cards/merge", {"a": CARD, "b": OTHER, "reason": WIDE}),
        ):
            assert httpx.post(f"{server.url}/api/v1/{path}", json=body).is_success
        yield server


def test_two_deals_are_joined_after_a_look_and_undone_by_one_click(server, new_page):
    page = new_page(java_script_enabled=False)
    page.goto(f"{server.url}/cards/{CARD}")
    on_card = page.get_by_role("region", name="Deals")
    on_card.get_by_role("link", name="Join it with another").first.click()
    expect(page.get_by_role("listitem")).to_contain_text("They become one deal.")
    page.get_by_label("Why").fill("one kitchen")
    page.get_by_role("button", name="Yes, one deal").click()
    expect(page.get_by_role("status")).to_contain_text("They are one deal now.")
    others = page.get_by_role("region", name="Other deals of this person")
    expect(others).to_contain_text("went into this one")
    expect(page.get_by_role("region", name="Decisions")).to_contain_text("one kitchen")
    expect(page.get_by_text("Почём дверь?")).to_be_visible()

    page.get_by_role("link", name="Анна Смирнова").click()
    on_page = page.get_by_role("region", name="Decisions").locator(".decision")
    joined = on_page.filter(has_text="one kitchen")
    expect(joined).to_contain_text("Deals joined")
    joined.get_by_role("button", name="Undo").click()
    expect(page.get_by_role("status")).to_contain_text("Taken back")
    expect(on_card.locator(".deal")).to_have_count(2)


def test_a_touch_gets_a_deal_of_its_own_and_goes_back(server, new_page):
    page = new_page()
    page.goto(f"{server.url}/deals/{FIRST}")
    page.get_by_role("link", name="To a deal of its own").click()
    expect(page.get_by_role("listitem")).to_contain_text("Is opened")
    page.get_by_role("button", name="Yes, a deal of its own").click()
    expect(page.get_by_role("status")).to_contain_text("a deal of its own now")
    timeline = page.get_by_role("region", name="Timeline")
    expect(timeline.locator(".touch")).to_have_count(1)
    page.get_by_role("status").get_by_role("button", name="Undo").click()
    expect(timeline.locator(".touch")).to_have_count(2)


def test_a_deal_is_given_to_somebody_and_written_on(server, new_page):
    page = new_page()
    page.goto(f"{server.url}/deals/{FIRST}")
    late = new_page()
    late.goto(page.url)
    page.get_by_label("Owner").fill("vera")
    page.get_by_role("button", name="Give it").click()
    expect(page.get_by_text("owner: vera")).to_be_visible()
    page.get_by_role("status").get_by_role("button", name="Undo").click()
    expect(page.get_by_text("owner: anna")).to_be_visible()
    page.get_by_label("Note").fill("Перезвонить в среду\nпосле обеда")
    page.get_by_role("button", name="Write it down").click()
    timeline = page.get_by_role("region", name="Timeline")
    expect(timeline).to_contain_text("после обеда")

    late.get_by_label("Note").fill("Уже звонил")
    late.get_by_role("button", name="Write it down").click()
    expect(late.get_by_role("heading", level=1)).to_contain_text("409")
    expect(late.get_by_role("listitem").filter(has_text="Owner of the deal: vera")).to_be_visible()
    late.get_by_role("link", name="Back").click()
    expect(late).to_have_url(f"{server.url}/deals/{FIRST}")


def test_no_page_about_deals_is_wider_than_the_screen_or_writes_an_error(server, new_page):
    page, told = new_page(locale="ru-RU"), []
    page.on("console", lambda one: told.append(one.text) if one.type == "error" else None)
    deal = f"/deals/{SECOND}"
    for path in (deal, f"{deal}/join?other={FIRST}", f"/deals/{FIRST}", f"/cards/{CARD}"):
        assert page.goto(server.url + path).ok
        for width in (360, 1280):
            page.set_viewport_size({"width": width, "height": 740})
            assert page.evaluate("document.documentElement.scrollWidth") <= width, path
    assert told == []
