"""Flexbe: docs/providers.md, 4.4, each rule by its name."""

import json
from urllib.parse import parse_qsl

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

FLEXBE = {"type": "flexbe"}
FORM = "application/x-www-form-urlencoded"
OK = {"status": 200, "content_type": "text/plain; charset=utf-8", "body": "ok"}


@pytest.fixture
def lead_form(recorded):
    return dict(parse_qsl(recorded("flexbe_lead")["request"]["body"]))


@pytest.fixture
def pay_form(recorded):
    return dict(parse_qsl(recorded("flexbe_pay")["request"]["body"]))


def test_lead_tells_person_page_and_form(tried, only_lead, identities):
    result = tried("flexbe_lead")
    lead = only_lead(result)
    assert result["response"] == OK
    assert identities(lead) == [("phone", "+79210000001", "claimed")]
    assert lead["profile"] == {"name": "Инна"}
    assert lead["campaign"] == {"utm_source": "yandex", "landing": "https://shop.example/"}
    assert lead["fields"] == {
        "num": "7",
        "status.code": "0",
        "form_name": "Заявка",
        "site.id": "100",
        "site.domain": "shop.example",
    }
    assert lead["occurred_at"] == "2025-01-01T00:11:40.000Z"
    assert (lead["channel"], lead["kind"], lead["amends"]) == ("flexbe", "form", False)


def test_payment_amends_the_lead_that_it_pays(tried, only_lead):
    lead, paid = only_lead(tried("flexbe_lead")), only_lead(tried("flexbe_pay"))
    assert paid["lead_id"] == lead["lead_id"]
    assert paid["event_id"] != lead["event_id"]
    assert (paid["amends"], paid["kind"]) == (True, "order")
    assert paid["order"] == {"id": "9", "amount": "1500.00", "paid": True}
    assert paid["fields"] == {"pay.desc": "Заказ 7", "site.id": "100"}
    assert paid["occurred_at"] == "2025-01-01T00:13:20.000Z"


@pytest.mark.parametrize(
    ("status", "paid"), [("0", False), ("1", False), ("2", True), ("3", False)]
)
def test_each_state_of_a_payment_is_an_event(post, only_lead, pay_form, status, paid):
    done = only_lead(post(FLEXBE, pay_form, FORM))
    other = only_lead(post(FLEXBE, {**pay_form, "data[pay][status][code]": status}, FORM))
    assert other["order"]["paid"] is paid
    assert (other["event_id"] == done["event_id"]) is (status == "2")


def test_test_payment_is_ignored(post, pay_form):
    result = post(FLEXBE, {**pay_form, "data[pay][test]": "1"}, FORM)
    assert (result["outcome"], result["reason"], result["response"]) == ("ignored", "test", OK)


def test_repeat_is_the_same_event_for_ever(post, only_lead, lead_form):
    one = only_lead(post(FLEXBE, lead_form, FORM))
    two = only_lead(post(FLEXBE, lead_form, FORM, received_at="2026-03-01T10:00:00Z"))
    assert one["event_id"] == two["event_id"]


@pytest.mark.parametrize("part", ["site[id]", "data[id]"])
def test_site_and_number_are_the_key(post, only_lead, lead_form, part):
    one = only_lead(post(FLEXBE, lead_form, FORM))
    assert only_lead(post(FLEXBE, {**lead_form, part: "8"}, FORM))["lead_id"] != one["lead_id"]


def test_fields_of_the_form_are_read_by_type_and_name(post, only_lead, identities, lead_form):
    form = {
        "data[form_data][a1][name]": "Ваш номер",
        "data[form_data][a1][type]": "phone",
        "data[form_data][a1][value]": "8 921 000-00-09",
        "data[form_data][a2][name]": "Что нужно?",
        "data[form_data][a2][type]": "textarea",
        "data[form_data][a2][value]": "Забор",
        "data[form_data][a3][name]": "Длина",
        "data[form_data][a3][value]": "20 м",
        "data[utm][ga_client_id]": "111.222",
        "data[utm][url]": "https://shop.example/?x=1",
    }
    lead = only_lead(post(FLEXBE, {**lead_form, **form}, FORM))
    assert ("phone", "+79210000009", "claimed") in identities(lead)
    assert ("visitor", "111.222", "claimed") in identities(lead)
    assert lead["text"] == "Забор"
    assert lead["fields"]["Длина"] == "20 м"


def test_unknown_event_is_ignored(post, lead_form):
    result = post(FLEXBE, {**lead_form, "event": "visit"}, FORM)
    assert (result["outcome"], result["reason"], result["response"]) == (
        "ignored",
        "unknown_kind",
        OK,
    )


def test_delivery_without_data_is_quarantined_and_answered_ok(post):
    result = post(FLEXBE, {"event": "lead", "site[id]": "1", "data": "x"}, FORM)
    assert (result["outcome"], result["reason"]) == ("quarantined", "missing_field")
    assert result["response"] == OK


def test_json_with_the_same_names_is_read(post, only_lead, tried):
    body = {
        "event": "lead",
        "site": {"id": 100},
        "data": {"id": 77, "client": {"phone": "+79210000001"}},
    }
    assert only_lead(post(FLEXBE, body))["lead_id"] == only_lead(tried("flexbe_lead"))["lead_id"]


def test_nothing_but_the_path_is_secret(post, lead_form):
    account = {**FLEXBE, "secret_path": "s3cret"}
    assert post(account, lead_form, FORM, url="/in/site/s3cret")["outcome"] == "accepted"
    assert post(account, lead_form, FORM)["response"]["status"] == 403


@settings(max_examples=80, deadline=None, suppress_health_check=list(HealthCheck))
@given(data=st.data())
def test_no_spoilt_delivery_is_a_fault(survives, spoilt, pay_form, data):
    names = st.sampled_from([*pay_form, "data", "data[]", "data[pay]", "data[form_data][a][value]"])
    pairs = data.draw(st.dictionaries(names, st.text(max_size=12), max_size=12))
    body = "&".join(f"{name}={value}" for name, value in {**pay_form, **pairs}.items())
    drawn = data.draw(st.one_of(st.just(body.encode("utf-8", "replace")), st.binary(max_size=200)))
    survives({"name": "site", **FLEXBE}, drawn, headers={"content-type": FORM})
    tree = {"event": "pay", "site": {"id": 1}, "data": {"id": 2, "pay": {"id": 3, "status": {}}}}
    spoilt_json = data.draw(spoilt(tree))
    headers = {"content-type": "application/json"}
    survives({"name": "site", **FLEXBE}, json.dumps(spoilt_json).encode(), headers=headers)
