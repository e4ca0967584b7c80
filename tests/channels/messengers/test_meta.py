"""Meta's handshake and signature: docs/providers.md, 6.1."""

import json

import pytest

HANDSHAKE = "/in/whatsapp?hub.mode=subscribe&hub.challenge=77&hub.verify_token="
FORMS = ["whatsapp_text", "instagram_message", "facebook_leads_notification"]


def test_challenge_is_echoed_as_plain_text(tried):
    result = tried("whatsapp_handshake")
    assert result == {
        "response": {
            "status": 200,
            "content_type": "text/plain; charset=utf-8",
            "body": "1158201444",
        },
        "outcome": "handshake",
        "reason": None,
        "leads": [],
    }


@pytest.mark.parametrize(
    ("status", "url"),
    [
        (403, HANDSHAKE + "wrong"),
        (403, HANDSHAKE + "Example_verify"),
        (403, HANDSHAKE.replace("subscribe", "unsubscribe") + "example_verify"),
        (401, HANDSHAKE),
        (401, "/in/whatsapp"),
    ],
)
def test_handshake_without_the_right_token_is_rejected(tried, status, url):
    result = tried("whatsapp_handshake", url=url)
    assert (result["outcome"], result["response"]["status"]) == ("rejected", status)
    assert "77" not in result["response"]["body"]


def test_handshake_needs_a_configured_token(tried):
    result = tried("whatsapp_handshake", account={"verify_token": ""})
    assert result["response"]["status"] == 403


@pytest.mark.parametrize("name", FORMS)
def test_signature_of_the_raw_bytes_opens_the_door(tried, name):
    assert tried(name)["outcome"] == "accepted"


@pytest.mark.parametrize("name", FORMS)
def test_missing_signature_is_401(tried, name):
    result = tried(name, headers={})
    assert (result["outcome"], result["response"]["status"]) == ("rejected", 401)
    assert result["leads"] == []


@pytest.mark.parametrize("name", FORMS)
@pytest.mark.parametrize("given", ["sha256=", "sha256=" + "0" * 64, "0" * 64, "sha1=00", "ы"])
def test_wrong_signature_is_403(tried, name, given):
    result = tried(name, headers={"X-Hub-Signature-256": given})
    assert (result["outcome"], result["response"]["status"]) == ("rejected", 403)


@pytest.mark.parametrize("name", FORMS)
def test_one_other_byte_breaks_the_signature(tried, recorded, name):
    body = recorded(name)["request"]["body"]
    for other in (body + " ", body.replace("1", "2", 1), json.dumps(json.loads(body))):
        assert tried(name, body=other)["response"]["status"] == 403


def test_another_apps_secret_is_403(tried):
    result = tried("whatsapp_text", account={"app_secret": "other"})
    assert result["response"]["status"] == 403


def test_account_without_app_secret_skips_the_check(tried):
    assert tried("whatsapp_text", account={"app_secret": ""}, headers={})["leads"]


def test_escaped_unicode_is_signed_as_it_was_sent(signed):
    body = {"object": "instagram", "entry": [{"id": "1", "messaging": [MESSAGE]}]}
    escaped = json.dumps(body, ensure_ascii=True).replace("/", "\\/")
    assert signed("instagram", escaped)["leads"][0]["text"] == "Цена/срок?"


MESSAGE = {
    "sender": {"id": "9"},
    "recipient": {"id": "1"},
    "timestamp": 1735690819000,
    "message": {"mid": "m", "text": "Цена/срок?"},
}


@pytest.mark.parametrize(
    ("reason", "body"),
    [
        ("broken_json", "{"),
        ("wrong_type", "[]"),
        ("missing_field", "{}"),
        ("missing_field", '{"entry":{}}'),
        ("wrong_type", '{"entry":["x"]}'),
        ("wrong_type", '{"entry":[{"changes":["x"]}]}'),
        ("wrong_type", '{"entry":[{"messaging":[null]}]}'),
    ],
)
def test_signed_but_unreadable_is_quarantined_and_answered_200(signed, reason, body):
    result = signed("instagram", body)
    assert (result["outcome"], result["reason"]) == ("quarantined", reason)
    assert result["response"]["status"] == 200


@pytest.mark.parametrize("account_type", ["whatsapp", "instagram", "facebook_leads"])
@pytest.mark.parametrize(
    "entry",
    [
        {"id": "1", "changes": [{"field": "telepathy", "value": {"x": 1}}]},
        {"id": "1", "changes": [{"field": "name", "value": "Новое имя"}]},
        {"id": "1", "time": 5},
    ],
)
def test_unknown_field_is_no_error(signed, account_type, entry):
    result = signed(account_type, {"object": "page", "entry": [entry]})
    assert (result["outcome"], result["reason"]) == ("ignored", "unknown_kind")


def test_empty_entry_list_is_ignored(signed):
    assert signed("whatsapp", {"entry": []})["reason"] == "empty"
