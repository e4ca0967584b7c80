"""Asterisk by AMI and ARI: the samples, the gotchas, and hostile input."""

import base64
import json
from functools import partial
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from channels.sdk.ids import lead_id
from channels.trial import try_delivery

RECEIVED = "2026-02-01T10:00:51.000Z"
CALL_ID = "1735690700.5"
LEAD = lead_id("asterisk", "asterisk", CALL_ID)
RING = {
    "Event": "Newchannel",
    "Channel": "PJSIP/trunk-00000020",
    "ChannelStateDesc": "Ring",
    "CallerIDNum": "79210000013",
    "CallerIDName": "<unknown>",
    "Context": "from-trunk",
    "Exten": "78120000000",
    "Uniqueid": CALL_ID,
    "Linkedid": CALL_ID,
}
CDR = {
    "Event": "Cdr",
    "CallerID": '"Petr" <79210000013>',
    "Source": "79210000013",
    "Destination": "78120000000",
    "DestinationContext": "from-trunk",
    "DestinationChannel": "PJSIP/101-00000021",
    "StartTime": "2026-02-01 13:00:00",
    "AnswerTime": "2026-02-01 13:00:08",
    "EndTime": "2026-02-01 13:00:50",
    "Duration": "50",
    "BillableSeconds": "42",
    "Disposition": "ANSWERED",
    "UniqueID": CALL_ID,
}
CHANNEL: dict[str, Any] = {
    "id": CALL_ID,
    "name": "PJSIP/trunk-00000020",
    "state": "Ring",
    "caller": {"name": "", "number": "79210000013"},
    "connected": {"name": "", "number": ""},
    "dialplan": {"context": "from-trunk", "exten": "78120000000", "priority": 1},
    "creationtime": "2026-02-01T13:00:00.000+0300",
}
WHEN = "2026-02-01T13:00:05.000+0300"


def tried(item: Any, **account: Any) -> Any:
    request = {"item": item, "received_at": RECEIVED}
    return json.loads(
        json.dumps(try_delivery("asterisk", {"name": "asterisk", **account}, request))
    )


def ami(*records: dict[str, str]) -> str:
    return "".join(
        "".join(f"{name}: {text}\r\n" for name, text in record.items()) + "\r\n"
        for record in records
    )


def ari(kind: str, channel: dict[str, Any] | None = None, **more: Any) -> dict[str, Any]:
    return {"type": kind, "timestamp": WHEN, "channel": {**CHANNEL, **(channel or {})}, **more}


def lead(item: Any, **account: Any) -> dict[str, Any]:
    result = tried(item, **account)
    assert result["outcome"] == "accepted", result
    only: dict[str, Any] = result["leads"][0]
    return only


# Samples in the shapes of docs/providers.md, 5.8.


def test_an_ami_stream_is_one_lead_event_a_record(recorded):
    result = recorded("asterisk_ami").sent()
    hangup, cdr = result["leads"]
    assert hangup["lead_id"] == cdr["lead_id"] == LEAD
    assert hangup["event_id"] != cdr["event_id"]
    for told in (hangup, cdr):
        assert (told["kind"], told["direction"], told["amends"]) == ("call", "in", True)
        assert told["identities"] == [
            {"kind": "phone", "value": "+79210000013", "proof": "attested", "raw": "79210000013"}
        ]
    assert hangup["call"] == {"id": CALL_ID, "extension": "101", "state": "ended"}
    assert hangup["fields"]["cause"] == "16"
    assert cdr["occurred_at"] == "2026-02-01T10:00:00.000Z"
    assert cdr["call"] == {
        "id": CALL_ID,
        "line": "78120000000",
        "state": "ended",
        "answered_at": "2026-02-01T10:00:08.000Z",
        "ended_at": "2026-02-01T10:00:50.000Z",
        "wait_s": 8,
        "talk_s": 42,
    }


def test_each_record_keeps_its_own_text(recorded):
    hangup, cdr = recorded("asterisk_ami").sent()["leads"]
    assert base64.b64decode(hangup["raw"]["body"]).startswith(b"Event: Hangup\r\n")
    again = tried(base64.b64decode(cdr["raw"]["body"]).decode())
    assert again["leads"][0]["event_id"] == cdr["event_id"]


