"""The review page where one decision brings touches to several ended deals (SEMANTICS 7)."""

import re

import pytest
from support import desks
from support.desks import FROM_A_PAGE, feed, lead, opened

from leadlog.operations import run


def ask(system, name, **given):
    (told,) = run(system, name, given)
    return told


@pytest.fixture
def system(tmp_path):
    """Two customers whose mails were no longer theirs, and are again; they wrote meanwhile."""
    with opened(tmp_path) as system:
        for n in (1, 2):
            phone, mail = (kind(n) for kind in (phone_of, mail_of))
            feed(system, lead(n, phone), lead(10 + n, phone, mail, hour=10))
            (deal,) = ask(system, "card.show", id=f"phone:+7912000000{n}")["deals"]
            for action in ("accept", "won"):
                ask(system, "deal.command", id=deal["id"], action=action, actor=f"owner{n}")
        made = ask(system, "card.withdraw", rule="one form")
        for n in (1, 2):
            feed(system, lead(20 + n, mail_of(n), hour=12, kind="message", text=f"Снова {n}"))
        ask(system, "card.undo", decision=made["decision"], actor="борис")
        yield system


def phone_of(n):
    return "phone", f"+7912000000{n}", "claimed"


def mail_of(n):
    return "email", f"{n}@x.ru", "claimed"


@pytest.mark.parametrize(
    ("language", "several", "undone"),
    [
        ("en", "Touches for ended deals: 2", "Taken back"),
        ("ru", "Обращения к закрытым сделкам: 2", "Отменено"),
    ],
)
def test_one_item_tells_the_decision_and_leads_to_each_deal(system, language, several, undone):
    with desks.client(system) as desk:
        desk.headers["Accept-Language"] = language
        page = desk.get("/review").text
        assert page.count("<article") == 1
        assert several in page
        assert f"{undone} · борис" in page
        (each,) = re.findall(r'href="(/review\?of=[^"]+)"', page)
        page = desk.get(each).text
        assert page.count("<article") == 2
        assert all(f"Снова {n}" in page and f"owner{n}" in page for n in (1, 2))


def test_after_one_of_them_the_page_shows_the_others(system):
    with desks.client(system) as desk:
        (each,) = re.findall(r'href="(/review\?of=[^"]+)"', desk.get("/review").text)
        page = press(desk, desk.get(each).text, "accept")
        assert page.count("<article") == 1
        assert f'name="of" value="{each.partition("=")[2]}"' in page


def press(desk, page, verdict):
    """The first such button; gives the page behind it."""
    action, form = re.findall(
        rf'action="(/review/\w+/{verdict})"[^>]*>(.*?)</form>', page, re.DOTALL
    )[0]
    given = dict(re.findall(r'type="hidden" name="(\w+)" value="([^"]*)"', form))
    return desk.post(action, data=given, headers=FROM_A_PAGE).text


def test_all_of_it_is_left_with_its_deals_by_one_click_and_undone_by_another(system):
    with desks.client(system) as desk:
        page = press(desk, desk.get("/review").text, "refuse")
        assert page.count("<article") == 0
        given = dict(re.findall(r'type="hidden" name="(\w+)" value="([^"]*)"', page))
        page = desk.post("/review/undo", data=given, headers=FROM_A_PAGE).text
        assert page.count("<article") == 1
