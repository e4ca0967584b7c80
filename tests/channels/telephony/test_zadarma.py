"""Zadarma and Novofon: the samples, the gotchas, both signatures, and hostile input."""

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

SECRET = "example_zadarma_secret"
RECEIVED = "2026-02-01T07:01:30.000Z"
IN = {
    "call_start": "2026-02-01 10:00:00",
    "pbx_call_id": "in_ex1",
    "caller_id": "+79210000007",
    "called_did": "78120000000",
}
OUT = {
    "call_start": "2026-02-01 10:00:00",
    "pbx_call_id": "out_ex2",
    "caller_id": "78120000000",
    "destination": "79210000007",
    "internal": "100",
}
SIGNED = {
    "NOTIFY_ANSWER": ("caller_id", "destination", "call_start"),
    "NOTIFY_OUT_START": ("internal", "destination", "call_start"),
    "NOTIFY_OUT_END": ("internal", "destination", "call_start"),
    "NOTIFY_RECORD": ("pbx_call_id", "call_id_with_rec"),
    "SMS": ("result",),
    "NUMBER_LOOKUP": ("result",),
    "LATER": ("result",),
}


def signature(text: str) -> str:
    digest = hmac.new(SECRET.encode(), text.encode(), hashlib.sha1).hexdigest()
    return base64.b64encode(digest.encode()).decode()


def sent(event: str, fields: dict[str, Any], kind: str = "zadarma", **account: Any) -> Any:
    names = SIGNED.get(event, ("caller_id", "called_did", "call_start"))
    signed = "".join(str(fields.get(name, "")) for name in names)
    request = {
        "url": "/in/pbx",
        "headers": {"Signature": signature(signed)},
        "body": urlencode({"event": event, **fields}),
        "received_at": RECEIVED,
    }
    result = try_delivery(kind, {"name": "pbx", "secret": SECRET, **account}, request)
    return json.loads(json.dumps(result))


def lead(event: str, fields: dict[str, Any], **more: Any) -> dict[str, Any]:
    result = sent(event, fields, **more)
    assert result["outcome"] == "accepted", result
    only: dict[str, Any] = result["leads"][0]
    return only


# Samples in the shapes of docs/providers.md, 5.2.


@pytest.mark.parametrize("kind", ["zadarma", "novofon"])
def test_the_end_of_a_call(recorded, lead_of, kind):
    told = lead_of(recorded(f"{kind}_end").sent())
    assert told["lead_id"] == lead_id(kind, "pbx", "in_ex1")
    assert told["event_id"] == event_id(kind, "pbx", "in_ex1/NOTIFY_END/100")
    assert (told["channel"], told["kind"], told["direction"]) == (kind, "call", "in")
    assert told["amends"] is True
    assert told["occurred_at"] == "2026-02-01T07:00:00.000Z"
    assert told["identities"] == [
        {"kind": "phone", "value": "+79210000007", "proof": "attested", "raw": "+79210000007"}
    ]
    assert told["call"] == {
        "id": "in_ex1",
        "line": "78120000000",
        "extension": "100",
        "state": "ended",
        "talk_s": 42,
        "recording": "1735690000.1",
    }
    assert told["thread"] == "in_ex1"


def test_a_recording_amends_its_call(recorded, lead_of):
    told = lead_of(recorded("zadarma_record").sent())
    assert told["lead_id"] == lead_id("zadarma", "pbx", "in_ex1")
    assert (told["amends"], told["identities"]) == (True, [])
    assert told["occurred_at"] == RECEIVED
    assert told["call"] == {"id": "in_ex1", "recording": "1735690000.1"}


@pytest.mark.parametrize("kind", ["zadarma", "novofon"])
def test_the_check_of_the_address_is_echoed(recorded, kind):
    result = recorded(f"{kind}_echo").sent()
    assert (result["outcome"], result["response"]["body"]) == ("handshake", "abc123")
    assert result["response"]["content_type"].startswith("text/plain")


