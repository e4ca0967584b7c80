"""Mango Office: the samples of the reference, its gotchas, its signature, and hostile input."""

import base64
import hashlib
import json
from functools import partial
from typing import Any
from urllib.parse import urlencode

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from channels.sdk.ids import event_id, lead_id
from channels.trial import try_delivery

KEY, SALT = "example_key_1", "example_salt_1"
ACCOUNT = {"name": "mango_spb", "key": KEY, "salt": SALT}
RECEIVED = "2025-01-01T00:15:00.000Z"
LEAD = lead_id("mango", "mango_spb", "MTox")

CALL: dict[str, Any] = {
    "entry_id": "MTox",
    "call_id": "MToxMDAw",
    "timestamp": 1735690400,
    "seq": 1,
    "call_state": "Appeared",
    "location": "abonent",
    "from": {"number": "79210000006"},
    "to": {"extension": "12", "number": "sip:op@vpbx.example", "line_number": "78120000000"},
}
SUMMARY: dict[str, Any] = {
    "entry_id": "MTox",
    "call_direction": 1,
    "from": {"number": "79210000006"},
    "to": {"extension": "12"},
    "line_number": "78120000000",
    "create_time": 1735690400,
    "forward_time": 1735690403,
    "talk_time": 1735690410,
    "end_time": 1735690470,
    "entry_result": 1,
    "disconnect_reason": 1110,
}


def signed(json_text: str | bytes, path: str = "/events/call") -> dict[str, Any]:
    text = json_text.encode() if isinstance(json_text, str) else json_text
    sign = hashlib.sha256(KEY.encode() + text + SALT.encode()).hexdigest()
    body = urlencode({"vpbx_api_key": KEY, "sign": sign, "json": text})
    return {"url": f"/in/mango_spb{path}", "body": body, "received_at": RECEIVED}


def sent(payload: Any, path: str = "/events/call", **account: Any) -> dict[str, Any]:
    result = try_delivery("mango", {**ACCOUNT, **account}, signed(json.dumps(payload), path))
    printed: dict[str, Any] = json.loads(json.dumps(result))
    return printed


def lead(payload: Any, path: str = "/events/call", **account: Any) -> dict[str, Any]:
    result = sent(payload, path, **account)
    assert result["outcome"] == "accepted", result
    only: dict[str, Any] = result["leads"][0]
    return only


# Samples in the shapes of docs/providers.md, 5.1.


def test_the_first_ring_opens_the_lead(recorded, lead_of):
    told = lead_of(recorded("mango_call").sent())
    assert told["lead_id"] == LEAD
    assert event_id("mango", "mango_spb", "MToxMDAw/1") == told["event_id"]
    assert tuple(told[name] for name in ("kind", "direction", "amends", "seq")) == (
        "call",
        "in",
        False,
        1,
    )
    assert told["occurred_at"] == "2025-01-01T00:13:20.000Z"
    assert told["identities"] == [
        {"kind": "phone", "value": "+79210000006", "proof": "attested", "raw": "79210000006"}
    ]
    assert told["call"] == {"id": "MTox", "line": "78120000000", "state": "ringing"}
    assert told["thread"] == "MTox"
    assert told["fields"]["dct.type"] == "2"


def test_the_summary_ends_the_same_lead(recorded, lead_of):
    told = lead_of(recorded("mango_summary").sent())
    assert told["lead_id"] == LEAD
    assert event_id("mango", "mango_spb", "MTox") == told["event_id"]
    assert told["amends"] is True
    assert told["occurred_at"] == "2025-01-01T00:14:30.000Z"
    assert told["call"] == {
        "id": "MTox",
        "line": "78120000000",
        "extension": "12",
        "state": "ended",
        "answered_at": "2025-01-01T00:13:30.000Z",
        "ended_at": "2025-01-01T00:14:30.000Z",
        "wait_s": 10,
        "talk_s": 60,
    }


def test_a_recording_alone_is_accepted_and_amends_its_call(recorded, lead_of):
    told = lead_of(recorded("mango_recording").sent())
    assert told["lead_id"] == LEAD
    assert event_id("mango", "mango_spb", "rec-1/2") == told["event_id"]
    assert (told["amends"], told["seq"], told["identities"]) == (True, 2, [])
    assert told["call"] == {"id": "MTox", "extension": "12", "recording": "rec-1"}


