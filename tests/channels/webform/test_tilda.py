"""Tilda: docs/providers.md, 4.2, each rule by its name."""

import json

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

TILDA = {"type": "tilda"}
FORM = "application/x-www-form-urlencoded"
LEAD = {"Name": "Пётр", "Phone": "+7 (921) 000-11-22", "tranid": "1111111:2222222"}
OK = {"status": 200, "content_type": "text/plain; charset=utf-8", "body": "ok"}


def test_ping_is_answered_ok_and_is_no_lead(tried):
    result = tried("tilda_ping")
    assert result["response"] == OK
    assert (result["outcome"], result["reason"]) == ("ignored", "test")


def test_form_called_test_with_more_fields_is_a_lead(post, only_lead):
    assert only_lead(post(TILDA, {**LEAD, "test": "test"}, FORM))["fields"]["test"] == "test"


def test_lead_tells_person_labels_and_visitor(tried, only_lead, identities):
    result = tried("tilda_lead")
    lead = only_lead(result)
    assert result["response"] == OK
    assert identities(lead) == [
        ("phone", "+79210001122", "claimed"),
        ("visitor", "1700000000123456789", "claimed"),
        ("visitor", "111.222", "claimed"),
    ]
    assert lead["identities"][2]["raw"] == "GA1.2.111.222"
    assert (lead["channel"], lead["kind"], lead["direction"]) == ("tilda", "form", "in")
    assert lead["profile"] == {"name": "Пётр"}
    assert lead["text"] == "Нужен замер"
    assert lead["campaign"] == {
        "utm_source": "yandex",
        "utm_medium": "cpc",
        "utm_campaign": "okna_spb",
        "referrer": "site.example/okna",
    }
    assert lead["fields"] == {"tranid": "1111111:2222222", "formid": "form777"}
    assert lead["occurred_at"] == "2026-02-01T10:00:30.000Z"


def test_tranid_is_the_key_for_ever(post, only_lead):
    one = only_lead(post(TILDA, LEAD, FORM))
    two = only_lead(post(TILDA, LEAD, received_at="2026-03-01T10:00:00Z"))
    other = only_lead(post(TILDA, {**LEAD, "tranid": "1111111:3333333"}, FORM))
    assert one["lead_id"] == one["event_id"] == two["event_id"]
    assert other["lead_id"] != one["lead_id"]


def test_delivery_without_tranid_has_its_content_as_key(post, only_lead):
    body = {"Phone": "89210001122", "COOKIES": "session=private; _ga=GA1.1.3.4"}
    one, two = (only_lead(post(TILDA, body, FORM)) for _ in range(2))
    later = only_lead(post(TILDA, body, FORM, received_at="2026-02-01T10:06:00Z"))
    assert one["event_id"] == two["event_id"] != later["event_id"]


@pytest.mark.parametrize("name", ["Name", "name", "NAME", "Имя", "Ваше имя", "ФИО"])
def test_name_is_known_in_any_spelling(post, only_lead, name):
    assert only_lead(post(TILDA, {name: "Инна"}, FORM))["profile"] == {"name": "Инна"}


def test_input_that_holds_an_address_is_one(post, only_lead, identities):
    lead = only_lead(post(TILDA, {"Input": "inna@example.ru", "Input_2": "дом"}, FORM))
    assert identities(lead) == [("email", "inna@example.ru", "claimed")]
    assert lead["fields"] == {"Input_2": "дом"}


def test_only_allowed_cookies_are_kept(tried, only_lead, kept):
    lead = only_lead(tried("tilda_json"))
    assert b"very-private" not in kept(lead)
    assert b"GA1.1.333.444" in kept(lead)
    assert "very-private" not in json.dumps(lead, ensure_ascii=False)


def test_what_is_kept_reads_as_the_same_lead(post, only_lead, kept):
    body = {
        **LEAD,
        "COOKIES": "sid=private; TILDAUTM=utm_source%3Dvk; _ga=GA1.1.3.4; previousUrl=a",
    }
    lead = only_lead(post(TILDA, body, FORM))
    again = only_lead(post(TILDA, kept(lead), FORM))
    assert b"private" not in kept(lead)
    assert again == lead


def test_fields_win_over_cookies_and_those_over_pages(post, only_lead):
    body = {
        **LEAD,
        "utm_source": "field",
        "COOKIES": "TILDAUTM=utm_source%3Dcookie%7C%7C%7Cutm_medium%3Dcookie",
        "page": "https://a.ru/?utm_source=page&utm_medium=page&utm_campaign=page",
        "referer": "https://b.ru/?utm_campaign=ref&utm_term=ref",
    }
    campaign = only_lead(post(TILDA, body, FORM))["campaign"]
    told = [campaign[f"utm_{name}"] for name in ("source", "medium", "campaign", "term")]
    assert told == ["field", "cookie", "page", "ref"]