def test_an_ari_event_is_of_the_same_call(recorded, lead_of):
    told = lead_of(recorded("asterisk_ari").sent())
    assert told["lead_id"] == LEAD
    assert (told["direction"], told["amends"]) == ("in", True)
    assert told["occurred_at"] == "2026-02-01T10:00:50.000Z"
    assert told["identities"][0]["value"] == "+79210000013"
    assert told["call"] == {
        "id": CALL_ID,
        "line": "78120000000",
        "extension": "101",
        "state": "ended",
        "ended_at": "2026-02-01T10:00:50.000Z",
    }
    assert told["fields"] == {"cause": "16", "cause_txt": "Normal Clearing"}


# AMI.


def test_the_first_channel_opens_the_lead():
    told = lead(ami(RING))
    assert (told["amends"], told["call"]["state"]) == (False, "ringing")
    assert told["call"]["line"] == "78120000000"
    assert "profile" not in told


def test_the_linked_id_is_the_call():
    told = lead(ami({**RING, "Uniqueid": "1735690700.9"}))
    assert (told["lead_id"], told["amends"]) == (LEAD, True)


def test_the_system_s_name_tells_hosts_apart():
    told = lead(ami({**RING, "SystemName": "pbx2"}))
    assert told["call"]["id"] == f"pbx2-{CALL_ID}"
    named = {"Uniqueid": f"pbx2-{CALL_ID}", "Linkedid": f"pbx2-{CALL_ID}"}
    assert lead(ami({**RING, "SystemName": "pbx2", **named}))["lead_id"] == told["lead_id"]


def test_a_successful_dial_is_an_answer():
    dial = {**RING, "Event": "DialEnd", "DestUniqueid": "7", "DestCallerIDNum": "101"}
    told = lead(ami({**dial, "DialStatus": "ANSWER", "Timestamp": "1769940008.25"}))
    assert (told["call"]["state"], told["call"]["extension"]) == ("answered", "101")
    assert told["call"]["answered_at"] == "2026-02-01T10:00:08.250Z"
    assert "state" not in lead(ami({**dial, "DialStatus": "NOANSWER"}))["call"]


def test_a_channel_gone_while_it_rang_was_missed():
    assert lead(ami({**RING, "Event": "Hangup"}))["call"]["state"] == "missed"
    assert lead(ami({**RING, "Event": "Hangup", "ChannelStateDesc": "Up"}))["call"]["state"] == (
        "ended"
    )


@pytest.mark.parametrize("disposition", ["NO ANSWER", "BUSY", "FAILED", "CONGESTION"])
def test_whatever_was_not_answered_was_missed(disposition):
    told = lead(ami({**CDR, "Disposition": disposition, "BillableSeconds": "0"}))
    assert told["call"]["state"] == "missed"
    assert (told["call"]["wait_s"], told["call"]["talk_s"]) == (50, 0)
    assert "answered_at" not in told["call"]


def test_a_cdr_tells_the_name_and_who_was_rung():
    told = lead(ami(CDR))
    assert (told["profile"], told["call"]["extension"]) == ({"name": "Petr"}, "101")


def test_times_are_local_to_the_account():
    told = lead(ami(CDR), timezone="Asia/Yekaterinburg")
    assert told["occurred_at"] == "2026-02-01T08:00:00.000Z"


@pytest.mark.parametrize("number", ["<unknown>", "", "anonymous"])
def test_a_withheld_number_is_no_identity(number):
    assert lead(ami({**RING, "CallerIDNum": number}))["identities"] == []


@pytest.mark.parametrize("context", ["from-internal", "default", "", "from-trunkless"])
def test_only_calls_of_trunks_come_in(context):
    result = tried(ami({**RING, "Context": context}))
    assert (result["outcome"], result["reason"]) == ("ignored", "internal")


def test_contexts_are_a_setting():
    assert lead(ami({**RING, "Context": "from-trunk-beeline"}))["direction"] == "in"
    told = lead(ami({**RING, "Context": "incoming"}), inbound_contexts=["incoming"])
    assert told["direction"] == "in"
    assert tried(ami(RING), inbound_contexts=["incoming"])["reason"] == "internal"


@pytest.mark.parametrize("dialled", ["102", "*98", "12345", "s"])
def test_extensions_and_feature_codes_are_internal(dialled):
    call = {**RING, "Context": "from-internal", "CallerIDNum": "101", "Exten": dialled}
    assert tried(ami(call))["reason"] == "internal"


def test_an_extension_that_dials_a_number_calls_out():
    call = {"Source": "101", "Destination": "89210000013", "DestinationContext": "from-internal"}
    told = lead(ami({**CDR, **call}))
    assert (told["direction"], told["identities"][0]["value"]) == ("out", "+79210000013")
    assert told["call"]["extension"] == "101"