def test_mango_looks_at_the_status_only(recorded):
    assert recorded("mango_call").sent()["response"]["status"] == 200


# What the reference warns of.


def test_a_summary_posted_to_the_call_address_is_a_summary():
    assert lead(SUMMARY, "/events/call")["call"]["state"] == "ended"


def test_a_call_posted_to_the_summary_address_is_a_call():
    assert lead(CALL, "/events/summary")["call"]["state"] == "ringing"


def test_missed_is_who_nobody_talked_to_whatever_the_result_says():
    missed = lead({**SUMMARY, "talk_time": 0, "entry_result": 1}, "/events/summary")
    assert missed["call"]["state"] == "missed"
    assert (missed["call"]["wait_s"], missed["call"]["talk_s"]) == (70, 0)
    assert "answered_at" not in missed["call"]


@pytest.mark.parametrize("talk_time", ["0", "", None])
def test_no_talk_in_any_spelling_is_missed(talk_time):
    assert lead({**SUMMARY, "talk_time": talk_time})["call"]["state"] == "missed"


def test_numbers_may_come_as_text():
    payload = {
        **SUMMARY,
        "call_direction": "1",
        "talk_time": "1735690410",
        "end_time": "1735690470",
    }
    assert lead(payload)["call"]["talk_s"] == 60
    as_text = {**CALL, "timestamp": "1735690400", "seq": "3"}
    assert (lead(as_text)["seq"], lead(as_text)["occurred_at"]) == (3, "2025-01-01T00:13:20.000Z")


def test_text_and_number_name_the_same_delivery():
    assert lead(CALL)["event_id"] == lead({**CALL, "seq": "1"})["event_id"]


def test_an_answer_by_a_person_is_answered():
    told = lead({**CALL, "call_state": "Connected", "seq": 2, "timestamp": 1735690410})
    assert told["amends"] is True
    assert (
        told["call"]["state"],
        told["call"]["answered_at"],
    ) == ("answered", "2025-01-01T00:13:30.000Z")


@pytest.mark.parametrize("location", ["ivr", "queue", "ivr.2"])
def test_a_machine_that_picks_up_answers_nobody(location):
    told = lead({**CALL, "call_state": "Connected", "seq": 2, "location": location})
    assert told["call"]["state"] == "ringing"
    assert "answered_at" not in told["call"]


def test_a_hung_up_leg_is_ended():
    told = lead({**CALL, "call_state": "Disconnected", "seq": 3, "disconnect_reason": "1110"})
    assert (
        told["call"]["state"],
        told["call"]["ended_at"],
    ) == ("ended", "2025-01-01T00:13:20.000Z")


@pytest.mark.parametrize(
    "leg",
    [
        {"location": "ivr", "disconnect_reason": "1100"},
        {"location": "queue", "disconnect_reason": 1100},
        {"disconnect_reason": 1111},
        {"disconnect_reason": "1122"},
        {"callback_initiator": "API", "disconnect_reason": 1000},
        {"to": {"extension": "12", "was_transferred": True}, "disconnect_reason": 1120},
    ],
)
def test_a_leg_that_gives_way_to_another_does_not_end_the_call(leg):
    assert "state" not in lead({**CALL, "call_state": "Disconnected", "seq": 3, **leg})["call"]


@pytest.mark.parametrize("location", ["ivr", "queue", "abonent", None])
@pytest.mark.parametrize("reason", [1110, "1120", None])
def test_who_hangs_up_ends_the_call_wherever_it_is(location, reason):
    leg = {"location": location, "disconnect_reason": reason}
    assert lead({**CALL, "call_state": "Disconnected", **leg})["call"]["state"] == "ended"


def test_a_transferred_leg_amends_the_same_call():
    caller = {"number": "79210000006", "taken_from_call_id": "MToxMDAw"}
    told = lead({**CALL, "call_id": "MToxMDAx", "from": caller})
    assert (told["lead_id"], told["amends"]) == (LEAD, True)


def test_a_withheld_number_is_no_identity():
    told = lead({**CALL, "from": {}})
    assert told["identities"] == []


@pytest.mark.parametrize("number", ["sip:79210000006@provider.example", "Anonymous", "102"])
def test_what_is_no_number_is_kept_as_a_field(number):
    told = lead({**CALL, "from": {"number": number}})
    assert ([], number) == (told["identities"], told["fields"]["from.number"])


