"""The script for site owners in a real browser, against the real server, from another origin."""

import json
import os
import signal
from collections.abc import Iterator
from typing import Any
from uuid import uuid5

import pytest
from playwright.sync_api import Page, Request, Route, expect
from support.browser import NewPage
from support.deliveries import NAMESPACE
from support.leadlog_up import Leadlog
from support.shop import FORM, Shop
from support.waiting import wait_until

from leadlog.control import OperationFailed

HOME = "<!doctype html><html lang=ru><body>{script}<a href='/order'>Заказать</a></body></html>"
ORDER = "<!doctype html><html lang=ru><body>{form}{script}</body></html>"
ENGLISH = "<!doctype html><html lang=en><body>{form}{script}</body></html>"
THANKS = "Спасибо! Заявка принята."
PHONES = (f"+79210{number:06}" for number in range(1, 1000))
"""Everybody in these tests has a number of their own: they share a server."""


@pytest.fixture(scope="module")
def shop() -> Iterator[Shop]:
    with Shop() as shop:
        yield shop


def _settings(shop: Shop) -> str:
    return (
        f'[[accounts]]\ntype = "webform"\nname = "form"\n'
        f'origins = ["{shop.url}"]\nrequired = ["phone"]\n'
    )


@pytest.fixture(scope="module")
def leadlog(shop: Shop, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Leadlog]:
    folder = tmp_path_factory.mktemp("leadlog")
    with Leadlog(folder, settings=_settings(shop)) as leadlog:
        leadlog.start()
        yield leadlog


@pytest.fixture
def action(leadlog: Leadlog, shop: Shop) -> str:
    """The address of the form; the shop has its pages."""
    action = f"{leadlog.url}/in/form"
    shop.serve(action, {"/": HOME, "/order": ORDER, "/english": ENGLISH})
    return action


@pytest.fixture
def phone() -> str:
    return next(PHONES)


def card(leadlog: Leadlog, phone: str) -> dict[str, Any] | None:
    """The card with this number, if there is one."""
    try:
        (found,) = leadlog.asks("card.find", query=phone)
    except OperationFailed:
        return None
    return found


def the_card(leadlog: Leadlog, phone: str) -> dict[str, Any]:
    """The card with this number once there is one, with its timeline."""
    found = wait_until(lambda: card(leadlog, phone))
    (shown,) = leadlog.asks("card.show", id=found["id"])
    return shown


def fill(page: Page, phone: str, **fields: str) -> None:
    for name, value in {"name": "Инна", "phone": phone, **fields}.items():
        page.locator(f"[name={name}]").fill(value)


def send(page: Page) -> None:
    page.get_by_role("button", name="Отправить").click()


def queued(page: Page) -> list[dict[str, Any]]:
    """What lies in the browser, not yet known to have arrived."""
    kept = page.evaluate(
        "Object.keys(localStorage).filter(k => k.startsWith('leadlog.out.'))"
        ".map(k => localStorage[k])"
    )
    return [json.loads(item) for item in kept]


def posts_of(page: Page) -> list[Request]:
    """The requests with a form that the page has made so far; it grows."""
    made: list[Request] = []
    page.on("request", lambda request: made.append(request) if request.method == "POST" else None)
    return made


def lead_id_of(post: Request) -> str:
    """The lead that a post is about, worked out from its submission id (SEMANTICS 1.4)."""
    submission = json.loads(post.post_data)["submission_id"]
    return str(uuid5(NAMESPACE, f"webform/form/{submission}"))


def test_marks_of_the_landing_are_kept_over_pages(
    leadlog: Leadlog, shop: Shop, action: str, new_page: NewPage, phone: str
) -> None:
    page = new_page()
    page.goto(
        f"{shop.url}/?utm_source=yandex&utm_campaign=%D0%BE%D0%BA%D0%BD%D0%B0&yclid=17000000000000000001"
    )
    page.get_by_role("link").click()
    fill(page, phone)
    send(page)
    expect(page.get_by_text(THANKS)).to_be_visible()
    campaign = the_card(leadlog, phone)["campaign"]
    assert campaign["utm_source"] == "yandex"
    assert campaign["utm_campaign"] == "окна"
    assert campaign["yclid"] == "17000000000000000001"
    assert campaign["landing"].startswith(f"{shop.url}/?utm_source=yandex")


def test_coming_back_directly_keeps_what_brought_the_visitor(
    leadlog: Leadlog, shop: Shop, action: str, new_page: NewPage, phone: str
) -> None:
    page = new_page()
    page.goto(f"{shop.url}/?utm_source=yandex")
    page.goto(f"{shop.url}/order")
    fill(page, phone)
    send(page)
    expect(page.get_by_text(THANKS)).to_be_visible()
    assert the_card(leadlog, phone)["campaign"]["utm_source"] == "yandex"


