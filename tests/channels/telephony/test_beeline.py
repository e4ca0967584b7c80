"""Beeline's XSI events: the sample, the gotchas, and hostile XML."""

import json
from functools import partial
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from channels.sdk.ids import event_id, lead_id
from channels.trial import try_delivery

RECEIVED = "2025-01-01T00:17:41.000Z"
LEAD = lead_id("beeline", "beeline", "1:1")
PARTS = {
    "callId": "callhalf-1:0",
    "extTrackingId": "1:1",
    "personality": "Terminator",
    "startTime": "1735690600000",
}
REMOTE = '<xsi:address countryCode="7">tel:+79210000011</xsi:address>'


def event(
    kind: str, *, remote: str = REMOTE, envelope: str = "", more: str = "", **parts: str
) -> str:
    texts = "".join(f"<xsi:{n}>{t}</xsi:{n}>" for n, t in {**PARTS, **parts}.items() if t)
    return (
        '<?xml version="1.0" encoding="UTF-8"?>'
        '<xsi:Event xmlns:xsi="http://schema.broadsoft.com/xsi" xsi:type="xsi:SubscriptionEvent">'
        f'{envelope}<xsi:eventData xsi:type="xsi:{kind}"><xsi:call>{texts}'
        f"<xsi:remoteParty>{remote}</xsi:remoteParty>{more}</xsi:call></xsi:eventData></xsi:Event>"
    )


def sent(body: str | bytes) -> Any:
    text = body if isinstance(body, str) else body.decode("latin-1")
    request = {"url": "/in/beeline", "body": text, "received_at": RECEIVED}
    return json.loads(json.dumps(try_delivery("beeline", {"name": "beeline"}, request)))


def lead(body: str) -> dict[str, Any]:
    result = sent(body)
    assert result["outcome"] == "accepted", result
    only: dict[str, Any] = result["leads"][0]
    return only


def test_a_call_released_without_an_answer_was_missed(recorded, lead_of):
    told = lead_of(recorded("beeline_released").sent())
    assert told["lead_id"] == LEAD
    assert told["event_id"] == event_id("beeline", "beeline", "callhalf-1:0/CallReleasedEvent")
    assert (told["direction"], told["amends"]) == ("in", True)
    assert told["occurred_at"] == "2025-01-01T00:17:40.000Z"
    assert [(i["kind"], i["value"], i["proof"]) for i in told["identities"]] == [
        ("phone", "+79210000011", "attested")
    ]
    assert told["call"] == {
        "id": "1:1",
        "state": "missed",
        "ended_at": "2025-01-01T00:17:40.000Z",
        "wait_s": 60,
        "talk_s": 0,
    }


def test_an_answered_call_knows_its_times():
    told = lead(event("CallReleasedEvent", answerTime="1735690610000", releaseTime="1735690660000"))
    assert told["call"]["state"] == "ended"
    assert told["call"]["answered_at"] == "2025-01-01T00:16:50.000Z"
    assert (told["call"]["wait_s"], told["call"]["talk_s"]) == (10, 50)


def test_the_first_ring_opens_the_lead():
    told = lead(event("CallReceivedEvent"))
    assert (told["lead_id"], told["amends"], told["call"]["state"]) == (LEAD, False, "ringing")
    assert told["occurred_at"] == "2025-01-01T00:16:40.000Z"


def test_an_answer_amends_it():
    told = lead(event("CallAnsweredEvent", answerTime="1735690610000"))
    assert (told["amends"], told["call"]["state"]) == (True, "answered")
    assert told["occurred_at"] == "2025-01-01T00:16:50.000Z"


@pytest.mark.parametrize(
    "text", ["2025-01-01T03:16:40+03:00", "2025-01-01T03:16:40.000+0300", "1735690600"]
)
def test_times_may_be_written_otherwise(text):
    told = lead(event("CallReceivedEvent", startTime=text))
    assert told["occurred_at"] == "2025-01-01T00:16:40.000Z"


def test_the_tracking_id_joins_the_legs():
    one = lead(event("CallReceivedEvent"))
    other = lead(event("CallReceivedEvent", callId="callhalf-2:0"))
    assert one["lead_id"] == other["lead_id"]
    assert one["event_id"] != other["event_id"]


def test_an_event_id_is_the_delivery_s_key():
    envelope = "<xsi:eventID>e-1</xsi:eventID><xsi:sequenceNumber>7</xsi:sequenceNumber>"
    told = lead(event("CallReceivedEvent", envelope=envelope))
    assert told["event_id"] == event_id("beeline", "beeline", "e-1")
    assert told["seq"] == 7


