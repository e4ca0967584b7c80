"""Marquiz: docs/providers.md, 4.3, each rule by its name."""

import json

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

MARQUIZ = {"type": "marquiz"}
FORM = "application/x-www-form-urlencoded"


@pytest.fixture
def sample(recorded):
    return json.loads(recorded("marquiz_lead")["request"]["body"])


def test_quiz_tells_person_answers_and_labels(tried, only_lead, identities):
    result = tried("marquiz_lead")
    lead = only_lead(result)
    assert result["response"]["status"] == 200
    assert identities(lead) == [
        ("phone", "+79210000001", "claimed"),
        ("visitor", "1700000000000000001", "claimed"),
    ]
    assert lead["profile"] == {"name": "Инна"}
    assert lead["fields"] == {
        "quiz.id": "64aa00000000000000000001",
        "quiz.name": "Дома",
        "Тип дома?": "Кирпич",
        "Этажи?": "1, 2",
    }
    assert lead["campaign"] == {
        "utm_source": "vk",
        "landing": "https://quiz.example/?utm_source=vk",
    }
    assert lead["occurred_at"] == "2026-02-01T10:00:00.000Z"
    assert (lead["channel"], lead["kind"]) == ("marquiz", "form")


def test_flat_form_of_a_connector_is_read(tried, only_lead, identities):
    lead = only_lead(tried("marquiz_flat"))
    assert identities(lead) == [("phone", "+79210000001", "claimed")]
    assert lead["campaign"] == {"utm_source": "vk", "utm_campaign": "doma"}
    assert lead["fields"] == {"quiz": "Тип дома: Кирпич", "source": "marquiz"}


def test_quiz_time_and_contact_are_the_key(post, only_lead, sample):
    one = only_lead(post(MARQUIZ, sample))
    two = only_lead(post(MARQUIZ, {**sample, "answers": []}, received_at="2026-02-05T10:00:00Z"))
    assert one["lead_id"] == one["event_id"] == two["event_id"]


@pytest.mark.parametrize(
    "change",
    [
        {"created": "2026-02-01T10:00:01.000Z"},
        {"quiz": {"id": "2"}},
        {"contacts": {"phone": "+79210000002"}},
    ],
)
def test_another_quiz_time_or_contact_is_another_lead(post, only_lead, sample, change):
    one, two = (only_lead(post(MARQUIZ, body)) for body in (sample, {**sample, **change}))
    assert one["lead_id"] != two["lead_id"]


def test_delivery_without_a_time_has_its_content_as_key(post, only_lead, sample):
    del sample["created"]
    one, two = (only_lead(post(MARQUIZ, sample)) for _ in range(2))
    later = only_lead(post(MARQUIZ, sample, received_at="2026-02-01T11:00:00Z"))
    assert one["event_id"] == two["event_id"] != later["event_id"]
    assert one["occurred_at"] == one["received_at"]


def test_messengers_of_the_contacts_are_claimed(post, only_lead, identities, sample):
    sample["contacts"] = {"whatsapp": "8 921 000 00 09", "telegram": "@Inna_K", "email": "I@a.ru"}
    del sample["extra"]
    assert identities(only_lead(post(MARQUIZ, sample))) == [
        ("whatsapp", "79210000009", "claimed"),
        ("phone", "+79210000009", "claimed"),
        ("telegram", "inna_k", "claimed"),
        ("email", "i@a.ru", "claimed"),
    ]


def test_address_in_an_answer_is_an_answer(post, only_lead, identities, sample):
    sample["answers"] = [{"q": "Телефон друга?", "a": "+79210000009"}]
    lead = only_lead(post(MARQUIZ, sample))
    assert lead["fields"]["Телефон друга?"] == "+79210000009"
    assert ("phone", "+79210000009", "claimed") not in identities(lead)


def test_cookies_may_be_text_and_foreign_ones_are_not_kept(
    post, only_lead, kept, identities, sample
):
    sample["extra"]["cookies"] = "sid=private; _ga=GA1.1.5.6"
    lead = only_lead(post(MARQUIZ, sample))
    assert ("visitor", "5.6", "claimed") in identities(lead)
    assert b"private" not in kept(lead)


@pytest.mark.parametrize("created", ["1999-01-01T00:00:00Z", "2031-01-01T00:00:00Z", "soon", 0])
def test_insane_time_gives_way_to_the_receipt(post, only_lead, sample, created):
    lead = only_lead(post(MARQUIZ, {**sample, "created": created}))
    assert lead["occurred_at"] == lead["received_at"]


def test_nothing_but_the_path_is_secret(post, sample):
    account = {**MARQUIZ, "secret_path": "s3cret"}
    assert post(account, sample, url="/in/site/s3cret")["outcome"] == "accepted"
    assert post(account, sample, url="/in/site/s3creT")["response"]["status"] == 403


def test_broken_json_is_quarantined(post):
    assert post(MARQUIZ, '{"contacts":')["reason"] == "broken_json"
    assert post(MARQUIZ, "[]")["reason"] == "wrong_type"


@settings(max_examples=80, deadline=None, suppress_health_check=list(HealthCheck))
@given(data=st.data())
def test_no_spoilt_delivery_is_a_fault(survives, spoilt, sample, data):
    body = data.draw(st.one_of(spoilt(sample).map(json.dumps), st.binary(max_size=200)))
    headers = {"content-type": data.draw(st.sampled_from([FORM, "application/json", ""]))}
    body = body if isinstance(body, bytes) else body.encode()
    survives({"name": "site", **MARQUIZ}, body, headers=headers)