def test_other_records_are_ignored_and_harm_no_neighbour():
    noise = {"Event": "VarSet", "Variable": "X"}
    result = tried("Asterisk Call Manager/5.0.1\r\n" + ami({"Response": "Success"}, noise, RING))
    assert len(result["leads"]) == 1


@pytest.mark.parametrize(
    ("item", "outcome", "reason"),
    [
        ("", "ignored", "empty"),
        ("Asterisk Call Manager/5.0.1\r\n", "ignored", "service"),
        (ami({"Event": "Later"}), "ignored", "unknown_kind"),
        (ami({"Foo": "Bar"}), "quarantined", "missing_field"),
        (ami({"Event": "Newchannel"}), "quarantined", "missing_field"),
        (7, "quarantined", "wrong_type"),
        ("{", "quarantined", "broken_json"),
    ],
)
def test_what_cannot_be_read_has_a_name(item, outcome, reason):
    result = tried(item)
    assert (result["outcome"], result["reason"]) == (outcome, reason)


# ARI.


@pytest.mark.parametrize(
    ("event", "state", "amends"),
    [
        (ari("StasisStart"), "ringing", False),
        (ari("ChannelStateChange", {"state": "Up"}), "answered", True),
        (ari("ChannelStateChange", {"state": "Ring"}), "ringing", True),
        (ari("ChannelDestroyed", {"state": "Up"}), "ended", True),
        (ari("ChannelDestroyed", {"state": "Ring"}), "missed", True),
    ],
)
def test_every_ari_event_is_a_state_of_the_call(event, state, amends):
    told = lead(event)
    assert (told["lead_id"], told["call"]["state"], told["amends"]) == (LEAD, state, amends)
    assert told["occurred_at"] == "2026-02-01T10:00:05.000Z"


def test_a_dial_is_of_its_caller():
    peer = {"id": "9", "caller": {"number": "101"}}
    event = {"type": "Dial", "timestamp": WHEN, "caller": CHANNEL, "peer": peer}
    told = lead({**event, "dialstatus": "ANSWER"})
    assert (told["call"]["state"], told["call"]["extension"]) == ("answered", "101")
    assert lead({**event, "dialstatus": "RINGING"})["call"]["state"] == "ringing"
    assert "state" not in lead({**event, "dialstatus": "BUSY"})["call"]


def test_a_recording_amends_its_call():
    recording = {"name": "rec-7", "format": "wav", "target_uri": f"channel:{CALL_ID}"}
    told = lead({"type": "RecordingFinished", "timestamp": WHEN, "recording": recording})
    assert (told["lead_id"], told["amends"]) == (LEAD, True)
    assert told["call"] == {"id": CALL_ID, "recording": "rec-7"}


@pytest.mark.parametrize(
    ("kind", "reason"), [("ChannelVarset", "service"), ("Later", "unknown_kind")]
)
def test_other_ari_events_are_ignored_by_name(kind, reason):
    assert tried(ari(kind))["reason"] == reason


def test_ari_events_may_come_as_text_or_in_a_list():
    one = lead(ari("StasisStart"))
    assert lead(json.dumps(ari("StasisStart")))["event_id"] == one["event_id"]
    both = tried([ari("StasisStart"), "noise", ari("ChannelDestroyed")])
    assert len(both["leads"]) == 2


# Whatever comes.

ANYTHING = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(max_size=20),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner),
    max_leaves=8,
)


@settings(max_examples=100, deadline=None)
@given(
    st.dictionaries(st.sampled_from([*RING, *CDR, "DialStatus", "Timestamp"]), st.text()),
    st.dictionaries(st.sampled_from([*CHANNEL]), ANYTHING),
    ANYTHING,
)
def test_no_item_is_a_parser_fault(fields, channel, anything):
    items = (ami({**RING, **fields}), ami({**CDR, **fields}), ari("StasisStart", channel))
    for item in (*items, ari("ChannelDestroyed", channel), anything):
        assert tried(item)["reason"] != "parser_fault"


def test_half_a_surrogate_pair_is_read():
    assert tried(ari("StasisStart", {"id": "\ud800"}))["outcome"] == "accepted"


def test_a_nasty_stream_takes_no_time(quickly):
    for item in ("Event: x\r\n\r\n" * 3000, "a:" * 60_000, ":" * 100_000, "\r\n" * 60_000):
        assert quickly(partial(tried, item))["reason"] != "parser_fault"
