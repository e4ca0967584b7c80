"""Sipuni: the sample, the gotchas, the secret path, and hostile input."""

import json
from functools import partial
from typing import Any
from urllib.parse import urlencode

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from channels.sdk.ids import event_id, lead_id
from channels.trial import try_delivery

LEAD = lead_id("sipuni", "sipuni", "1735690500.1")
RECEIVED = "2025-01-01T00:16:01.000Z"
CALL = {
    "event": "1",
    "call_id": "1735690500.1",
    "src_num": "79210000010",
    "src_type": "1",
    "dst_num": "201",
    "dst_type": "2",
    "timestamp": "1735690500",
}
HANGUP = {
    **CALL,
    "event": "2",
    "timestamp": "1735690560",
    "call_start_timestamp": "1735690500",
    "call_answer_timestamp": "1735690510",
    "status": "ANSWER",
}


def sent(fields: dict[str, Any], method: str = "GET") -> Any:
    text = urlencode(fields)
    by_address = {"url": f"/in/sipuni?{text}"} if method == "GET" else {"body": text}
    request = {"method": method, "url": "/in/sipuni", "received_at": RECEIVED, **by_address}
    return json.loads(json.dumps(try_delivery("sipuni", {"name": "sipuni"}, request)))


def lead(fields: dict[str, Any], method: str = "GET") -> dict[str, Any]:
    result = sent(fields, method)
    assert result["outcome"] == "accepted", result
    only: dict[str, Any] = result["leads"][0]
    return only


def test_the_hang_up_of_an_answered_call(recorded, lead_of):
    result = recorded("sipuni_hangup").sent()
    assert json.loads(result["response"]["body"]) == {"success": True}
    assert result["response"]["content_type"] == "application/json"
    told = lead_of(result)
    assert told["lead_id"] == LEAD
    assert told["event_id"] == event_id("sipuni", "sipuni", "1735690500.1/2/201")
    assert (told["direction"], told["amends"]) == ("in", True)
    assert told["occurred_at"] == "2025-01-01T00:16:00.000Z"
    assert told["identities"] == [
        {"kind": "phone", "value": "+79210000010", "proof": "attested", "raw": "79210000010"}
    ]
    assert told["call"] == {
        "id": "1735690500.1",
        "extension": "201",
        "state": "ended",
        "answered_at": "2025-01-01T00:15:10.000Z",
        "ended_at": "2025-01-01T00:16:00.000Z",
        "wait_s": 10,
        "talk_s": 50,
        "recording": "https://rec.example/1",
    }
    assert told["fields"]["treeName"] == "Main"


def test_get_and_post_mean_the_same():
    assert lead(HANGUP)["event_id"] == lead(HANGUP, "POST")["event_id"]
    assert lead(HANGUP)["call"] == lead(HANGUP, "POST")["call"]


def test_the_order_of_parameters_is_arbitrary():
    assert lead(dict(reversed(HANGUP.items())))["event_id"] == lead(HANGUP)["event_id"]


def test_start_answer_and_hang_up_are_one_call():
    start, answer = lead(CALL), lead({**CALL, "event": "3", "timestamp": "1735690510"})
    assert (start["amends"], start["call"]["state"]) == (False, "ringing")
    assert (answer["amends"], answer["call"]["state"]) == (True, "answered")
    assert answer["call"]["answered_at"] == "2025-01-01T00:15:10.000Z"
    assert {start["lead_id"], answer["lead_id"], lead(HANGUP)["lead_id"]} == {LEAD}


@pytest.mark.parametrize("status", ["BUSY", "NOANSWER", "CANCEL", "CONGESTION", "CHANUNAVAIL"])
def test_whatever_was_not_answered_was_missed(status):
    told = lead({**HANGUP, "status": status, "call_answer_timestamp": "0"})
    assert told["call"]["state"] == "missed"
    assert (told["call"]["wait_s"], told["call"]["talk_s"]) == (60, 0)
    assert "answered_at" not in told["call"]


def test_a_leg_that_stops_ringing_does_not_end_the_call():
    leg = {**HANGUP, "event": "4", "dst_num": "202", "status": "CANCEL"}
    told = lead({**leg, "call_answer_timestamp": "0"})
    assert (told["lead_id"], told["call"].get("state")) == (LEAD, None)
    assert told["event_id"] != lead(HANGUP)["event_id"]


def test_a_dialled_call_goes_out_to_its_destination():
    dialled = {"src_num": "201", "src_type": "2", "dst_num": "79210000010", "dst_type": "1"}
    told = lead({**HANGUP, **dialled})
    assert (told["direction"], told["identities"][0]["value"]) == ("out", "+79210000010")
    assert told["call"]["extension"] == "201"


def test_a_call_to_a_line_names_the_line():
    told = lead({**CALL, "dst_num": "78120000000", "dst_type": "1"})
    assert (told["direction"], told["call"]["line"]) == ("in", "78120000000")


@pytest.mark.parametrize(
    "fields", [{"src_num": "202", "src_type": "2"}, {"is_inner_call": "1"}, {"src_num": "202"}]
)
def test_colleagues_are_internal(fields):
    call = {name: text for name, text in CALL.items() if not name.endswith("_type")}
    result = sent({**call, **fields})
    assert (result["outcome"], result["reason"]) == ("ignored", "internal")


def test_an_unknown_event_is_ignored_with_success():
    result = sent({**CALL, "event": "9"})
    assert (result["outcome"], result["reason"]) == ("ignored", "unknown_kind")
    assert json.loads(result["response"]["body"]) == {"success": True}


def test_a_quarantined_event_is_answered_with_success():
    result = sent({**CALL, "call_id": ""})
    assert (result["outcome"], result["reason"]) == ("quarantined", "missing_field")
    assert json.loads(result["response"]["body"]) == {"success": True}


def test_the_secret_path_is_the_credential(recorded):
    hangup = recorded("sipuni_hangup")
    result = hangup.sent(url=hangup.request["url"].replace("tr0ub4dor", "tr0ub4dar"))
    assert (result["outcome"], result["response"]["status"]) == ("rejected", 403)


def test_a_link_loses_its_credentials():
    told = lead({**HANGUP, "call_record_link": "https://rec.example/1?hash=deadbeef&id=1"})
    assert told["call"]["recording"] == "https://rec.example/1?id=1"


@settings(max_examples=100, deadline=None)
@given(st.dictionaries(st.sampled_from([*HANGUP, "call_record_link"]), st.text(max_size=30)))
def test_no_value_of_any_field_is_a_parser_fault(changes):
    result = sent({**HANGUP, **changes})
    assert result["reason"] != "parser_fault", result


def test_a_nasty_delivery_takes_no_time(quickly):
    link = "https://" + "@" * 20_000 + "?" + "a=1&" * 400
    for fields in ({**HANGUP, "call_record_link": link}, {**HANGUP, "src_num": "+" * 60_000}):
        assert quickly(partial(sent, fields, "POST"))["outcome"] == "accepted"