def test_unexpanded_macros_are_no_labels(post, only_lead):
    lead = only_lead(post(TILDA, {**LEAD, "utm_source": "{source}", "utm_term": "a|b"}, FORM))
    assert lead["campaign"] == {"utm_term": "a|b"}


def test_labels_encoded_twice_are_read(post, only_lead):
    cookie = "TILDAUTM=utm_term%3D%25D0%25BE%25D0%25BA%25D0%25BD%25D0%25B0"
    lead = only_lead(post(TILDA, {**LEAD, "COOKIES": cookie, "utm_campaign": "%D0%BE"}, FORM))
    assert lead["campaign"] == {"utm_term": "окна", "utm_campaign": "о"}


def test_order_in_brackets_reaches_the_deal(tried, only_lead):
    lead = only_lead(tried("tilda_order"))
    assert lead["kind"] == "order"
    assert lead["order"] == {
        "id": "1510001",
        "amount": "29000",
        "paid": True,
        "items": [{"name": "Шкаф", "quantity": "1", "price": "29000", "sku": "SH-1"}],
    }
    assert lead["fields"]["payment.promocode"] == "FEB"


def test_order_as_json_in_a_field_is_read(tried, only_lead, identities):
    lead = only_lead(tried("tilda_json"))
    assert lead["order"] == {
        "id": "5",
        "amount": "1200.50",
        "items": [{"name": "Стул - 1x1200.50"}],
    }
    assert ("email", "zamer@example.ru", "claimed") in identities(lead)


def test_payment_that_is_no_order_stays_a_field(post, only_lead):
    lead = only_lead(post(TILDA, {**LEAD, "payment": "наличными"}, FORM))
    assert lead["fields"]["payment"] == "наличными"
    assert lead["kind"] == "form"


@pytest.mark.parametrize(
    ("field", "headers", "more"),
    [
        ("", {"X-Api-Key": "t-key"}, {}),
        ("", {}, {"api_key": "t-key"}),
        ("X-Tilda", {"x-tilda": "t-key"}, {}),
        ("hook", {}, {"hook": "t-key"}),
    ],
)
def test_key_is_taken_where_the_owner_put_it(post, only_lead, kept, field, headers, more):
    account = {**TILDA, "api_key": "t-key", "api_key_field": field}
    lead = only_lead(post(account, {**LEAD, **more}, FORM, headers=headers))
    assert lead["fields"] == {"tranid": "1111111:2222222"}
    assert b"t-key" not in kept(lead)


@pytest.mark.parametrize(
    ("headers", "more", "status"),
    [({}, {}, 401), ({"X-Api-Key": "other"}, {}, 403), ({}, {"api_key": "t-kez"}, 403)],
)
def test_missing_key_is_401_and_wrong_key_is_403(post, headers, more, status):
    result = post({**TILDA, "api_key": "t-key"}, {**LEAD, **more}, FORM, headers=headers)
    assert (result["outcome"], result["response"]["status"]) == ("rejected", status)


def test_account_without_a_key_takes_any(post):
    assert post(TILDA, {**LEAD, "api_key": "x"}, FORM)["outcome"] == "accepted"


def test_secret_path_is_asked_for(post):
    account = {**TILDA, "secret_path": "s3cret"}
    assert post(account, LEAD, FORM, url="/in/site/s3cret")["outcome"] == "accepted"
    assert post(account, LEAD, FORM, url="/in/site")["response"]["status"] == 403


def test_broken_json_is_quarantined_and_answered_ok(post):
    result = post(TILDA, "{", "application/json")
    assert (result["outcome"], result["reason"]) == ("quarantined", "broken_json")
    assert result["response"] == OK


@settings(max_examples=80, deadline=None, suppress_health_check=list(HealthCheck))
@given(data=st.data())
def test_no_spoilt_delivery_is_a_fault(survives, spoilt, recorded, data):
    sample = json.loads(recorded("tilda_json")["request"]["body"])
    sample["payment"] = json.loads(sample["payment"])
    body = data.draw(st.one_of(spoilt(sample).map(json.dumps), st.binary(max_size=200)))
    headers = {"content-type": data.draw(st.sampled_from([FORM, "application/json", ""]))}
    body = body if isinstance(body, bytes) else body.encode()
    survives({"name": "site", **TILDA}, body, headers=headers)
