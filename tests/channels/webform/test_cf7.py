"""Contact Form 7: docs/providers.md, 4.5, each rule by its name."""

import json

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

CF7 = {"type": "cf7"}
FORM = "application/x-www-form-urlencoded"


@pytest.fixture
def sample(recorded):
    return json.loads(recorded("cf7_lead")["request"]["body"])


def test_tags_are_known_by_their_names(tried, only_lead, identities):
    result = tried("cf7_lead")
    lead = only_lead(result)
    assert result["response"]["status"] == 200
    assert identities(lead) == [
        ("email", "lev@example.ru", "claimed"),
        ("phone", "+79210000003", "claimed"),
    ]
    assert lead["profile"] == {"name": "Лев"}
    assert lead["text"] == "Перезвоните"
    assert lead["fields"] == {"menu-1": "Да", "_wpcf7": "5"}
    assert (lead["channel"], lead["kind"]) == ("cf7", "form")


def test_form_body_gives_the_same(post, only_lead, sample, identities):
    sample["menu-1[]"] = sample.pop("menu-1")
    lead = only_lead(post(CF7, sample, FORM))
    assert len(identities(lead)) == 2
    assert lead["fields"] == {"_wpcf7": "5", "menu-1": "Да"}


def test_subject_acceptance_and_second_number(post, only_lead, identities):
    body = {
        "your-subject": "Окна",
        "acceptance-7": "1",
        "tel-1": "89210000003",
        "tel-2": "+16502530000",
    }
    lead = only_lead(post(CF7, body))
    assert lead["subject"] == "Окна"
    assert [c["purpose"] for c in lead["consents"]] == ["personal_data"]
    assert [i[1] for i in identities(lead)] == ["+79210000003", "+16502530000"]


def test_nonces_and_captchas_are_no_fields(post, only_lead, kept, sample):
    more = {"_wpnonce": "n0nce", "g-recaptcha-response": "c4ptcha"}
    lead = only_lead(post(CF7, {**sample, **more}))
    assert set(lead["fields"]) == {"menu-1", "_wpcf7"}
    assert b"n0nce" not in kept(lead)
    assert b"c4ptcha" not in kept(lead)


def test_content_and_slot_are_the_key(post, only_lead, sample):
    one, two = (only_lead(post(CF7, sample)) for _ in range(2))
    later = only_lead(post(CF7, sample, received_at="2026-02-01T10:05:00Z"))
    other = only_lead(post(CF7, {**sample, "menu-1": ["Нет"]}))
    assert one["lead_id"] == one["event_id"] == two["event_id"]
    assert len({one["lead_id"], later["lead_id"], other["lead_id"]}) == 3


def test_nothing_but_the_path_is_secret(post, sample):
    account = {**CF7, "secret_path": "s3cret"}
    assert post(account, sample, url="/in/site/s3cret")["outcome"] == "accepted"
    assert post(account, sample)["response"]["status"] == 403


@settings(max_examples=80, deadline=None, suppress_health_check=list(HealthCheck))
@given(data=st.data())
def test_no_spoilt_delivery_is_a_fault(survives, spoilt, sample, data):
    body = data.draw(st.one_of(spoilt(sample).map(json.dumps), st.binary(max_size=200)))
    kinds = [FORM, "application/json", "multipart/form-data; boundary=X", ""]
    headers = {"content-type": data.draw(st.sampled_from(kinds))}
    body = body if isinstance(body, bytes) else body.encode()
    survives({"name": "site", **CF7}, body, headers=headers)
