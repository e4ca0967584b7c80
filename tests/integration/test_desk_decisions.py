"""Decisions on the pages of cards: on the card as it was seen, each one click from its undo."""

import html
import re
from contextlib import suppress
from dataclasses import replace
from uuid import uuid4

import pytest
from support import desks
from support.desks import FROM_A_PAGE, feed, lead, opened

from eventstore.evidence import Selection, select
from eventstore.orders import order
from eventstore.rows import Pending
from eventstore.versions import STREAM
from leadlog.control import OperationFailed
from leadlog.operations import run

A, B, MAIL = "phone:+79120000001", "telegram:77", "email:a@x.ru"


@pytest.fixture
def system(tmp_path):
    with opened(tmp_path) as system:
        feed(
            system,
            lead(1, ("phone", "+79120000001", "claimed"), ("email", "a@x.ru", "claimed")),
            lead(2, ("telegram", "77", "attested"), hour=10),
        )
        yield system


@pytest.fixture
def desk(system):
    with desks.client(system) as desk:
        yield desk


def merge(system, **how):
    (told,) = run(system, "card.merge", {"id": A, "other": B, "actor": "борис", **how})
    return told


def fields(page: str, action: str) -> dict[str, str]:
    """The hidden fields of the form that posts there."""
    start = rf'<form[^>]*method="post" action="[^"]*{action}"[^>]*>'
    form = re.findall(rf"{start}(.*?)</form>", page, re.DOTALL)[0]
    return dict(re.findall(r'type="hidden" name="(\w+)" value="([^"]*)"', form))


@pytest.mark.parametrize(
    ("language", "told"), [("ru", "Один человек · борис"), ("en", "One person · борис")]
)
def test_a_button_of_a_page_that_is_old_does_nothing_and_says_what_changed(
    system, desk, language, told
):
    given = fields(desk.get(f"/cards/{A}").text, "/share")
    merge(system)
    heads = {**FROM_A_PAGE, "Accept-Language": language}
    page = desk.post(f"/cards/{A}/share", data=given, headers=heads)
    assert page.status_code == 409
    assert told in page.text
    assert "changed since version" not in page.text
    (card,) = run(system, "card.show", {"id": A})
    assert not any(leaf["shared"] for leaf in card["leaves"])
    anew = fields(desk.get(f"/cards/{A}").text, "/share")
    assert desk.post(f"/cards/{A}/share", data=anew, headers=FROM_A_PAGE).status_code == 200


@pytest.mark.parametrize(
    ("language", "refused", "nobody"),
    [
        ("ru", "Сделка закрыта (Отклонена)", "Нет карточки «phone:+79990000000»"),
        ("en", "the deal is Declined; reopen it first", "no card &#39;phone:+79990000000&#39;"),
    ],
)
def test_a_refusal_is_told_in_the_language_of_the_page(desk, language, refused, nobody):
    page = desk.get(f"/cards/{A}").text
    (deal,) = re.findall(r"/deals/([-0-9a-f]+)/accept", page)
    heads = {**FROM_A_PAGE, "Accept-Language": language}
    given = {**fields(page, "/accept"), "reason": "price"}
    assert (
        desk.post(f"/cards/{A}/deals/{deal}/decline", data=given, headers=heads).status_code == 200
    )
    again = given | {"command": str(uuid4()), "version": "2"}
    answer = desk.post(f"/cards/{A}/deals/{deal}/decline", data=again, headers=heads)
    assert (answer.status_code, refused in answer.text) == (409, True)
    assert nobody in desk.get("/cards/phone:+79990000000", headers=heads).text


def test_a_merge_that_was_looked_at_first_is_refused_once_a_card_has_changed(system, desk):
    given = fields(desk.get(f"/cards/{A}/merge", params={"other": B}).text, "/merge")
    run_all(system, "card.unmerge", {"id": MAIL, "other": B})
    answer = desk.post(f"/cards/{A}/merge", data=given, headers=FROM_A_PAGE)
    assert answer.status_code == 409


