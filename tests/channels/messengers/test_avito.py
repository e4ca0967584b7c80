"""Avito: docs/providers.md, 6.5, each rule by its name."""

import json

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

ACCOUNT = {"type": "avito", "name": "avito", "user_id": 100}


@pytest.fixture
def delivered(trial, recorded):
    """What becomes of the recorded message, some of its parts changed."""

    def run(*, account=None, payload=None, **parts):
        body = json.loads(recorded("avito_text")["request"]["body"])
        body["payload"]["value"].update(parts)
        body["payload"].update(payload or {})
        request = {"body": json.dumps(body), "received_at": "2025-01-01T10:00:00Z"}
        return trial({**ACCOUNT, **(account or {})}, request)

    return run


@pytest.fixture
def lead_of(delivered):
    """The lead of the changed message."""

    def run(**parts):
        result = delivered(**parts)
        assert result["outcome"] == "accepted", result
        (lead,) = result["leads"]
        return lead

    return run


def test_message_of_a_buyer(tried):
    result = tried("avito_text")
    (lead,) = result["leads"]
    assert (lead["kind"], lead["direction"], lead["text"]) == ("message", "in", "Ещё продаёте?")
    assert lead["identities"] == [
        {"kind": "avito", "value": "200", "proof": "attested", "raw": "200"}
    ]
    assert lead["occurred_at"] == "2025-01-01T00:21:40.000Z"
    assert lead["thread"] == "u2i-ex"
    assert lead["fields"] == {"item_id": "300", "chat_type": "u2i"}
    assert lead["lead_id"] == lead["event_id"]
    assert result["response"]["status"] == 200


def test_undocumented_signature_is_not_looked_at(tried):
    assert tried("avito_text", headers={"x-avito-messenger-signature": "x"})["leads"]


@pytest.mark.parametrize("url", ["/in/avito", "/in/avito/wrong", "/in/avito/AVITO-4f1c"])
def test_wrong_secret_path_is_403(tried, url):
    result = tried("avito_text", url=url)
    assert (result["outcome"], result["response"]["status"]) == ("rejected", 403)


def test_key_is_user_chat_and_message(lead_of):
    first = lead_of()
    assert lead_of(read=1735690999)["event_id"] == first["event_id"]
    for other in ({"id": "m2"}, {"chat_id": "c2"}, {"user_id": 101}):
        assert lead_of(**other)["event_id"] != first["event_id"]


@pytest.mark.parametrize(
    ("reason", "parts"),
    [
        ("echo", {"author_id": 100}),
        ("echo", {"author_id": "100"}),
        ("echo", {"user_id": 555, "author_id": 100}),
        ("service", {"author_id": 0}),
        ("service", {"author_id": 1}),
        ("service", {"type": "system", "author_id": 300}),
        ("service", {"type": "deleted"}),
        ("unknown_kind", {"payload": {"type": "telepathy"}}),
    ],
)
def test_ignored_with_its_reason(delivered, reason, parts):
    result = delivered(**parts)
    assert (result["outcome"], result["reason"]) == ("ignored", reason)


@pytest.mark.parametrize(
    ("kind", "content", "ref"),
    [
        ("image", {"image": {"sizes": {"1280x960": "https://img.example/x"}}}, "u2i-ex/m1"),
        ("voice", {"voice": {"voice_id": "v1"}}, "v1"),
        ("file", {"file": {"file_id": "f1"}}, "f1"),
    ],
)
def test_file_is_kept_by_its_handle(lead_of, kind, content, ref):
    assert lead_of(type=kind, content=content)["attachments"] == [{"kind": kind, "ref": ref}]


def test_missed_call_in_the_chat_is_a_missed_call(lead_of):
    lead = lead_of(type="call", content={"call": {"status": "missed", "target_user_id": 100}})
    assert (lead["kind"], lead["call"]) == ("call", {"id": "m1", "state": "missed"})


def test_item_link_and_place_are_fields(lead_of):
    content = {
        "item": {"title": "Дом", "item_url": "https://avito.ru/300", "price_string": "1 ₽"},
        "link": {"url": "https://example.ru", "text": "смотрите"},
        "location": {"lat": 59.9, "lon": 30.3, "text": "Невский"},
    }
    lead = lead_of(type="item", content=content)
    assert lead["text"] == "смотрите"
    assert lead["fields"]["item_title"] == "Дом"
    assert lead["fields"]["link"] == "https://example.ru"
    assert lead["fields"]["location"] == "59.9, 30.3"


@pytest.mark.parametrize(
    ("reason", "parts"),
    [
        ("missing_field", {"author_id": None}),
        ("missing_field", {"id": None}),
        ("wrong_type", {"payload": {"value": []}}),
    ],
)
def test_unreadable_message_is_quarantined(delivered, reason, parts):
    result = delivered(**parts)
    assert (result["outcome"], result["reason"]) == ("quarantined", reason)


@settings(
    max_examples=100, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(data=st.data())
def test_no_delivery_meets_a_fault(data, recorded, spoilt, survives):
    sample = json.loads(recorded("avito_text")["request"]["body"])
    sample["payload"]["value"]["content"] |= {"image": {"sizes": {}}, "call": {}, "item": {}}
    survives(ACCOUNT, json.dumps(data.draw(spoilt(sample))).encode())


@settings(max_examples=50, deadline=None)
@given(body=st.binary(max_size=200))
def test_no_bytes_meet_a_fault(body, survives):
    survives(ACCOUNT, body)
