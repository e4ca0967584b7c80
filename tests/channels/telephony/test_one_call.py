"""One call is one lead, in whatever order its deliveries come (SEMANTICS 1.5)."""

import base64
import hashlib
import hmac
import json
from itertools import permutations
from typing import Any
from urllib.parse import urlencode

import msgspec
import pytest

from channels.sdk.lead import LeadEvent
from channels.trial import try_delivery
from eventstore.domain.fold import fold

RECEIVED = "2026-02-01T10:01:00.000Z"
PHONE = "79210000099"
START, ANSWER, END = 1769940000, 1769940010, 1769940050


def mango(payload: dict[str, Any]) -> tuple[str, dict[str, Any], dict[str, Any]]:
    text = json.dumps({"entry_id": "E1", **payload})
    sign = hashlib.sha256(f"k{text}s".encode()).hexdigest()
    body = urlencode({"vpbx_api_key": "k", "sign": sign, "json": text})
    return "mango", {"key": "k", "salt": "s"}, {"url": "/events/x", "body": body}


def form(kind: str, fields: dict[str, Any], **account: Any) -> tuple[str, dict[str, Any], Any]:
    return kind, account, {"body": urlencode(fields)}


def zadarma(event: str, signed: tuple[str, ...], **more: Any) -> tuple[str, dict[str, Any], Any]:
    call = {"pbx_call_id": "in_1", "caller_id": PHONE, "called_did": "78120000000"}
    fields = {"call_start": "2026-02-01 13:00:00", **call, **more}
    text = "".join(fields[name] for name in signed)
    digest = hmac.digest(b"s", text.encode(), "sha1").hex()
    headers = {"Signature": base64.b64encode(digest.encode()).decode()}
    body = urlencode({"event": event, **fields})
    return "zadarma", {"secret": "s"}, {"headers": headers, "body": body}


def uis(fields: dict[str, Any]) -> tuple[str, dict[str, Any], Any]:
    call = {"call_session_id": 7, "contact_phone_number": PHONE}
    return "uis", {}, {"body": json.dumps({**call, **fields})}


def megafon(fields: dict[str, Any]) -> tuple[str, dict[str, Any], Any]:
    call = {"callid": "c1", "phone": PHONE, "crm_token": "t"}
    return form("megafon", {**call, **fields}, crm_token="t")


def sipuni(fields: dict[str, Any]) -> tuple[str, dict[str, Any], Any]:
    call = {"call_id": "c1", "src_num": PHONE, "src_type": 1, "dst_num": "201", "dst_type": 2}
    return form("sipuni", {**call, **fields})


def asterisk(fields: dict[str, Any]) -> tuple[str, dict[str, Any], Any]:
    call = {"Uniqueid": "1.1", "Linkedid": "1.1", "CallerIDNum": PHONE, "Context": "from-trunk"}
    record = {**call, **fields}
    text = "".join(f"{name}: {value}\r\n" for name, value in record.items())
    return "asterisk", {}, {"item": f"{text}\r\n"}


def beeline(kind: str, **times: int) -> tuple[str, dict[str, Any], Any]:
    parts = "".join(f"<{name}>{value}000</{name}>" for name, value in times.items())
    call = (
        "<callId>h1</callId><extTrackingId>t1</extTrackingId><personality>Terminator</personality>"
        f"<remoteParty><address>tel:+{PHONE}</address></remoteParty>{parts}"
    )
    body = f'<Event><eventData type="xsi:{kind}"><call>{call}</call></eventData></Event>'
    return "beeline", {}, {"body": body}


LEG = {"from": {"number": PHONE}, "to": {"extension": "12"}, "location": "abonent", "call_id": "L1"}
SUMMARY = {"call_direction": 1, "from": {"number": PHONE}, "create_time": START, "end_time": END}

START_SIGNED = ("caller_id", "called_did", "call_start")

