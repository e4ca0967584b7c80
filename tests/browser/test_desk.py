"""Operators at the desk, in a real browser against the real server."""

import re

import pytest
from playwright.sync_api import expect
from support.desks import TOKEN, lead, lead_id
from support.leadlog_up import Leadlog

NASTY = '<script>document.title="owned"</script><img src=x onerror=alert(1)>'
LEADS = (
    lead(1, ("phone", "+79120000001", "claimed"), ("email", "anna@x.ru", "claimed"),
         profile={"name": "Анна Смирнова"}, text="Нужна кухня", fields={"Бюджет": "до 200 тысяч"}),
    lead(2, ("telegram", "77", "attested"), hour=10, channel="telegram", kind="message",
         profile={"name": "Пётр Воробьёв"}, text="Сколько стоит?"),
    lead(3, ("vk", "5", "attested"), hour=11, channel="vk", kind="comment",
         profile={"name": NASTY}, text=NASTY, fields={NASTY: NASTY}, subject=NASTY),
    lead(4, ("whatsapp", "9", "claimed"), ("phone", "+79120000004", "claimed"),
         profile={"name": "Ольга"}),
    lead(5, ("phone", "+79120000005", "attested"), channel="mango", kind="call",
         call={"id": "c5", "line": "74950000100", "state": "ended", "talk_s": 68},
         fields={"location": "abonent"}),
    lead(6, ("max", "7", "attested"), channel="max", kind="message", text="Почём дверь?",
         profile={"name": "Роман"}),
    lead(8, ("telegram", "78", "attested"), text="у" * 900,
         profile={"name": "Ш" * 300}, fields={"вопрос" * 20: "ответ" * 60}),
    lead(9, ("phone", "+79120000077", "claimed"), profile={"name": "Ш" * 299}),
)  # fmt: skip
AFTERWARDS = lead(7, ("max", "7", "attested"), hour=14, channel="max", kind="message",
                  text="А можно ещё одну? Ж" + "у" * 150)  # fmt: skip
"""It comes once the deal is won, with a word wider than a telephone."""


def serve(folder, settings=""):
    server = Leadlog(folder, settings=settings)
    server.start()
    feeding = folder / "leads.jsonl"
    feeding.write_text("\n".join(LEADS))
    server.objects("feed", str(feeding), "--wait")
    ((deal,),) = [card["deals"] for card in server.objects("card", "show", "max:7")]
    for action in ("accept", "won"):
        server.objects("deal", action, deal["id"], "--as", "vera")
    feeding.write_text(AFTERWARDS)
    server.objects("feed", str(feeding), "--wait")
    return server


@pytest.fixture(scope="module")
def server(tmp_path_factory):
    with serve(tmp_path_factory.mktemp("desk")) as server:
        yield server


@pytest.fixture(scope="module")
def closed_server(tmp_path_factory):
    with serve(tmp_path_factory.mktemp("closed"), f'[desk]\ntoken = "{TOKEN}"\n') as server:
        yield server


def body_of(page) -> str:
    """What the page says once its scripts have told times by the clock on the wall."""
    page.wait_for_load_state()
    return page.locator("main").inner_text()


@pytest.mark.parametrize("scripts", [True, False], ids=["with scripts", "without scripts"])
def test_a_merge_by_mistake_is_undone_by_one_click(server, new_page, scripts):
    page = new_page(java_script_enabled=scripts)
    page.goto(f"{server.url}/cards")
    page.get_by_role("searchbox").fill("смирнва анна")
    page.get_by_role("searchbox").press("Enter")
    page.get_by_role("link", name="Анна Смирнова").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Анна Смирнова")
    before = body_of(page)

    page.get_by_label("Same person as").fill("воробьев")
    page.get_by_role("button", name="Preview").click()
    expect(
        page.get_by_text(re.compile("What changes: persons 2, deals 1, leads 1"))
    ).to_be_visible()
    page.get_by_role("button", name="Yes, one person").click()
    expect(page.get_by_role("status")).to_contain_text("They are one person now.")
    expect(page.get_by_text("Сколько стоит?")).to_be_visible()
    expect(page.get_by_role("heading", name="Decisions")).to_be_visible()

    page.get_by_role("status").get_by_role("button", name="Undo").click()
    expect(page.get_by_role("status")).to_contain_text("Taken back")
    page.goto(f"{server.url}/cards/phone:+79120000001")
    assert body_of(page) == before


def test_a_card_is_found_while_its_name_is_typed(server, new_page):
    page = new_page()
    page.goto(f"{server.url}/cards")
    page.get_by_role("searchbox").press_sequentially("vorobev")
    expect(page.get_by_role("listitem")).to_have_count(1)
    expect(page.get_by_role("link", name="Пётр Воробьёв")).to_be_visible()


