"""Google Ads lead forms: docs/providers.md, 4.6, each rule by its name."""

import json

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

ADS = {"type": "google_ads", "google_key": "goog-key"}
DONE = {"status": 200, "content_type": "application/json", "body": "{}"}


@pytest.fixture
def sample(recorded):
    return json.loads(recorded("google_ads_lead")["request"]["body"])


def column(identifier, value, name=""):
    return {"column_id": identifier, "column_name": name, "string_value": value}


def test_test_lead_is_ignored_and_answered_like_a_real_one(tried):
    result = tried("google_ads_test")
    assert (result["outcome"], result["reason"]) == ("ignored", "test")
    assert result["response"] == DONE


def test_lead_tells_columns_and_campaign(tried, only_lead, identities, kept):
    result = tried("google_ads_lead")
    lead = only_lead(result)
    assert result["response"] == DONE
    assert identities(lead) == [("phone", "+79210000004", "claimed")]
    assert lead["profile"] == {"name": "Инна К"}
    assert lead["campaign"] == {"gclid": "Cj0Kgclid"}
    assert lead["fields"] == {
        "form_id": "1",
        "campaign_id": "2",
        "adgroup_id": "3",
        "creative_id": "4",
    }
    assert b"goog-key" not in kept(lead)


def test_every_standard_column_has_its_place(post, only_lead, identities, sample):
    sample["user_column_data"] = [
        column("FIRST_NAME", "Инна"),
        column("LAST_NAME", "К"),
        column("EMAIL", "inna@example.ru"),
        column("WORK_PHONE", "8 921 000 00 09"),
        column("CITY", "Омск"),
        column("COMPANY_NAME", "ООО Дом"),
        column("POSTAL_CODE", "644000"),
        column("q_1", "До 5 млн", "Ваш бюджет?"),
    ]
    lead = only_lead(post(ADS, sample))
    assert identities(lead) == [
        ("email", "inna@example.ru", "claimed"),
        ("phone", "+79210000009", "claimed"),
    ]
    assert lead["profile"] == {
        "name": "Инна К",
        "first_name": "Инна",
        "last_name": "К",
        "city": "Омск",
        "company": "ООО Дом",
    }
    assert lead["fields"]["Ваш бюджет?"] == "До 5 млн"
    assert lead["fields"]["POSTAL_CODE"] == "644000"


def test_lead_id_is_the_key_for_ever(post, only_lead, sample):
    one = only_lead(post(ADS, sample))
    two = only_lead(post(ADS, {**sample, "gcl_id": "x"}, received_at="2026-04-01T10:00:00Z"))
    assert one["lead_id"] == one["event_id"] == two["event_id"]


def test_missing_key_is_401(post, sample):
    del sample["google_key"]
    assert post(ADS, sample)["response"]["status"] == 401
    assert post(ADS, "{")["response"]["status"] == 401


@pytest.mark.parametrize("key", ["goog-kez", "goog-key ", "GOOG-KEY"])
def test_wrong_key_is_403(post, sample, key):
    result = post(ADS, {**sample, "google_key": key})
    assert (result["outcome"], result["response"]["status"]) == ("rejected", 403)


def test_account_without_a_key_takes_any_and_keeps_none(post, only_lead, kept, sample):
    lead = only_lead(post({"type": "google_ads"}, sample))
    assert b"goog-key" not in kept(lead)
    assert "google_key" not in lead["fields"]


def test_unknown_columns_and_types_are_no_error(post, only_lead, sample):
    sample["user_column_data"] = [None, 7, {"column_id": "EMAIL"}, column("X", "y")]
    assert only_lead(post(ADS, sample))["fields"]["X"] == "y"


@settings(max_examples=80, deadline=None, suppress_health_check=list(HealthCheck))
@given(data=st.data())
def test_no_spoilt_delivery_is_a_fault(survives, spoilt, sample, data):
    body = data.draw(st.one_of(spoilt(sample).map(json.dumps), st.binary(max_size=200)))
    body = body if isinstance(body, bytes) else body.encode()
    survives({"type": "google_ads", "name": "site"}, body)