ANSWERED = {
    "zadarma": [
        zadarma("NOTIFY_START", START_SIGNED),
        zadarma("NOTIFY_INTERNAL", START_SIGNED, internal="100"),
        zadarma("NOTIFY_ANSWER", ("caller_id", "destination", "call_start"), destination="100"),
        zadarma("NOTIFY_END", START_SIGNED, disposition="answered", duration="40"),
        zadarma("NOTIFY_RECORD", ("pbx_call_id", "call_id_with_rec"), call_id_with_rec="r"),
    ],
    "mango": [
        mango({**LEG, "call_state": "Appeared", "seq": 1, "timestamp": START}),
        mango({**LEG, "call_state": "Connected", "seq": 2, "timestamp": ANSWER}),
        mango({**LEG, "call_state": "Disconnected", "seq": 3, "timestamp": END}),
        mango({**SUMMARY, "talk_time": ANSWER}),
        mango({"recording_id": "r", "recording_state": "Completed", "seq": 2, "timestamp": END}),
    ],
    "uis": [
        uis({"notification_mnemonic": "call_started", "notification_timestamp": START}),
        uis({"notification_mnemonic": "call_answered", "notification_timestamp": ANSWER}),
        uis(
            {
                "notification_mnemonic": "call_finished",
                "notification_timestamp": END,
                "talk_time_duration": 40,
            }
        ),
        uis({"notification_mnemonic": "call_recorded", "file_link": "r"}),
    ],
    "megafon": [
        megafon({"cmd": "event", "type": "INCOMING", "user": "a"}),
        megafon({"cmd": "event", "type": "ACCEPTED", "user": "a"}),
        megafon({"cmd": "event", "type": "CANCELLED", "user": "b"}),
        megafon({"cmd": "event", "type": "COMPLETED", "user": "a"}),
        megafon(
            {
                "cmd": "history",
                "status": "success",
                "start": "20260201T100000Z",
                "duration": 40,
                "link": "r",
            }
        ),
    ],
    "sipuni": [
        sipuni({"event": 1, "timestamp": START}),
        sipuni({"event": 3, "timestamp": ANSWER}),
        sipuni(
            {
                "event": 2,
                "timestamp": END,
                "call_start_timestamp": START,
                "call_answer_timestamp": ANSWER,
                "status": "ANSWER",
                "call_record_link": "r",
            }
        ),
        sipuni({"event": 4, "timestamp": END, "dst_num": "202", "status": "CANCEL"}),
    ],
    "asterisk": [
        asterisk({"Event": "Newchannel", "Timestamp": START}),
        asterisk({"Event": "DialEnd", "DialStatus": "ANSWER", "Timestamp": ANSWER}),
        asterisk({"Event": "Hangup", "Timestamp": END}),
        asterisk(
            {
                "Event": "Cdr",
                "Source": PHONE,
                "DestinationContext": "from-trunk",
                "StartTime": "2026-02-01 13:00:00",
                "AnswerTime": "2026-02-01 13:00:10",
                "EndTime": "2026-02-01 13:00:50",
                "Duration": 50,
                "BillableSeconds": 40,
                "Disposition": "ANSWERED",
            }
        ),
    ],
    "beeline": [
        beeline("CallReceivedEvent", startTime=START),
        beeline("CallAnsweredEvent", startTime=START, answerTime=ANSWER),
        beeline("CallReleasedEvent", startTime=START, answerTime=ANSWER, releaseTime=END),
    ],
}
MISSED = {
    "zadarma": [
        zadarma("NOTIFY_START", START_SIGNED),
        zadarma("NOTIFY_END", START_SIGNED, disposition="no answer", duration="40"),
    ],
    "mango": [
        mango({**LEG, "location": "ivr", "call_state": "Appeared", "seq": 1, "timestamp": START}),
        mango({**LEG, "location": "ivr", "call_state": "Connected", "seq": 2, "timestamp": START}),
        mango({**SUMMARY, "talk_time": 0, "entry_result": 1}),
    ],
    "uis": [
        uis({"notification_mnemonic": "call_started", "notification_timestamp": START}),
        uis({"notification_mnemonic": "lost_call", "notification_timestamp": END}),
    ],
    "megafon": [
        megafon({"cmd": "event", "type": "INCOMING", "user": "a"}),
        megafon({"cmd": "event", "type": "CANCELLED", "user": "a"}),
        megafon({"cmd": "history", "status": "Missed", "start": "20260201T100000Z"}),
    ],
    "sipuni": [
        sipuni({"event": 1, "timestamp": START}),
        sipuni({"event": 2, "timestamp": END, "status": "NOANSWER"}),
    ],
    "asterisk": [
        asterisk({"Event": "Newchannel", "Timestamp": START}),
        asterisk({"Event": "Hangup", "Timestamp": END}),
    ],
    "beeline": [
        beeline("CallReceivedEvent", startTime=START),
        beeline("CallReleasedEvent", startTime=START, releaseTime=END),
    ],
}


def leads(deliveries: list[tuple[str, dict[str, Any], dict[str, Any]]]) -> list[LeadEvent]:
    found = []
    for kind, account, request in deliveries:
        result = try_delivery(kind, account, {**request, "received_at": RECEIVED})
        assert result["outcome"] == "accepted", result
        found += [msgspec.convert(told, LeadEvent) for told in result["leads"]]
    return found


@pytest.mark.parametrize("calls", [ANSWERED, MISSED], ids=["answered", "missed"])
@pytest.mark.parametrize("kind", sorted(ANSWERED))
def test_its_deliveries_are_one_lead_that_one_of_them_opens(calls, kind):
    told = leads(calls[kind])
    assert len({event.lead_id for event in told}) == 1
    assert len({event.event_id for event in told}) == len(told)
    assert [event.amends for event in told].count(False) == 1
    assert {event.thread for event in told} == {told[0].thread}
    assert [event.event_id for event in told] == [e.event_id for e in leads(calls[kind])]


@pytest.mark.parametrize(("calls", "state"), [(ANSWERED, "ended"), (MISSED, "missed")])
@pytest.mark.parametrize("kind", sorted(ANSWERED))
def test_every_order_of_them_folds_to_the_same_call(calls, state, kind):
    folded = {msgspec.json.encode(fold(order)) for order in permutations(leads(calls[kind]))}
    assert len(folded) == 1
    lead = msgspec.json.decode(folded.pop(), type=LeadEvent)
    assert lead.call.state == state
    assert lead.occurred_at == "2026-02-01T10:00:00.000Z"
    assert [identity.value for identity in lead.identities] == [f"+{PHONE}"]


@pytest.mark.parametrize("kind", sorted(set(ANSWERED) - {"megafon", "zadarma"}))
def test_the_answer_is_known_to_the_second(kind):
    assert fold(leads(ANSWERED[kind])).call.answered_at == "2026-02-01T10:00:10.000Z"


@pytest.mark.parametrize("kind", sorted(ANSWERED))
def test_the_talk_is_known(kind):
    assert fold(leads(ANSWERED[kind])).call.talk_s == 40


@pytest.mark.parametrize("kind", ["mango", "zadarma", "uis", "megafon", "sipuni"])
def test_the_recording_is_known(kind):
    assert fold(leads(ANSWERED[kind])).call.recording == "r"