def test_no_command_is_an_empty_object(recorded):
    response = recorded("zadarma_end").sent()["response"]
    assert (response["status"], response["content_type"], response["body"]) == (
        200,
        "application/json",
        "{}",
    )


@pytest.mark.parametrize(
    ("name", "raw_digest"),
    [
        ("zadarma_end", "HzxB5GOBvT/ClnxAcmGizWAGl80="),
        ("zadarma_record", "TC+dmzs1sCJsgmaCuaMRLDriDc0="),
    ],
)
def test_the_raw_digest_is_a_signature_too(recorded, name, raw_digest):
    assert recorded(name).sent(headers={"signature": raw_digest})["outcome"] == "accepted"


# What the reference warns of.


def test_the_first_ring_opens_the_lead():
    told = lead("NOTIFY_START", IN)
    assert (told["amends"], told["call"]["state"]) == (False, "ringing")


def test_events_of_one_second_are_ordered_by_the_life_of_a_call():
    life = [
        lead("NOTIFY_START", IN),
        lead("NOTIFY_INTERNAL", {**IN, "internal": "100"}),
        lead("NOTIFY_ANSWER", {**IN, "destination": "100"}),
        lead("NOTIFY_END", {**IN, "disposition": "answered", "duration": "42"}),
    ]
    assert {told["occurred_at"] for told in life} == {"2026-02-01T07:00:00.000Z"}
    order = [(told["seq"], told["call"]["state"]) for told in life]
    assert [state for _, state in sorted(order)] == ["ringing", "ringing", "answered", "ended"]
    assert {told["lead_id"] for told in life} == {life[0]["lead_id"]}


def test_an_extension_that_an_incoming_call_rings_is_no_internal_call():
    told = lead("NOTIFY_INTERNAL", {**IN, "internal": "100"})
    assert (told["call"]["state"], told["call"]["extension"]) == ("ringing", "100")
    other = lead("NOTIFY_INTERNAL", {**IN, "internal": "101"})
    assert told["event_id"] != other["event_id"]


@pytest.mark.parametrize(
    ("event", "fields"),
    [
        ("NOTIFY_START", {**IN, "caller_id": "101"}),
        ("NOTIFY_INTERNAL", {**IN, "caller_id": "101", "internal": "102"}),
        ("NOTIFY_OUT_START", {**OUT, "destination": "102"}),
    ],
)
def test_extensions_on_both_sides_are_colleagues(event, fields):
    result = sent(event, fields)
    assert (result["outcome"], result["reason"]) == ("ignored", "internal")


@pytest.mark.parametrize("event", ["NOTIFY_OUT_START", "NOTIFY_OUT_END", "NOTIFY_ANSWER"])
def test_a_dialled_call_goes_out_to_its_destination(event):
    told = lead(event, {**OUT, "disposition": "answered", "duration": "5"})
    assert (told["direction"], told["identities"][0]["value"]) == ("out", "+79210000007")
    assert (told["call"]["line"], told["call"]["extension"]) == ("78120000000", "100")


@pytest.mark.parametrize(
    "disposition",
    ["busy", "cancel", "no answer", "failed", "no money", "line limit", "no money, no limit"],
)
def test_whatever_was_not_answered_was_missed(disposition):
    told = lead("NOTIFY_END", {**IN, "disposition": disposition, "duration": "17"})
    assert (told["call"]["state"], told["call"]["talk_s"]) == ("missed", 0)


def test_the_start_is_in_the_accounts_zone():
    told = lead("NOTIFY_START", IN, timezone="Asia/Yekaterinburg")
    assert told["occurred_at"] == "2026-02-01T05:00:00.000Z"


@pytest.mark.parametrize("number", ["Anonymous", "0", ""])
def test_a_withheld_number_is_no_identity(number):
    assert lead("NOTIFY_START", {**IN, "caller_id": number})["identities"] == []


def test_a_recording_is_known_where_there_is_one():
    end = {**IN, "disposition": "answered", "call_id_with_rec": "r1", "is_recorded": "0"}
    assert "recording" not in lead("NOTIFY_END", end)["call"]


