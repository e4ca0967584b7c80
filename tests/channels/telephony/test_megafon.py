"""Megafon's CRM API: its three commands, the gotchas, the token, and hostile input."""

import base64
import json
from functools import partial
from typing import Any
from urllib.parse import urlencode

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from channels.sdk.ids import event_id, lead_id
from channels.trial import try_delivery

TOKEN = "example_crm_token"
RECEIVED = "2026-02-01T10:00:30.000Z"
LEAD = lead_id("megafon", "vats", "ex-1")
EVENT = {
    "cmd": "event",
    "type": "INCOMING",
    "phone": "79210000009",
    "diversion": "78120000000",
    "user": "ivanov",
    "ext": "101",
    "callid": "ex-1",
    "crm_token": TOKEN,
}
HISTORY = {
    "cmd": "history",
    "type": "in",
    "status": "Success",
    "phone": "79210000009",
    "user": "ivanov",
    "ext": "101",
    "diversion": "78120000000",
    "start": "20260201T100000Z",
    "duration": "42",
    "callid": "ex-1",
    "link": "https://records.example/ex-1.mp3",
    "crm_token": TOKEN,
}


def sent(fields: dict[str, Any], *, as_json: bool = False) -> Any:
    request = {
        "url": "/in/vats",
        "headers": {"Content-Type": "application/json"} if as_json else {},
        "body": json.dumps(fields) if as_json else urlencode(fields),
        "received_at": RECEIVED,
    }
    result = try_delivery("megafon", {"name": "vats", "crm_token": TOKEN}, request)
    return json.loads(json.dumps(result))


def lead(fields: dict[str, Any], *, as_json: bool = False) -> dict[str, Any]:
    result = sent(fields, as_json=as_json)
    assert result["outcome"] == "accepted", result
    only: dict[str, Any] = result["leads"][0]
    return only


def test_the_first_ring_opens_the_lead(recorded, lead_of):
    told = lead_of(recorded("megafon_event").sent())
    assert told["lead_id"] == LEAD
    assert told["event_id"] == event_id("megafon", "vats", "ex-1/INCOMING/ivanov")
    assert (told["direction"], told["amends"], told["occurred_at"]) == ("in", False, RECEIVED)
    assert told["identities"] == [
        {"kind": "phone", "value": "+79210000009", "proof": "attested", "raw": "79210000009"}
    ]
    assert told["call"] == {
        "id": "ex-1",
        "line": "78120000000",
        "extension": "101",
        "state": "ringing",
        "operator": "ivanov",
    }


def test_the_history_tells_that_it_was_missed(recorded, lead_of):
    told = lead_of(recorded("megafon_history").sent())
    assert told["lead_id"] == LEAD
    assert told["event_id"] == event_id("megafon", "vats", "ex-1")
    assert (told["amends"], told["occurred_at"]) == (True, "2026-02-01T10:00:00.000Z")
    assert (told["call"]["state"], told["call"]["talk_s"]) == ("missed", 0)


def test_a_look_up_is_answered_without_a_lead(recorded):
    result = recorded("megafon_contact").sent()
    assert (result["outcome"], result["reason"]) == ("ignored", "service")
    response = result["response"]
    assert (response["status"], response["content_type"], response["body"]) == (
        200,
        "application/json",
        "{}",
    )


def test_a_successful_call_knows_its_talk_and_recording():
    told = lead(HISTORY)
    assert told["call"] == {
        "id": "ex-1",
        "line": "78120000000",
        "extension": "101",
        "state": "ended",
        "talk_s": 42,
        "recording": "https://records.example/ex-1.mp3",
        "operator": "ivanov",
    }


@pytest.mark.parametrize(
    ("status", "state"),
    [
        ("success", "ended"),
        ("SUCCESS", "ended"),
        ("Missed", "missed"),
        ("Cancel", "missed"),
        ("busy", "missed"),
        ("NotAvailable", "missed"),
        ("notallowed", "missed"),
        ("NotFound", "missed"),
    ],
)
def test_the_case_of_a_status_varies(status, state):
    assert lead({**HISTORY, "status": status})["call"]["state"] == state