def test_what_people_wrote_is_shown_as_text_and_never_run(server, new_page):
    page = new_page()
    for path in ("/cards", "/cards?query=script", "/cards/vk:5", "/cards/vk:5/merge?other=Анна"):
        page.goto(server.url + path)
        assert "owned" not in page.title() or "<script>" in page.title()
        expect(page.get_by_text(NASTY).first).to_be_visible()
        assert page.locator("main img, main script").count() == 0


def test_a_pair_is_refused_and_the_refusal_taken_back(server, new_page):
    page = new_page()
    page.goto(f"{server.url}/review")
    pair = page.get_by_role("article").filter(has_text="+7 912 000-00-04")
    expect(pair).to_contain_text("no rule links them")
    pair.get_by_role("button", name="Not the same").click()
    expect(page.get_by_role("status")).to_contain_text("They are two persons")
    expect(pair).to_have_count(0)
    page.get_by_role("status").get_by_role("button", name="Undo").click()
    expect(pair).to_have_count(1)


@pytest.mark.parametrize("place", ["queue", "card"])
def test_who_writes_to_an_ended_deal_is_left_there_or_gets_a_new_one(server, new_page, place):
    page = new_page()
    at = {"queue": "/review", "card": "/cards/max:7"}[place]
    page.goto(server.url + at)
    if place == "queue":
        page.get_by_label("Deals of").select_option("vera")
        page.get_by_role("button", name="Show").click()
        waits = page.get_by_role("article").filter(has_text="А можно ещё одну?")
        expect(page.get_by_role("article")).to_have_count(1)
        expect(waits).to_contain_text("after the deal was won")
    else:
        waits = page.get_by_role("region", name="Deals").locator(".deal").filter(has_text="Won")
        expect(waits).to_contain_text("1 touch came after its end")
    expect(waits).to_contain_text("owner: vera")
    for button, told in (
        ("Leave it with this deal", "It stays with its deal"),
        ("Open a new deal", "A new deal was opened"),
    ):
        waits.get_by_role("button", name=button).click()
        expect(page.get_by_role("status")).to_contain_text(told)
        expect(page.get_by_role("button", name=button)).to_have_count(0)
        if place == "card":
            badges = page.get_by_role("region", name="Deals").locator(".deal .badge.open")
            expect(badges).to_have_count(int(button == "Open a new deal"))
        page.get_by_role("status").get_by_role("button", name="Undo").click()
        expect(page.get_by_role("status")).to_contain_text("Taken back")
        page.goto(server.url + at)
        expect(waits.get_by_role("button", name=button)).to_be_visible()


def test_why_one_person_can_be_read_and_denied(server, new_page):
    page = new_page()
    page.goto(f"{server.url}/cards/email:anna@x.ru")
    why = page.get_by_role("region", name="Why one person")
    expect(why).to_contain_text("Rule “one form”")
    why.get_by_role("link", name=re.compile("Web form")).click()
    assert page.url.endswith(f"#lead-{lead_id(1)}")
    why.get_by_role("link", name="Not the same person").click()
    page.get_by_label("Why").fill("they are sisters")
    page.get_by_role("button", name="Not the same person").click()
    expect(page.get_by_role("status")).to_contain_text("two persons")
    decisions = page.get_by_role("region", name="Decisions")
    expect(decisions).to_contain_text("they are sisters")
    decisions.get_by_role("button", name="Undo").click()
    expect(page.get_by_role("region", name="Why one person")).to_contain_text("one form")


def test_a_deal_is_accepted_moved_and_lost_on_the_card(server, new_page):
    page = new_page()
    page.goto(f"{server.url}/cards/vk:5")
    deals = page.get_by_role("region", name="Deals")
    deals.get_by_text("Move on").click()
    deals.get_by_role("button", name="Accept").click()
    expect(page.get_by_role("status")).to_contain_text("The deal was moved")
    late = new_page()
    late.goto(f"{server.url}/cards/vk:5")
    deals.get_by_text("Move on").click()
    deals.get_by_label("Stage").select_option("offer")
    deals.get_by_role("button", name="Move", exact=True).click()
    expect(deals.locator(".badge")).to_have_text("Offer")

    late.get_by_role("region", name="Deals").get_by_text("Move on").click()
    late.get_by_role("button", name="Won").click()
    expect(late.get_by_role("heading", level=1)).to_contain_text("409")
    expect(late.get_by_text("Deal moved to “Offer”")).to_be_visible()

    deals.get_by_text("Move on").click()
    deals.locator("form[action$=lost]").get_by_label("Reason").select_option("price")
    deals.get_by_role("button", name="Lost").click()
    expect(page.get_by_text("Deal lost · price")).to_be_visible()


