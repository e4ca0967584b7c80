"""Typeform: docs/providers.md, 4.7, each rule by its name."""

import base64
import hashlib
import hmac
import json

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

TYPEFORM = {"type": "typeform"}
SECRET = "typeform-example-secret"


@pytest.fixture
def sample(recorded):
    return json.loads(recorded("typeform_answers")["request"]["body"])


def signed(body, secret=SECRET):
    digest = hmac.new(secret.encode(), body, hashlib.sha256).digest()
    return {"Typeform-Signature": "sha256=" + base64.b64encode(digest).decode()}


def test_signed_response_is_a_lead(tried, only_lead, identities):
    result = tried("typeform_response")
    lead = only_lead(result)
    assert result["response"]["status"] == 200
    assert identities(lead) == [("phone", "+79210000005", "claimed")]
    assert lead["campaign"] == {"utm_source": "vk"}
    assert lead["fields"] == {"form_id": "abc123"}
    assert lead["occurred_at"] == "2026-02-01T10:00:00.000Z"
    assert (lead["channel"], lead["kind"]) == ("typeform", "form")


def test_answers_are_told_under_their_questions(tried, only_lead, identities):
    lead = only_lead(tried("typeform_answers"))
    assert identities(lead) == [
        ("email", "inna@example.ru", "claimed"),
        ("visitor", "111.222", "claimed"),
    ]
    assert lead["profile"] == {"name": "Инна"}
    assert lead["fields"] == {
        "Что построить?": "Дом, Баня, Гараж",
        "mortgage": "true",
        "plan": "gold",
        "score": "7",
        "form_id": "abc123",
    }


def test_uploaded_file_is_an_attachment_without_its_query(tried, only_lead):
    lead = only_lead(tried("typeform_answers"))
    ref = "https://api.typeform.com/responses/files/abc/plan.pdf"
    assert lead["attachments"] == [{"kind": "file", "name": "plan.pdf", "ref": ref}]


@pytest.mark.parametrize(
    ("answer", "text"),
    [
        ({"type": "choice", "choice": {"label": "Дом"}}, "Дом"),
        ({"type": "choice", "choice": {"other": "Шалаш"}}, "Шалаш"),
        ({"type": "choices", "choices": {"labels": ["а", "б"]}}, "а, б"),
        ({"type": "number", "number": 5}, "5"),
        ({"type": "boolean", "boolean": False}, "false"),
        ({"type": "date", "date": "2026-05-01"}, "2026-05-01"),
        ({"type": "url", "url": "https://a.ru"}, "https://a.ru"),
    ],
)
def test_every_type_of_answer_is_text(post, only_lead, sample, answer, text):
    sample["form_response"]["answers"] = [{**answer, "field": {"id": "x", "ref": "вопрос-х"}}]
    assert only_lead(post(TYPEFORM, sample))["fields"]["вопрос-х"] == text


def test_long_text_is_the_text(post, only_lead, sample):
    answer = {
        "type": "text",
        "text": "О доме",
        "field": {"id": "x", "type": "long_text", "ref": "r"},
    }
    sample["form_response"]["answers"] = [answer]
    assert only_lead(post(TYPEFORM, sample))["text"] == "О доме"


def test_token_is_the_key_whatever_the_event_id(post, only_lead, sample):
    one = only_lead(post(TYPEFORM, sample))
    two = only_lead(post(TYPEFORM, {**sample, "event_id": "other"}))
    assert one["lead_id"] == one["event_id"] == two["event_id"]


def test_partial_response_is_the_same_lead_by_another_event(post, only_lead, sample):
    whole = only_lead(post(TYPEFORM, sample))
    partial = only_lead(post(TYPEFORM, {**sample, "event_type": "form_response_partial"}))
    assert partial["lead_id"] == whole["lead_id"]
    assert partial["event_id"] != whole["event_id"]


def test_partial_response_without_answers_is_empty(post, sample):
    sample["event_type"] = "form_response_partial"
    sample["form_response"]["answers"] = []
    assert post(TYPEFORM, sample)["reason"] == "empty"


def test_missing_signature_is_401(tried):
    headers = {"content-type": "application/json"}
    assert tried("typeform_response", headers=headers)["response"]["status"] == 401


def test_one_changed_bit_is_403(recorded, post):
    case = recorded("typeform_response")
    body = case["request"]["body"].encode()
    changed = body.replace(b"tok_1", b"tok_0")
    result = post(case["account"], changed, headers=signed(body))
    assert (result["outcome"], result["response"]["status"]) == ("rejected", 403)


@pytest.mark.parametrize("given", ["sha256=", "x", "sha1=6VRW", "6VRWsagzYX832X0s"])
def test_malformed_signature_is_403(recorded, tried, given):
    headers = {**recorded("typeform_response")["request"]["headers"], "typeform-signature": given}
    assert tried("typeform_response", headers=headers)["response"]["status"] == 403


def test_signature_of_another_secret_is_403(recorded, post):
    case = recorded("typeform_response")
    body = case["request"]["body"].encode()
    assert post(case["account"], body, headers=signed(body, "x"))["response"]["status"] == 403


def test_broken_but_signed_body_is_quarantined(post):
    result = post({**TYPEFORM, "secret": SECRET}, b"{", headers=signed(b"{"))
    assert (result["outcome"], result["reason"]) == ("quarantined", "broken_json")
    assert result["response"]["status"] == 200


def test_unknown_event_is_ignored(post):
    assert post(TYPEFORM, {"event_type": "form_closed"})["reason"] == "unknown_kind"


def test_response_that_is_no_object_is_quarantined(post):
    body = {"event_type": "form_response", "form_response": []}
    assert post(TYPEFORM, body)["reason"] == "missing_field"


@settings(max_examples=80, deadline=None, suppress_health_check=list(HealthCheck))
@given(data=st.data())
def test_no_spoilt_delivery_is_a_fault(survives, spoilt, sample, data):
    body = data.draw(st.one_of(spoilt(sample).map(json.dumps), st.binary(max_size=200)))
    body = body if isinstance(body, bytes) else body.encode()
    survives({**TYPEFORM, "name": "site"}, body)