def test_another_advertisement_begins_another_visit(
    leadlog: Leadlog, shop: Shop, action: str, new_page: NewPage, phone: str
) -> None:
    page = new_page()
    page.goto(f"{shop.url}/?utm_source=yandex&yclid=1")
    page.goto(f"{shop.url}/order?utm_source=vk")
    fill(page, phone)
    send(page)
    expect(page.get_by_text(THANKS)).to_be_visible()
    campaign = the_card(leadlog, phone)["campaign"]
    assert campaign["utm_source"] == "vk"
    assert "yclid" not in campaign


def test_a_browser_is_the_same_visitor_in_two_forms(
    leadlog: Leadlog, shop: Shop, action: str, new_page: NewPage, phone: str
) -> None:
    page = new_page()
    posts = posts_of(page)
    for _ in range(2):
        page.goto(f"{shop.url}/order")
        fill(page, phone)
        send(page)
        expect(page.get_by_text(THANKS)).to_be_visible()
    first, second = (json.loads(post.post_data) for post in posts)
    assert first["client_id"] == second["client_id"]
    assert first["submission_id"] != second["submission_id"]
    wait_until(lambda: len(the_card(leadlog, phone)["leads"]) == 2)


def test_without_consent_the_browser_remembers_nothing(
    shop: Shop, action: str, new_page: NewPage, phone: str
) -> None:
    shop.pages["/order"] = (
        ORDER.replace("{script}", "")
        .replace(
            "</body>", f'<script src="{action}/snippet.js" data-consent="ask"></script></body>'
        )
        .replace("{form}", FORM.format(action=action))
    )
    page = new_page()
    posts = posts_of(page)
    page.goto(f"{shop.url}/order?utm_source=vk")
    fill(page, phone)
    send(page)
    expect(page.get_by_text(THANKS)).to_be_visible()
    assert "client_id" not in json.loads(posts[0].post_data)
    assert json.loads(posts[0].post_data)["utm_source"] == "vk"
    assert page.evaluate("localStorage.length") == 0
    page.evaluate("leadlog.consent(true)")
    assert page.evaluate("'leadlog.visit' in localStorage")
    page.evaluate("leadlog.consent(false)")
    assert page.evaluate("Object.keys(localStorage)") == ["leadlog.consent"]


def test_a_form_is_sent_when_the_gateway_is_back(
    leadlog: Leadlog, shop: Shop, action: str, new_page: NewPage, phone: str
) -> None:
    page = new_page()
    posts = posts_of(page)
    page.goto(f"{shop.url}/order")
    fill(page, phone)
    leadlog.kill()
    send(page)
    expect(page.get_by_text("Связи нет. Заявка сохранена")).to_be_visible()
    assert len(queued(page)) == 1
    leadlog.start()
    page.evaluate("dispatchEvent(new Event('online'))")
    expect(page.get_by_text(THANKS)).to_be_visible()
    assert queued(page) == []
    assert the_card(leadlog, phone)["leads"] == [lead_id_of(posts[0])]
    assert len({post.post_data for post in posts}) == 1


def test_a_form_is_sent_at_the_next_visit(
    leadlog: Leadlog, shop: Shop, action: str, new_page: NewPage, phone: str
) -> None:
    page = new_page()
    page.context.route(f"{action}", lambda route: route.abort())
    page.goto(f"{shop.url}/order")
    fill(page, phone)
    send(page)
    expect(page.get_by_text("Связи нет. Заявка сохранена")).to_be_visible()
    page.close()
    again = page.context.new_page()
    again.context.unroute(f"{action}")
    again.goto(shop.url)
    wait_until(lambda: queued(again) == [])
    assert len(the_card(leadlog, phone)["leads"]) == 1


def test_a_lost_answer_makes_no_second_lead(
    leadlog: Leadlog, shop: Shop, action: str, new_page: NewPage, phone: str
) -> None:
    page = new_page()
    answers = []

    def lose_the_first(route: Route) -> None:
        answers.append(route.fetch().status)
        route.abort() if len(answers) == 1 else route.continue_()

    page.route(action, lose_the_first)
    page.goto(f"{shop.url}/order")
    fill(page, phone)
    send(page)
    expect(page.get_by_text(THANKS)).to_be_visible()
    assert answers[0] == 202
    assert len(the_card(leadlog, phone)["leads"]) == 1
    assert [touch["type"] for touch in the_card(leadlog, phone)["timeline"]].count("touch") == 1