def test_a_call_between_colleagues_is_internal():
    parties = {"from": {"extension": "12", "number": "sip:a@v"}, "to": {"extension": "13"}}
    for payload in ({**CALL, **parties}, {**SUMMARY, **parties, "call_direction": 0}):
        result = sent(payload)
        assert (result["outcome"], result["reason"]) == ("ignored", "internal")


def test_a_dialled_call_goes_out_to_the_dialled_number():
    parties = {
        "from": {"extension": 12, "number": "sip:op@vpbx.example"},
        "to": {"number": "79210000006", "line_number": "78120000000"},
    }
    for payload in (
        {**CALL, **parties},
        {**SUMMARY, **parties, "call_direction": 2},
    ):
        told = lead(payload)
        assert (told["direction"], told["identities"][0]["value"]) == ("out", "+79210000006")
        assert told["call"]["extension"] == "12"


def test_a_callback_goes_out_though_its_first_leg_rings_us():
    told = lead({**CALL, "callback_initiator": "API", "call_state": "Connected", "seq": 2})
    assert (told["direction"], told["identities"][0]["value"]) == ("out", "+79210000006")
    assert told["call"]["state"] == "ringing"


def test_the_summary_of_a_callback_names_its_customer():
    told = lead({**SUMMARY, "call_direction": 2})
    assert (told["direction"], told["identities"][0]["value"]) == ("out", "+79210000006")


def test_a_call_that_we_route_stays_incoming():
    caller = {"number": "79210000006", "taken_from_call_id": "MToxMDAw"}
    assert lead({**CALL, "command_id": "c1", "from": caller})["direction"] == "in"


def test_our_own_line_is_no_customer():
    told = lead({**CALL, "from": {"number": "+7 812 000-00-00"}})
    assert told["identities"] == []


def test_foreign_numbers_come_without_plus():
    told = lead({**CALL, "from": {"number": "442071838750"}})
    assert told["identities"][0]["value"] == "+442071838750"


@pytest.mark.parametrize(
    ("told", "recording"),
    [
        ({"recording_state": "Started", "completion_code": None}, None),
        ({"completion_code": 4002}, None),
        ({"completion_code": "1000"}, "rec-1"),
    ],
)
def test_a_recording_counts_once_it_was_kept(told, recording):
    payload = {
        "recording_id": "rec-1",
        "recording_state": "Completed",
        "seq": 1,
        "entry_id": "MTox",
        **told,
    }
    assert recording == lead(payload, "/events/recording")["call"].get("recording")


def test_keys_pressed_in_a_menu_amend_the_call():
    payload = {
        "seq": 1,
        "dtmf": "2",
        "timestamp": 1735690405,
        "call_id": "MToxMDAw",
        "entry_id": "MTox",
        "location": "ivr.2",
        "initiator": "79210000006",
        "line_number": "78120000000",
    }
    told = lead(payload, "/events/dtmf")
    assert (told["lead_id"], told["amends"], told["fields"]["dtmf"]) == (LEAD, True, "2")
    assert told["event_id"] != lead(CALL)["event_id"]


@pytest.mark.parametrize(
    ("path", "reason"),
    [
        ("/events/sms", "status"),
        ("/result/callback", "service"),
        ("/events/later", "unknown_kind"),
        ("", "unknown_kind"),
    ],
)
def test_other_notifications_are_ignored_by_name(path, reason):
    result = sent({"command_id": "c1", "result": 1000}, path)
    assert ("ignored", reason, 200) == (
        result["outcome"],
        result["reason"],
        result["response"]["status"],
    )


def test_a_call_without_its_id_is_quarantined():
    result = sent({**CALL, "entry_id": None})
    assert (result["outcome"], result["reason"]) == ("quarantined", "missing_field")


def test_an_order_below_zero_orders_nothing():
    assert lead({**CALL, "seq": -1})["seq"] == 0


def test_a_form_that_cannot_be_read_is_not_authentic():
    request = {"body": "&".join("f=1" for _ in range(600)), "received_at": RECEIVED}
    result = try_delivery("mango", ACCOUNT, request)
    assert (result["response"]["status"], result["reason"]) == (403, "the form cannot be read")