def test_a_deal_that_was_moved_meanwhile_is_told_on_the_page(system, desk):
    page = desk.get(f"/cards/{A}").text
    given = fields(page, "/accept")
    (deal,) = re.findall(r"/deals/([-0-9a-f]+)/accept", page)
    run_all(system, "deal.command", {"action": "accept", "id": deal, "actor": "vera"})
    path = f"/cards/{A}/deals/{deal}/accept"
    stale = desk.post(path, data=given, headers={**FROM_A_PAGE, "Accept-Language": "ru"})
    assert (stale.status_code, "vera" in stale.text) == (409, True)
    assert "Сделка" in stale.text


def test_a_form_that_was_sent_with_something_else_in_it_is_refused(system, desk):
    given = fields(desk.get(f"/cards/{A}").text, "/share")
    assert desk.post(f"/cards/{A}/share", data=given, headers=FROM_A_PAGE).status_code == 200
    other = {**given, "identity": B, "version": ""}
    heads = {**FROM_A_PAGE, "Accept-Language": "ru"}
    again = desk.post(f"/cards/{A}/share", data=other, headers=heads)
    assert (again.status_code, "Эта форма уже отправлялась" in again.text) == (409, True)


def test_a_withdrawal_by_query_stands_on_the_cards_it_concerns_with_its_undo(system, desk):
    (told,) = run(system, "card.withdraw", {"rule": "one form", "actor": "anna", "reason": "test"})
    for card in (A, MAIL):
        (shown,) = run(system, "card.show", {"id": card})
        (entry,) = (entry for entry in shown["timeline"] if entry["type"] == "decision")
        named = (entry["decision"], entry["what"], entry["actor"], entry["reason"])
        assert named == (told["decision"], "withdraw", "anna", "test")
    (why,) = run(system, "card.explain", {"id": A, "other": MAIL})
    (held,) = why["withdrawn"]
    assert ({held["a"], held["b"]}, held["decision"]) == ({A, MAIL}, told["decision"])
    page = desk.get(f"/cards/{A}", headers={"Accept-Language": "en"}).text
    assert "Evidence withdrawn" in page
    given = fields(page, "/undo")
    assert given["decision"] == told["decision"]
    desk.post(f"/cards/{A}/undo", data=given, headers=FROM_A_PAGE)
    (card,) = run(system, "card.show", {"id": A})
    assert len(card["leaves"]) == 2
    assert all(entry["type"] != "decision" for entry in card["timeline"])


@pytest.mark.parametrize(
    ("language", "told"),
    [("ru", "готово 1 из 2"), ("en", "1 of 2 links are done"), ("ru", "готово карточек 0 из 9")],
)
def test_a_card_says_what_is_still_carried_out_that_concerns_it(system, desk, language, told):
    feed(system, lead(3, ("phone", "+79120000001", "claimed"), ("email", "b@x.ru", "claimed")))
    system.base.policy = replace(system.base.policy, most_items_at_once=1)

    def killed(*far):
        raise KeyboardInterrupt(far)

    evidence = select(system.base, Selection(rule="one form"))
    with suppress(KeyboardInterrupt):
        system.card_commands.withdraw(evidence, order("anna"), progress=killed)
    begun = Pending("rematch", 0, 9)
    system.base.attempt(lambda work: work.put_pending(STREAM, begun))
    assert told in desk.get(f"/cards/{MAIL}", headers={"Accept-Language": language}).text


def test_the_command_line_is_refused_in_words(system):
    (seen,) = run(system, "card.show", {"id": A})
    merge(system)
    with pytest.raises(OperationFailed, match=r"changed since version \d+: merge .* by борис at"):
        run_all(
            system,
            "card.mark",
            {"id": A, "shared": True, "card_version": seen["version"], "command": str(uuid4())},
        )


def test_a_version_without_cards_is_a_wrong_call(system):
    with pytest.raises(OperationFailed, match="a version is that of cards") as refused:
        run_all(system, "card.withdraw", {"rule": "one form", "card_version": 1})
    assert refused.value.status == 2


def run_all(system, name, arguments):
    return list(run(system, name, arguments))


