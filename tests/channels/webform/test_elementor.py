"""Elementor Pro: docs/providers.md, 4.5, each rule by its name."""

from urllib.parse import parse_qsl, urlencode

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

ELEMENTOR = {"type": "elementor"}
FORM = "application/x-www-form-urlencoded"


@pytest.fixture
def advanced(recorded):
    return dict(parse_qsl(recorded("elementor_advanced")["request"]["body"]))


def test_advanced_data_is_read_by_type(tried, only_lead, identities):
    result = tried("elementor_advanced")
    lead = only_lead(result)
    assert result["response"]["status"] == 200
    assert identities(lead) == [("phone", "+79210000002", "claimed")]
    assert lead["identities"][0]["raw"] == "8 921 000 00 02"
    assert lead["campaign"] == {"landing": "https://wp.example/kontakty/"}
    assert lead["fields"] == {
        "remote_ip": "203.0.113.5",
        "form_id": "a1b2c3",
        "form_name": "Callback",
    }
    assert (lead["channel"], lead["kind"]) == ("elementor", "form")
    assert lead["occurred_at"] == "2026-02-01T10:00:30.000Z"


def test_simple_mode_is_read_by_labels(tried, only_lead, identities):
    lead = only_lead(tried("elementor_simple"))
    assert identities(lead) == [
        ("phone", "+79210000002", "claimed"),
        ("email", "lev@example.ru", "claimed"),
    ]
    assert lead["profile"] == {"name": "Лев"}
    assert lead["text"] == "Перезвоните"
    assert lead["campaign"] == {"utm_source": "vk", "landing": "https://wp.example/?utm_source=vk"}
    assert [c["purpose"] for c in lead["consents"]] == ["personal_data"]
    assert lead["fields"] == {
        "Какая услуга?": "Окна, двери",
        "form_id": "a1b2c3",
        "form_name": "Callback",
    }


def test_meta_may_be_missing(post, only_lead, advanced):
    body = {name: value for name, value in advanced.items() if not name.startswith("meta")}
    assert "campaign" not in only_lead(post(ELEMENTOR, body, FORM))


@pytest.mark.parametrize(
    ("kind", "title", "value", "found"),
    [
        ("email", "Куда ответить", "lev@example.ru", ("email", "lev@example.ru", "claimed")),
        ("tel", "Куда звонить", "8 921 000 00 09", ("phone", "+79210000009", "claimed")),
        ("text", "E-mail", "lev@example.ru", ("email", "lev@example.ru", "claimed")),
    ],
)
def test_type_tells_what_the_title_does_not(post, only_lead, identities, kind, title, value, found):
    body = {
        "fields[f1][id]": "f1",
        "fields[f1][type]": kind,
        "fields[f1][title]": title,
        "fields[f1][value]": value,
    }
    assert identities(only_lead(post(ELEMENTOR, body, FORM))) == [found]


def test_number_of_a_friend_is_a_field(post, only_lead):
    body = {
        "fields[f1][type]": "tel",
        "fields[f1][title]": "Телефон друга",
        "fields[f1][value]": "8 921 000 00 09",
    }
    lead = only_lead(post(ELEMENTOR, body, FORM))
    assert lead["identities"] == []
    assert lead["fields"] == {"Телефон друга": "8 921 000 00 09"}


def test_raw_value_stands_in_for_an_empty_value(post, only_lead):
    body = {"fields[up][title]": "План", "fields[up][raw_value]": "https://wp.example/p.pdf"}
    assert only_lead(post(ELEMENTOR, body, FORM))["fields"] == {"План": "https://wp.example/p.pdf"}


def test_textarea_is_the_text(post, only_lead):
    body = {
        "fields[m][type]": "textarea",
        "fields[m][title]": "Расскажите",
        "fields[m][value]": "О\nдоме",
    }
    assert only_lead(post(ELEMENTOR, body, FORM))["text"] == "О\nдоме"


def test_content_and_slot_are_the_key(post, only_lead, advanced):
    one, two = (only_lead(post(ELEMENTOR, advanced, FORM)) for _ in range(2))
    later = only_lead(post(ELEMENTOR, advanced, FORM, received_at="2026-02-01T10:05:00Z"))
    assert one["lead_id"] == one["event_id"] == two["event_id"]
    assert later["lead_id"] != one["lead_id"]


def test_nothing_but_the_path_is_secret(post, advanced):
    account = {**ELEMENTOR, "secret_path": "s3cret"}
    assert post(account, advanced, FORM, url="/in/site/s3cret")["outcome"] == "accepted"
    assert post(account, advanced, FORM)["response"]["status"] == 403


@settings(max_examples=80, deadline=None, suppress_health_check=list(HealthCheck))
@given(data=st.data())
def test_no_spoilt_delivery_is_a_fault(survives, advanced, data):
    names = st.sampled_from([*advanced, "fields", "fields[]", "meta", "meta[a]", "form", "a[b"])
    pairs = data.draw(st.dictionaries(names, st.text(max_size=12), max_size=8))
    body = urlencode({**advanced, **pairs}, errors="replace").encode()
    drawn = data.draw(st.one_of(st.just(body), st.binary(max_size=200)))
    headers = {"content-type": data.draw(st.sampled_from([FORM, "application/json", ""]))}
    survives({"name": "site", **ELEMENTOR}, drawn, headers=headers)
