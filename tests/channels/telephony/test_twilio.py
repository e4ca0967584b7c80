"""Twilio: the sample, the gotchas, its signature in all spellings, and hostile input."""

import base64
import hashlib
import hmac
import json
from functools import partial
from typing import Any
from urllib.parse import urlencode

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from channels.sdk.ids import event_id, lead_id
from channels.trial import try_delivery

TOKEN = "example_twilio_token"
URL = "https://calls.example.ru/twilio/status?bot=1"
RECEIVED = "2026-02-01T10:00:45.000Z"
SID = "CA11111111111111111111111111111111"
CALL = {
    "CallSid": SID,
    "AccountSid": "AC1",
    "From": "+79210000012",
    "To": "+78120000000",
    "Direction": "inbound",
    "CallStatus": "ringing",
    "SequenceNumber": "0",
    "Timestamp": "Sun, 01 Feb 2026 10:00:00 +0000",
}
ENDED = {
    **CALL,
    "CallStatus": "completed",
    "CallDuration": "42",
    "SequenceNumber": "2",
    "Timestamp": "Sun, 01 Feb 2026 10:00:42 +0000",
}


def signature(url: str, pairs: list[tuple[str, str]], token: str = TOKEN) -> str:
    text = url + "".join(name + value for name, value in sorted(set(pairs)))
    return base64.b64encode(hmac.digest(token.encode(), text.encode(), hashlib.sha1)).decode()


def sent(pairs: Any, *, signed_url: str = URL, url: str = URL, **account: Any) -> Any:
    listed = list(pairs.items()) if isinstance(pairs, dict) else pairs
    request = {
        "url": url,
        "headers": {"X-Twilio-Signature": signature(signed_url, listed)},
        "body": urlencode(listed),
        "received_at": RECEIVED,
    }
    result = try_delivery("twilio", {"name": "tw", "auth_tokens": [TOKEN], **account}, request)
    return json.loads(json.dumps(result))


def lead(pairs: Any, **more: Any) -> dict[str, Any]:
    result = sent(pairs, **more)
    assert result["outcome"] == "accepted", result
    only: dict[str, Any] = result["leads"][0]
    return only


def test_a_completed_call(recorded, lead_of):
    told = lead_of(recorded("twilio_completed").sent())
    assert told["lead_id"] == lead_id("twilio", "twilio", SID)
    assert told["event_id"] == event_id("twilio", "twilio", f"{SID}/completed/2")
    assert (told["direction"], told["amends"], told["seq"]) == ("in", True, 2)
    assert told["identities"] == [
        {"kind": "phone", "value": "+79210000012", "proof": "attested", "raw": "+79210000012"}
    ]
    assert told["call"] == {"id": SID, "line": "+78120000000", "state": "ended", "talk_s": 42}
    assert told["occurred_at"] == RECEIVED
    assert "fields" not in told


def test_the_answer_is_empty_twiml(recorded):
    response = recorded("twilio_completed").sent()["response"]
    assert response["content_type"].startswith("text/xml")
    assert response["body"].endswith("<Response/>")


def test_the_provider_s_time_tells_the_end_and_the_answer():
    told = lead(ENDED)
    assert told["occurred_at"] == "2026-02-01T10:00:42.000Z"
    assert told["call"]["ended_at"] == "2026-02-01T10:00:42.000Z"
    assert told["call"]["answered_at"] == "2026-02-01T10:00:00.000Z"


@pytest.mark.parametrize(
    ("status", "state"),
    [
        ("queued", "ringing"),
        ("initiated", "ringing"),
        ("ringing", "ringing"),
        ("in-progress", "answered"),
        ("answered", "answered"),
        ("completed", "ended"),
        ("busy", "missed"),
        ("failed", "missed"),
        ("no-answer", "missed"),
        ("canceled", "missed"),
    ],
)
def test_every_status_is_a_state_of_one_call(status, state):
    told = lead({**CALL, "CallStatus": status})
    assert told["call"]["state"] == state
    assert told["lead_id"] == lead(CALL)["lead_id"]
    assert told["amends"] is (state != "ringing")


@pytest.mark.parametrize(
    "number",
    [
        "+266696687",
        "+7378742833",
        "+7378742883",
        "+2562533",
        "+8656696",
        "+86282452253",
        "7378742833",
        "Anonymous",
        "sip:alice@example.com",
    ],
)
def test_anonymous_callers_have_no_number(number):
    told = lead({**CALL, "From": number})
    assert (told["identities"], told["fields"]["From"]) == ([], number)


@pytest.mark.parametrize("direction", ["outbound-api", "outbound-dial"])
def test_a_dialled_call_goes_out(direction):
    told = lead({**CALL, "From": "+78120000000", "To": "+79210000012", "Direction": direction})
    assert (told["direction"], told["identities"][0]["value"]) == ("out", "+79210000012")
    assert told["call"]["line"] == "+78120000000"


def test_a_leg_that_we_dial_belongs_to_its_parent():
    leg = {**CALL, "CallSid": "CA2", "ParentCallSid": SID, "Direction": "outbound-dial"}
    told = lead({**leg, "To": "client:anna", "CallStatus": "in-progress"})
    assert told["lead_id"] == lead(CALL)["lead_id"]
    assert (told["direction"], told["amends"], told["identities"]) == ("in", True, [])
    assert (told["call"]["state"], told["call"]["operator"]) == ("answered", "client:anna")


def test_a_colleague_s_client_that_calls_nobody_outside_is_internal():
    result = sent({**CALL, "From": "client:anna", "To": "client:boris"})
    assert (result["outcome"], result["reason"]) == ("ignored", "internal")