def test_a_double_click_is_one_lead(
    leadlog: Leadlog, shop: Shop, action: str, new_page: NewPage, phone: str
) -> None:
    page = new_page()
    posts = posts_of(page)
    page.goto(f"{shop.url}/order")
    fill(page, phone)
    page.get_by_role("button", name="Отправить").dblclick()
    expect(page.get_by_text(THANKS)).to_be_visible()
    assert len(posts) == 1
    assert len(the_card(leadlog, phone)["leads"]) == 1


def test_a_wrong_field_is_told_beside_it_and_the_corrected_form_is_the_same_submission(
    leadlog: Leadlog, shop: Shop, action: str, new_page: NewPage, phone: str
) -> None:
    page = new_page()
    posts = posts_of(page)
    page.goto(f"{shop.url}/order")
    fill(page, "12345", email="")
    send(page)
    field = page.locator("[name=phone]")
    expect(field).to_have_attribute("aria-invalid", "true")
    expect(field).to_be_focused()
    expect(page.locator("label:has([name=phone]) + .leadlog-error")).to_have_text(
        "Проверьте номер телефона"
    )
    field.fill(phone)
    expect(page.locator(".leadlog-error")).to_have_count(0)
    send(page)
    expect(page.get_by_text(THANKS)).to_be_visible()
    wrong, right = posts
    assert the_card(leadlog, phone)["leads"] == [lead_id_of(wrong)] == [lead_id_of(right)]


def test_a_missing_field_is_told_in_the_language_of_the_page(
    shop: Shop, action: str, new_page: NewPage
) -> None:
    page = new_page(locale="ru-RU")
    page.goto(f"{shop.url}/english")
    fill(page, "")
    send(page)
    expect(page.locator(".leadlog-error")).to_have_text("Please fill this in")


def test_what_was_found_wrong_later_is_shown_at_the_next_visit(
    leadlog: Leadlog, shop: Shop, action: str, new_page: NewPage, phone: str
) -> None:
    page = new_page()
    page.context.route(action, lambda route: route.abort())
    page.goto(f"{shop.url}/order")
    fill(page, "12345", message="после шести")
    send(page)
    expect(page.get_by_text("Связи нет. Заявка сохранена")).to_be_visible()
    page.goto("about:blank")
    page.context.unroute(action)
    page.goto(f"{shop.url}/order")
    expect(page.locator(".leadlog-error")).to_have_text("Проверьте номер телефона")
    expect(page.locator("[name=message]")).to_have_value("после шести")
    page.locator("[name=phone]").fill(phone)
    send(page)
    expect(page.get_by_text(THANKS)).to_be_visible()
    assert queued(page) == []
    assert len(the_card(leadlog, phone)["leads"]) == 1


def test_a_robot_is_thanked_and_makes_no_lead(
    leadlog: Leadlog, shop: Shop, action: str, new_page: NewPage, phone: str
) -> None:
    page = new_page()
    page.goto(f"{shop.url}/order")
    fill(page, phone)
    expect(page.locator("[name=_gotcha]")).not_to_be_in_viewport()
    page.evaluate("document.querySelector('[name=_gotcha]').value = 'https://spam.example'")
    send(page)
    expect(page.get_by_text(THANKS)).to_be_visible()
    person = next(PHONES)
    page.goto(f"{shop.url}/order")
    fill(page, person)
    send(page)
    the_card(leadlog, person)  # came after the robot, and is there
    assert card(leadlog, phone) is None


def test_a_page_that_is_left_while_it_sends_loses_nothing(
    leadlog: Leadlog, shop: Shop, action: str, new_page: NewPage, phone: str
) -> None:
    page = new_page()
    page.goto(f"{shop.url}/order")
    fill(page, phone)
    with page.expect_request(action):
        os.kill(leadlog.process.pid, signal.SIGSTOP)  # it takes the connection, and says nothing
        send(page)
    page.goto(shop.url, wait_until="commit")
    os.kill(leadlog.process.pid, signal.SIGCONT)
    wait_until(lambda: queued(page) == [])
    assert len(the_card(leadlog, phone)["leads"]) == 1


def test_a_page_that_is_left_before_the_next_try_sends_a_beacon(
    leadlog: Leadlog, shop: Shop, action: str, new_page: NewPage, phone: str
) -> None:
    page = new_page()
    page.add_init_script("Math.random = () => 60")  # the next try is a minute away
    page.route(action, lambda route: route.abort())
    page.goto(f"{shop.url}/order")
    fill(page, phone)
    send(page)
    expect(page.get_by_text("Связи нет. Заявка сохранена")).to_be_visible()
    page.unroute(action)
    page.goto("about:blank")
    assert len(the_card(leadlog, phone)["leads"]) == 1