def test_a_long_timeline_is_read_page_by_page(system, desk):
    feed(system, *(lead(n, ("telegram", "77", "attested"), hour=11) for n in range(10, 230)))
    seen, path = [], f"/cards/{B}"
    while path:
        page = desk.get(path, headers={"Accept-Language": "en"})
        assert page.status_code == 200
        seen.append(re.findall(r'id="lead-([-0-9a-f]+)"', page.text))
        older = re.findall(r'href="([^"]*\?before=[^"#]*)#h-timeline"', page.text)
        path = html.unescape(older[0]) if older else ""
    assert [len(leads) for leads in seen] == [100, 100, 21]
    (shown,) = run(system, "card.show", {"id": B})
    assert [lead for leads in seen for lead in leads] == shown["leads"][::-1]
    api = desk.get(f"/api/v1/cards/{B}", params={"limit": "5"}).json()
    assert (len(api["leads"]), api["older"]["touches"]) == (5, 216)
    assert desk.get(f"/api/v1/cards/{B}", params={"limit": "5", "before": "x"}).status_code == 400


def test_a_deal_that_is_moved_keeps_its_orders_amount_as_the_orders(system, desk):
    """Where it was only shown on the page, the order's next word counts (SEMANTICS 3.6)."""
    feed(system, ordered(9, "990.00"))
    (card,) = run(system, "card.show", {"id": B})
    (deal,) = card["deals"]
    run_all(system, "deal.command", {"id": deal["id"], "action": "accept"})
    page = desk.get(f"/cards/{B}").text
    assert "990.00" in page
    typed = re.findall(r'name="amount"[^>]*\svalue="([^"]*)"', page)
    moved = fields(page, "/stage") | {"stage": "contract", "amount": "".join(typed[:1])}
    path = f"/cards/{B}/deals/{deal['id']}/stage"
    assert desk.post(path, data=moved, headers=FROM_A_PAGE).status_code == 200
    feed(system, ordered(10, "1200.00", hour=12))
    (card,) = run(system, "card.show", {"id": B})
    assert [(one["stage"], one["amount"]) for one in card["deals"]] == [("contract", "1200.00")]


def ordered(number, amount, *, hour=11):
    order = {"amount": amount, "currency": "RUB"}
    return lead(number, ("telegram", "77", "attested"), hour=hour, kind="order", order=order)


def test_what_a_veto_cuts_is_named_before_it_is_said(system, desk):
    heads = {"Accept-Language": "ru"}
    page = desk.get(f"/cards/{A}/unmerge", params={"a": A, "b": MAIL}, headers=heads).text
    told = page[page.index("Связи, которые разорвутся") :]
    assert "a@x.ru" in told
    assert "Правило" in told
    path = "/api/v1/cards/unmerge"
    answer = desk.post(path, json={"a": A, "b": MAIL, "dry_run": True}, headers=FROM_A_PAGE)
    (cut,) = answer.json()["cuts"]
    assert ({cut["a"], cut["b"]}, cut["rule"]) == ({A, MAIL}, "one form")
    assert (
        desk.post(path, json={"a": A, "b": B, "dry_run": True}, headers=FROM_A_PAGE).json()["cuts"]
        == []
    )


@pytest.mark.parametrize(
    ("action", "given"),
    [("won", {}), ("lost", {"reason": "price"}), ("decline", {"reason": "spam"})],
)
def test_a_deal_that_was_closed_by_mistake_goes_on_where_it_stood(system, desk, action, given):
    (before,) = deals_of(system, B)
    end = {"id": before["id"], "action": action, **given}
    run_all(system, "deal.command", end)
    again = fields(desk.get(f"/cards/{B}").text, "/reopen")
    path = f"/cards/{B}/deals/{before['id']}/reopen"
    assert desk.post(path, data=again, headers=FROM_A_PAGE).status_code == 200
    assert deals_of(system, B) == [before]
    assert "/reopen" not in desk.get(f"/cards/{B}").text


def deals_of(system, card):
    (shown,) = run(system, "card.show", {"id": card})
    return shown["deals"]