def test_an_identity_is_marked_as_shared_and_back(server, new_page):
    page = new_page()
    page.goto(f"{server.url}/cards/telegram:77")
    identities = page.get_by_role("region", name="Identities")
    identities.get_by_role("button", name="Mark as shared").click()
    expect(identities.get_by_text("shared", exact=True)).to_be_visible()
    page.get_by_role("status").get_by_role("button", name="Undo").click()
    expect(identities.get_by_text("shared", exact=True)).to_have_count(0)


def test_a_browser_that_speaks_russian_is_answered_in_russian(server, new_page):
    page = new_page(locale="ru-RU")
    page.goto(f"{server.url}/cards/telegram:77")
    for heading in ("История", "Контакты", "Почему это один человек", "Сделки"):
        expect(page.get_by_role("heading", name=heading)).to_be_visible()
    expect(page.get_by_role("link", name="Карточки")).to_be_visible()


PAGES = (
    "/", "/numbers", "/numbers?by=channel", "/cards", "/cards?query=анна",
    "/cards/phone:+79120000001", "/cards/phone:+79120000001/merge?other=telegram:77",
    "/cards/phone:+79120000001/unmerge?a=phone:%2B79120000001&b=email:anna@x.ru", "/review",
)  # fmt: skip


@pytest.mark.parametrize("locale", ["en-GB", "ru-RU"])
def test_no_page_writes_an_error_to_the_console(server, new_page, locale):
    page, told = new_page(locale=locale), []
    page.on("console", lambda one: told.append(one.text) if one.type == "error" else None)
    for path in PAGES:
        assert page.goto(server.url + path).ok, path
        page.wait_for_load_state("networkidle" if path != "/" else "load")
        if path.startswith("/numbers"):
            expect(page.locator("#plot svg").first).to_be_visible()
        assert told == [], path


def test_details_of_a_call_are_folded_with_it_and_are_no_answers(server, new_page):
    page = new_page()
    page.goto(f"{server.url}/cards/phone:+79120000005")
    expect(page.get_by_text("line +7 495 000-01-00 · spoke 1:08")).to_be_visible()
    expect(page.get_by_role("heading", name="Answers in forms")).to_have_count(0)
    expect(page.get_by_text("abonent")).to_be_hidden()
    page.get_by_text("Details").click()
    expect(page.get_by_text("abonent")).to_be_visible()


def test_an_operator_signs_in_and_is_brought_to_the_page_that_was_asked_for(
    closed_server, new_page
):
    page = new_page()
    page.goto(f"{closed_server.url}/cards/telegram:77")
    page.get_by_label("Token").fill("not the token at all")
    page.get_by_role("button", name="Sign in").click()
    expect(page.get_by_role("alert")).to_be_visible()
    page.get_by_label("Token").fill(TOKEN)
    page.get_by_label("Your name").fill("Вера")
    page.get_by_role("button", name="Sign in").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Пётр Воробьёв")
    page.get_by_role("button", name="Mark as shared").click()
    expect(page.get_by_role("region", name="Decisions")).to_contain_text("Вера")
    page.get_by_role("button", name="Sign out").click()
    page.goto(f"{closed_server.url}/cards")
    expect(page.get_by_label("Token")).to_be_visible()


@pytest.mark.parametrize("width", [360, 1280])
def test_nothing_is_wider_than_the_screen_whatever_people_wrote(server, new_page, width):
    page = new_page(viewport={"width": width, "height": 740})
    for path in ("/cards", "/cards/phone:+79120000001", "/cards/telegram:78", "/review"):
        page.goto(server.url + path)
        wide = page.evaluate("document.documentElement.scrollWidth")
        assert wide <= width, path


def test_a_long_question_leaves_room_for_its_answer(server, new_page):
    page = new_page(viewport={"width": 390, "height": 740})
    page.goto(f"{server.url}/cards/telegram:78")
    answer = page.get_by_role("region", name="Answers in forms").locator("dd").bounding_box()
    assert answer["width"] > 100


def test_a_number_is_read_in_one_line_beside_nothing_else(server, new_page):
    page = new_page(viewport={"width": 390, "height": 740})
    page.goto(f"{server.url}/review")
    numbers = page.locator(".suggestion .kind-phone b, .suggestion .kind-phone a")
    boxes = [one.bounding_box() for one in numbers.all()]
    assert boxes
    assert max(box["height"] for box in boxes) < 30
    signs = [one.bounding_box() for one in page.locator(".suggestion .sides .is").all()]
    assert not any(_meet(number, sign) for number in boxes for sign in signs)


def _meet(one, other) -> bool:
    return all(
        one[at] < other[at] + other[size] and other[at] < one[at] + one[size]
        for at, size in (("x", "width"), ("y", "height"))
    )