def test_broken_json_with_a_right_signature_is_quarantined():
    result = try_delivery("mango", ACCOUNT, signed("{"))
    assert (
        result["outcome"],
        result["reason"],
        result["response"]["status"],
    ) == ("quarantined", "broken_json", 200)


def test_an_insane_clock_is_replaced_by_the_receipt():
    assert lead({**CALL, "timestamp": 86400})["occurred_at"] == RECEIVED
    assert lead({**CALL, "timestamp": 4102444800})["occurred_at"] == RECEIVED


# The signature.


def test_the_published_vector_holds():
    account = {"key": "<YOUR_API_KEY>", "salt": "<YOUR_API_SALT>"}
    form = {
        "vpbx_api_key": "<YOUR_API_KEY>",
        "sign": "515069b8c079df62f408e36dd7933912b8e86d833c5927ee77eb4b68d766c4f5",
        "json": '{"key":"<REQUEST_KEY>"}',
    }
    result = try_delivery("mango", account, {"url": "/result/stats", "body": urlencode(form)})
    assert result["outcome"] == "ignored"


def test_the_signature_covers_the_exact_text_and_not_its_meaning(recorded):
    call = recorded("mango_call")
    spaced = {**call.form(), "json": call.form()["json"].replace(",", ", ")}
    assert call.with_form(spaced)["outcome"] == "rejected"


def test_escapes_and_spaces_are_signed_as_they_came():
    text = '{ "entry_id" : "\\u041c",\t"call_state":"Appeared","call_id":"Ж" }'
    assert try_delivery("mango", ACCOUNT, signed(text))["outcome"] == "accepted"


def test_bytes_that_are_no_text_are_verified_before_they_are_read():
    result = try_delivery("mango", ACCOUNT, signed(b'{"entry_id":"\xff"}'))
    assert (result["outcome"], result["reason"]) == ("quarantined", "broken_json")


@pytest.mark.parametrize(
    ("changed", "status"),
    [
        ({"sign": None}, 401),
        ({"vpbx_api_key": None}, 401),
        ({"sign": "0" * 64}, 403),
        ({"sign": "é"}, 403),
        ({"vpbx_api_key": "another"}, 403),
    ],
)
def test_a_false_or_missing_credential_is_rejected(recorded, changed, status):
    call = recorded("mango_call")
    form = {name: text for name, text in {**call.form(), **changed}.items() if text is not None}
    result = call.with_form(form)
    assert ("rejected", status) == (result["outcome"], result["response"]["status"])


def test_one_flipped_bit_is_rejected(recorded):
    call = recorded("mango_call")
    body = bytearray(call.request["body"].encode())
    body[body.index(b"79210000006")] ^= 1
    assert call.with_body(bytes(body))["outcome"] == "rejected"


def test_an_hmac_is_no_signature(recorded):
    call = recorded("mango_call")
    form = call.form()
    form["sign"] = hashlib.sha256((form["json"] + KEY + SALT).encode()).hexdigest()
    assert call.with_form(form)["outcome"] == "rejected"


def test_key_and_salt_are_not_kept(recorded, lead_of):
    raw = base64.b64decode(lead_of(recorded("mango_call").sent())["raw"]["body"])
    assert b"sign=" in raw
    assert KEY.encode() not in raw


# Whatever comes.

ANYTHING = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=20),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner),
    max_leaves=8,
)


@settings(max_examples=100, deadline=None)
@given(
    st.sampled_from([CALL, SUMMARY, {"recording_id": "r", "entry_id": "e"}, {"dtmf": "1"}]),
    st.dictionaries(st.sampled_from([*CALL, *SUMMARY]), ANYTHING, max_size=4),
)
def test_no_value_of_any_field_is_a_parser_fault(payload, changes):
    result = sent({**payload, **changes})
    assert result["reason"] != "parser_fault", result


def test_a_nasty_payload_takes_no_time(quickly):
    nested = json.dumps({**CALL, "to": "@"}).replace('"@"', '{"a":' * 400 + "1" + "}" * 400)
    wide = json.dumps({**CALL, **{f"f{n}": ["x"] * 9 for n in range(1500)}})
    for text in (nested, wide):
        result = quickly(partial(try_delivery, "mango", ACCOUNT, signed(text)))
        assert result["outcome"] == "accepted"