def test_a_recording_amends_its_call():
    recording = {"CallSid": SID, "RecordingSid": "RE1", "RecordingStatus": "completed"}
    told = lead({**recording, "RecordingUrl": "https://api.twilio.com/x/RE1"})
    assert told["lead_id"] == lead(CALL)["lead_id"]
    assert (told["amends"], told["call"]) == (True, {"id": SID, "recording": "RE1"})
    running = lead({**recording, "RecordingStatus": "in-progress"})
    assert running["event_id"] != told["event_id"]
    assert "recording" not in running["call"]


@pytest.mark.parametrize(
    ("fields", "reason"), [({"MessageStatus": "sent"}, "status"), ({"A": "1"}, "unknown_kind")]
)
def test_what_is_no_call_is_ignored(fields, reason):
    result = sent(fields)
    assert (result["outcome"], result["reason"]) == ("ignored", reason)


def test_names_and_cities_are_the_profile():
    told = lead({**CALL, "CallerName": "PETR", "FromCity": "MOSCOW"})
    assert told["profile"] == {"name": "PETR", "city": "MOSCOW"}


# The signature.


@pytest.mark.parametrize(
    ("url", "signed"),
    [
        (URL, "https://calls.example.ru:443/twilio/status?bot=1"),
        ("https://calls.example.ru:443/twilio/status?bot=1", URL),
        ("http://calls.example.ru/x", "http://calls.example.ru:80/x"),
        ("https://calls.example.ru:8443/x", "https://calls.example.ru:8443/x"),
        (f"{URL}#rc=5", URL),
    ],
)
def test_the_default_port_may_be_there_or_not(url, signed):
    assert sent(CALL, url=url, signed_url=signed)["outcome"] == "accepted"


@pytest.mark.parametrize(
    "public_url",
    [
        "https://calls.example.ru",
        "https://calls.example.ru/",
        "https://calls.example.ru/twilio/status",
        URL,
    ],
)
def test_a_proxy_s_public_address_counts(public_url):
    came = "http://10.0.0.5:8080/twilio/status?bot=1"
    assert sent(CALL, url=came, public_url=public_url)["outcome"] == "accepted"
    assert sent(CALL, url=came)["outcome"] == "rejected"


def test_repeated_parameters_count_once_each_in_order():
    pairs = [*CALL.items(), ("Digits", "2"), ("Digits", "1"), ("Digits", "2")]
    assert sent(pairs)["outcome"] == "accepted"


def test_any_of_the_tokens_counts():
    assert sent(CALL, auth_tokens=["new_token", TOKEN])["outcome"] == "accepted"
    assert sent(CALL, auth_tokens=["new_token"])["outcome"] == "rejected"


def test_a_form_that_cannot_be_read_is_signed_by_nobody():
    request = {
        "url": URL,
        "headers": {"X-Twilio-Signature": "x"},
        "body": "&".join("f=1" for _ in range(600)),
        "received_at": RECEIVED,
    }
    result = try_delivery("twilio", {"auth_tokens": [TOKEN]}, request)
    assert result["reason"] == "the X-Twilio-Signature header is wrong"


def test_an_order_below_zero_orders_nothing():
    assert lead({**CALL, "SequenceNumber": "-1"})["seq"] == 0


def test_a_get_signs_its_address_only():
    url = f"https://calls.example.ru/x?{urlencode(ENDED)}"
    headers = {"X-Twilio-Signature": signature(url, [])}
    request = {"method": "GET", "url": url, "headers": headers, "received_at": RECEIVED}
    result = try_delivery("twilio", {"auth_tokens": [TOKEN]}, request)
    assert result["leads"][0]["call"]["talk_s"] == 42


def test_a_json_body_is_signed_by_its_hash():
    body = json.dumps(ENDED)
    url = f"https://calls.example.ru/x?bodySHA256={hashlib.sha256(body.encode()).hexdigest()}"
    headers = {"X-Twilio-Signature": signature(url, []), "Content-Type": "application/json"}
    request = {"url": url, "headers": headers, "body": body, "received_at": RECEIVED}
    account = {"auth_tokens": [TOKEN]}
    assert try_delivery("twilio", account, request)["outcome"] == "accepted"
    changed = {**request, "body": body + " "}
    assert try_delivery("twilio", account, changed)["outcome"] == "rejected"


@pytest.mark.parametrize(
    ("headers", "status"),
    [({}, 401), ({"X-Twilio-Signature": "AAAA"}, 403), ({"X-Twilio-Signature": "ж"}, 403)],
)
def test_a_false_or_missing_signature_is_rejected(recorded, headers, status):
    result = recorded("twilio_completed").sent(headers=headers)
    assert (result["outcome"], result["response"]["status"]) == ("rejected", status)


def test_one_changed_character_of_the_body_is_rejected(recorded):
    call = recorded("twilio_completed")
    changed = call.request["body"].replace("=42", "=43")
    assert call.sent(body=changed)["outcome"] == "rejected"


def test_one_changed_character_of_the_address_is_rejected(recorded):
    call = recorded("twilio_completed")
    changed = call.account["public_url"].replace("=1", "=2")
    assert call.sent(account={"public_url": changed})["outcome"] == "rejected"


@settings(max_examples=100, deadline=None)
@given(
    st.dictionaries(
        st.sampled_from([*ENDED, "ParentCallSid", "RecordingSid", "DialCallStatus"]),
        st.text(max_size=30),
    )
)
def test_no_value_of_any_field_is_a_parser_fault(changes):
    result = sent({**ENDED, **changes})
    assert result["reason"] != "parser_fault", result


def test_a_nasty_delivery_takes_no_time(quickly):
    fields = {**ENDED, "Timestamp": "(" * 60_000, "From": "+" * 60_000}
    assert quickly(partial(sent, fields))["outcome"] == "accepted"