def test_a_browser_that_stores_nothing_sends_all_the_same(
    leadlog: Leadlog, shop: Shop, action: str, new_page: NewPage, phone: str
) -> None:
    page = new_page()
    page.add_init_script(
        "for (const [of, name] of [[window, 'localStorage'], [window, 'sessionStorage'],"
        " [Document.prototype, 'cookie']]) Object.defineProperty(of, name,"
        " {get() { throw new DOMException('denied', 'SecurityError') }})"
    )
    page.goto(f"{shop.url}/order?utm_source=vk")
    fill(page, phone)
    send(page)
    expect(page.get_by_text(THANKS)).to_be_visible()
    assert the_card(leadlog, phone)["campaign"]["utm_source"] == "vk"


def test_what_others_wrote_into_the_storage_does_no_harm(
    leadlog: Leadlog, shop: Shop, action: str, new_page: NewPage, phone: str
) -> None:
    page = new_page()
    page.goto(shop.url)
    page.evaluate(
        "localStorage['leadlog.visit'] = '7'; localStorage['leadlog.visitor'] = '{';"
        "localStorage['leadlog.out.x'] = '[1]'; localStorage['leadlog.out.y'] = 'no';"
    )
    page.goto(f"{shop.url}/order")
    fill(page, phone)
    send(page)
    expect(page.get_by_text(THANKS)).to_be_visible()
    assert len(the_card(leadlog, phone)["leads"]) == 1


@pytest.mark.parametrize("with_script", [True, False])
def test_a_page_in_windows_1251_sends_its_letters(
    leadlog: Leadlog, shop: Shop, action: str, new_page: NewPage, phone: str, *, with_script: bool
) -> None:
    old = ORDER.replace("<html lang=ru>", "<html lang=ru><meta charset=windows-1251>")
    shop.serve(action, {"/order": old})
    shop.pages["/order"] = str(shop.pages["/order"]).encode("cp1251")
    page = new_page(java_script_enabled=with_script)
    page.goto(f"{shop.url}/order")
    fill(page, phone, name="Ёлкина")
    send(page)
    assert the_card(leadlog, phone)["profile"]["name"] == "Ёлкина"


def test_without_scripts_the_browser_posts_the_form(
    leadlog: Leadlog, shop: Shop, action: str, new_page: NewPage, phone: str
) -> None:
    page = new_page(java_script_enabled=False, locale="ru-RU")
    page.goto(f"{shop.url}/order")
    fill(page, "12345")
    send(page)
    expect(page.get_by_text("phone: такого телефона не бывает")).to_be_visible()
    page.goto(f"{shop.url}/order")
    fill(page, phone)
    send(page)
    expect(page.get_by_text(THANKS)).to_be_visible()
    assert len(the_card(leadlog, phone)["leads"]) == 1


def test_a_site_that_is_no_origin_of_the_account_is_told_so(
    leadlog: Leadlog, shop: Shop, action: str, new_page: NewPage, phone: str
) -> None:
    page = new_page()
    said: list[str] = []
    page.on("console", lambda message: said.append(message.text))
    page.goto(f"{shop.url}/order".replace("127.0.0.1", "localhost"))
    fill(page, phone)
    send(page)
    assert len(the_card(leadlog, phone)["leads"]) == 1
    wait_until(lambda: page.evaluate("1") and any("`origins`" in text for text in said))


def test_a_strict_policy_of_the_site_needs_two_entries(
    leadlog: Leadlog, shop: Shop, action: str, new_page: NewPage, phone: str
) -> None:
    shop.headers["Content-Security-Policy"] = (
        f"default-src 'none'; script-src {leadlog.url}; connect-src {leadlog.url};"
        " require-trusted-types-for 'script'"
    )
    page = new_page()
    page.goto(f"{shop.url}/order")
    fill(page, phone)
    send(page)
    expect(page.get_by_text(THANKS)).to_be_visible()
    assert len(the_card(leadlog, phone)["leads"]) == 1


def test_a_file_goes_along(
    leadlog: Leadlog, shop: Shop, action: str, new_page: NewPage, phone: str
) -> None:
    shop.pages["/order"] = str(shop.pages["/order"]).replace(
        "<button>", '<input type="file" name="plan"><button>'
    )
    page = new_page()
    page.goto(f"{shop.url}/order")
    fill(page, phone)
    page.locator("[name=plan]").set_input_files(
        {"name": "план.png", "mimeType": "image/png", "buffer": b"\x89PNG" * 1000}
    )
    send(page)
    expect(page.get_by_text(THANKS)).to_be_visible()
    (touch,) = [t for t in the_card(leadlog, phone)["timeline"] if t["type"] == "touch"]
    assert touch["attachments"][0]["name"] == "план.png"