@pytest.mark.parametrize("personality", ["Originator", "Click-to-Dial"])
def test_a_dialled_call_goes_out(personality):
    told = lead(event("CallOriginatedEvent", personality=personality))
    assert (told["direction"], told["identities"][0]["value"]) == ("out", "+79210000011")


@pytest.mark.parametrize(
    "remote", ["<xsi:address>tel:101</xsi:address>", f"{REMOTE}<xsi:callType>Group</xsi:callType>"]
)
def test_colleagues_are_internal(remote):
    result = sent(event("CallReceivedEvent", remote=remote))
    assert (result["outcome"], result["reason"]) == ("ignored", "internal")


@pytest.mark.parametrize("remote", ["", "<xsi:address>sip:a@b</xsi:address>"])
def test_a_withheld_number_is_no_identity(remote):
    assert lead(event("CallReceivedEvent", remote=remote))["identities"] == []


def test_a_national_number_is_of_its_country_code():
    remote = '<xsi:address countryCode="7">tel:9210000011</xsi:address>'
    told = lead(event("CallReceivedEvent", remote=remote))
    assert told["identities"][0]["value"] == "+79210000011"


def test_the_user_the_line_and_the_name():
    told = lead(
        event(
            "CallReceivedEvent",
            envelope="<xsi:targetId>9650160001@mpbx.sip.beeline.ru</xsi:targetId>",
            remote=f"<xsi:name>Пётр</xsi:name>{REMOTE}",
            more="<xsi:redirections><xsi:redirection><xsi:party><xsi:address>tel:+78120000000"
            "</xsi:address></xsi:party></xsi:redirection></xsi:redirections>",
        )
    )
    assert (told["call"]["operator"], told["call"]["line"]) == ("9650160001", "+78120000000")
    assert told["profile"] == {"name": "Пётр"}


def test_the_type_may_be_in_another_namespace():
    body = event("CallReceivedEvent").replace(
        "<xsi:eventData xsi:type",
        '<xsi:eventData xmlns:i="http://www.w3.org/2001/XMLSchema-instance" i:type',
    )
    assert lead(body)["call"]["state"] == "ringing"


@pytest.mark.parametrize(
    ("kind", "reason"),
    [("HookStatusEvent", "service"), ("SubscriptionEvent", "service"), ("Later", "unknown_kind")],
)
def test_other_events_are_ignored_by_name(kind, reason):
    result = sent(event(kind))
    assert (result["outcome"], result["reason"]) == ("ignored", reason)


def test_a_call_without_its_id_is_quarantined():
    result = sent(event("CallReceivedEvent", callId="", extTrackingId=""))
    assert (result["outcome"], result["reason"]) == ("quarantined", "missing_field")


BOMB = '<!DOCTYPE b [<!ENTITY a "ha"><!ENTITY b "&a;&a;&a;">]>' + "<Event>&b;</Event>"
OUTSIDE = '<!DOCTYPE b [<!ENTITY x SYSTEM "file:///etc/passwd">]><Event>&x;</Event>'


@pytest.mark.parametrize(
    "body", ["", "<", "<a>", BOMB, OUTSIDE, '<?xml version="1.0" encoding="utf-7"?><a/>', "\ufffe"]
)
def test_broken_and_hostile_xml_is_quarantined(body):
    result = sent(body)
    assert (result["outcome"], result["reason"]) == ("quarantined", "broken_xml")


@pytest.mark.parametrize("path", ["/in/beeline", "/in/beeline/wrong"])
def test_the_secret_path_is_the_credential(recorded, path):
    result = recorded("beeline_released").sent(url=path)
    assert (result["outcome"], result["response"]["status"]) == ("rejected", 403)


XML = "".join(chr(n) for n in range(32, 127))


@settings(max_examples=100, deadline=None)
@given(
    st.sampled_from(["CallReceivedEvent", "CallReleasedEvent"]),
    st.dictionaries(st.sampled_from([*PARTS, "releaseTime", "answerTime"]), st.text(XML)),
    st.binary(max_size=60),
)
def test_no_document_is_a_parser_fault(kind, parts, noise):
    escaped = {n: t.replace("&", "&amp;").replace("<", "&lt;") for n, t in parts.items()}
    for body in (event(kind, **escaped), noise, event(kind).encode()[:-40] + noise):
        result = sent(body)
        assert result["reason"] != "parser_fault", result


def test_nasty_documents_take_no_time(quickly):
    deep = event("CallReceivedEvent", more="<a>" * 30_000 + "</a>" * 30_000)
    wide = event("CallReceivedEvent", more="<a>x</a>" * 25_000)
    for body in (deep, wide):
        assert quickly(partial(sent, body))["reason"] != "parser_fault"