@pytest.mark.parametrize(
    ("kind", "state", "amends"),
    [
        ("INCOMING", "ringing", False),
        ("ACCEPTED", "answered", True),
        ("TRANSFERRED", "answered", True),
        ("COMPLETED", "ended", True),
        ("CANCELLED", "missed", True),
    ],
)
def test_every_event_is_a_state_of_the_same_call(kind, state, amends):
    told = lead({**EVENT, "type": kind})
    assert (told["lead_id"], told["call"]["state"], told["amends"]) == (LEAD, state, amends)


def test_a_group_rings_one_call_for_many_users():
    one, other = lead(EVENT), lead({**EVENT, "user": "petrov", "ext": "102"})
    assert one["lead_id"] == other["lead_id"]
    assert one["event_id"] != other["event_id"]


@pytest.mark.parametrize(
    "fields",
    [
        {**EVENT, "type": "OUTGOING"},
        {**EVENT, "type": "ACCEPTED", "direction": "out"},
        {**HISTORY, "type": "out"},
    ],
)
def test_a_dialled_call_goes_out(fields):
    told = lead(fields)
    assert (told["direction"], told["identities"][0]["value"]) == ("out", "+79210000009")


def test_json_accounts_send_the_same():
    as_form, as_json = lead(HISTORY), lead({**HISTORY, "duration": 42}, as_json=True)
    assert (as_form["event_id"], as_form["call"]) == (as_json["event_id"], as_json["call"])


def test_a_rating_amends_its_call():
    rating = {"cmd": "rating", "callid": "ex-1", "phone": "79210000009", "rating": "5"}
    told = lead({**rating, "crm_token": TOKEN})
    assert (told["lead_id"], told["amends"], told["fields"]["rating"]) == (LEAD, True, "5")


def test_colleagues_are_internal():
    result = sent({**EVENT, "phone": "102"})
    assert (result["outcome"], result["reason"]) == ("ignored", "internal")


@pytest.mark.parametrize("fields", [{"cmd": "later"}, {"cmd": ""}, {"type": "LATER"}])
def test_unknown_commands_and_states_are_ignored(fields):
    result = sent({**EVENT, **fields})
    assert (result["outcome"], result["reason"]) == ("ignored", "unknown_kind")
    assert result["response"]["status"] == 200


def test_a_call_without_its_id_is_quarantined():
    result = sent({**HISTORY, "callid": ""})
    assert (result["outcome"], result["reason"]) == ("quarantined", "missing_field")


def test_a_withheld_number_is_no_identity():
    assert lead({**EVENT, "phone": "anonymous"})["identities"] == []


@pytest.mark.parametrize("token", ["", "another", "ж", None])
def test_a_false_or_missing_token_is_answered_as_documented(token):
    fields = {name: text for name, text in {**EVENT, "crm_token": token}.items() if text}
    for as_json in (False, True):
        result = sent(fields, as_json=as_json)
        assert (result["outcome"], result["response"]["status"]) == ("rejected", 401)
        assert json.loads(result["response"]["body"]) == {"error": "Invalid token"}


def test_the_token_is_not_kept():
    raw = base64.b64decode(lead(EVENT)["raw"]["body"]).decode()
    assert "callid=ex-1" in raw
    assert TOKEN not in raw
    assert "crm_token" not in lead(EVENT).get("fields", {})


ANYTHING = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=20),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner),
    max_leaves=6,
)


@settings(max_examples=100, deadline=None)
@given(
    st.sampled_from([EVENT, HISTORY]),
    st.dictionaries(st.sampled_from([*HISTORY, "direction", "wait"]), ANYTHING),
)
def test_no_value_of_any_field_is_a_parser_fault(fields, changes):
    result = sent({**fields, **changes, "crm_token": TOKEN}, as_json=True)
    assert result["reason"] != "parser_fault", result


def test_a_nasty_delivery_takes_no_time(quickly):
    for fields in ({**HISTORY, "start": "9" * 90_000}, {**EVENT, "phone": "+7" * 40_000}):
        assert quickly(partial(sent, fields))["outcome"] == "accepted"