def test_a_second_menu_choice_is_no_repeat_of_the_first():
    first = lead("NOTIFY_IVR", {**IN, "wait_dtmf[digits]": "1"})
    second = lead("NOTIFY_IVR", {**IN, "wait_dtmf[digits]": "2"})
    assert first["event_id"] != second["event_id"]
    assert second["fields"]["wait_dtmf[digits]"] == "2"


def test_an_sms_is_a_message_of_its_sender():
    told = lead("SMS", {"result": json.dumps({"caller_id": "79210000007", "text": "Цена?"})})
    assert (told["kind"], told["text"]) == ("message", "Цена?")
    assert told["identities"][0]["proof"] == "attested"


@pytest.mark.parametrize(
    ("event", "reason"), [("NUMBER_LOOKUP", "service"), ("LATER", "unknown_kind")]
)
def test_other_hooks_are_ignored_by_name(event, reason):
    result = sent(event, {"result": "{}"})
    assert (result["outcome"], result["reason"]) == ("ignored", reason)


def test_a_recording_of_a_call_that_one_of_us_made_goes_out(recorded, lead_of):
    record = recorded("zadarma_record")
    fields = {**record.form(), "pbx_call_id": "out_ex9"}
    text = f"out_ex9{fields['call_id_with_rec']}"
    digest = hmac.digest(b"example_zadarma_secret", text.encode(), "sha1").hex()
    headers = {"Signature": base64.b64encode(digest.encode()).decode()}
    told = lead_of(record.with_form(fields, headers=headers))
    assert (told["direction"], told["identities"]) == ("out", [])


def test_a_call_without_its_id_is_quarantined():
    result = sent("NOTIFY_START", {**IN, "pbx_call_id": ""})
    assert (result["outcome"], result["reason"]) == ("quarantined", "missing_field")


# The signature.


def test_missing_values_count_as_empty():
    assert sent("NOTIFY_START", {"pbx_call_id": "in_1", "caller_id": "1"})["outcome"] != "rejected"


def test_a_literal_plus_breaks_the_signature(recorded):
    end = recorded("zadarma_end")
    body = end.request["body"].replace("%2B", "+")
    assert end.sent(body=body)["outcome"] == "rejected"


@pytest.mark.parametrize(
    ("headers", "status"), [({}, 401), ({"Signature": "AAAA"}, 403), ({"Signature": "ж"}, 403)]
)
def test_a_false_or_missing_signature_is_rejected(recorded, headers, status):
    result = recorded("zadarma_end").sent(headers=headers)
    assert (result["outcome"], result["response"]["status"]) == ("rejected", status)


def test_one_flipped_bit_is_rejected(recorded):
    end = recorded("zadarma_end")
    body = bytearray(end.request["body"].encode())
    body[body.index(b"79210000007")] ^= 1
    assert end.with_body(bytes(body))["outcome"] == "rejected"


def test_the_echo_needs_the_secret_path_too(recorded):
    echo = recorded("zadarma_echo")
    assert echo.sent(account={"secret_path": "s3cret"})["response"]["status"] == 403
    url = "https://leads.example.ru/in/pbx/s3cret?zd_echo=abc123"
    assert echo.sent(account={"secret_path": "s3cret"}, url=url)["outcome"] == "handshake"


# Whatever comes.


@settings(max_examples=100, deadline=None)
@given(
    st.sampled_from(["NOTIFY_START", "NOTIFY_END", "NOTIFY_ANSWER", "NOTIFY_OUT_END", "SMS"]),
    st.dictionaries(
        st.sampled_from([*IN, *OUT, "duration", "disposition", "result", "is_recorded"]),
        st.text(max_size=30),
    ),
)
def test_no_value_of_any_field_is_a_parser_fault(event, changes):
    result = sent(event, {**IN, **changes})
    assert result["reason"] != "parser_fault", result


def test_a_nasty_delivery_takes_no_time(quickly):
    fields = {**IN, "disposition": "9" * 50_000, "duration": "9" * 50_000}
    assert quickly(partial(sent, "NOTIFY_END", fields))["outcome"] == "accepted"
