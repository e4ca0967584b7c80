"""UIS and CoMagic: the recommended template, other templates, and hostile input."""

import json
from functools import partial
from typing import Any
from urllib.parse import urlencode

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from channels.sdk.ids import event_id, lead_id
from channels.trial import try_delivery

RECEIVED = "2026-02-01T10:00:45.000Z"
CALL: dict[str, Any] = {
    "notification_mnemonic": "call_finished",
    "notification_time": "2026-02-01 13:00:42.000",
    "call_session_id": 700000001,
    "direction": "in",
    "contact_phone_number": "79210000008",
    "virtual_phone_number": "78120000000",
    "talk_time_duration": 42,
}


def sent(payload: Any, **request: Any) -> Any:
    body = payload if isinstance(payload, str) else json.dumps(payload)
    given_request = {"url": "/in/uis", "body": body, "received_at": RECEIVED, **request}
    return json.loads(json.dumps(try_delivery("uis", {"name": "uis"}, given_request)))


def lead(payload: Any, **request: Any) -> dict[str, Any]:
    result = sent(payload, **request)
    assert result["outcome"] == "accepted", result
    only: dict[str, Any] = result["leads"][0]
    return only


def test_the_recommended_template(recorded, lead_of):
    result = recorded("uis_call_finished").sent()
    assert result["response"]["status"] == 200
    told = lead_of(result)
    assert told["lead_id"] == lead_id("uis", "uis", "700000001")
    assert told["event_id"] == event_id("uis", "uis", "700000001/call_finished")
    assert (told["direction"], told["amends"], told["thread"]) == ("in", True, "700000001")
    assert told["occurred_at"] == "2026-02-01T10:00:42.000Z"
    assert [(i["kind"], i["value"], i["proof"]) for i in told["identities"]] == [
        ("phone", "+79210000008", "attested"),
        ("visitor", "1700000000000000002", "claimed"),
    ]
    assert told["call"] == {
        "id": "700000001",
        "line": "78120000000",
        "state": "ended",
        "ended_at": "2026-02-01T10:00:42.000Z",
        "talk_s": 42,
        "recording": "https://records.example/700000001",
        "operator": "Смирнов А.",
    }
    assert told["campaign"] == {"utm_source": "yandex"}


@pytest.mark.parametrize(
    ("fields", "state"),
    [
        ({"is_lost": True}, "missed"),
        ({"is_lost": "true"}, "missed"),
        ({"is_lost": 1}, "missed"),
        ({"notification_mnemonic": "lost_call"}, "missed"),
        ({"talk_time_duration": 0}, "missed"),
        ({"talk_time_duration": "0", "notification_mnemonic": "n1"}, "missed"),
        ({"is_lost": False, "talk_time_duration": 0}, "ended"),
        ({"notification_mnemonic": "CALL_SESSION_FINISHED", "talk_time_duration": None}, "ended"),
        ({"notification_mnemonic": "in_call_session", "talk_time_duration": None}, "ringing"),
        ({"notification_mnemonic": "call_answered", "talk_time_duration": None}, "answered"),
        ({"notification_mnemonic": "talk_started", "talk_time_duration": None}, "answered"),
        ({"notification_mnemonic": "wait_for_answer", "talk_time_duration": None}, "ringing"),
        ({"notification_mnemonic": "no_answer", "talk_time_duration": None}, "missed"),
        ({"notification_mnemonic": "call_disconnected", "talk_time_duration": None}, "ended"),
        ({"notification_mnemonic": "record_call", "talk_time_duration": None}, None),
    ],
)
def test_the_state_is_told_by_the_words_and_the_fields(fields, state):
    assert lead({**CALL, **fields})["call"].get("state") == state


def test_only_the_first_ring_opens_the_lead():
    ringing = {**CALL, "talk_time_duration": None}
    assert lead({**ringing, "notification_mnemonic": "call_started"})["amends"] is False
    assert lead({**ringing, "notification_mnemonic": "wait_for_answer"})["amends"] is True


def test_an_answer_knows_its_time():
    told = lead({**CALL, "notification_mnemonic": "call_answered", "talk_time_duration": None})
    assert told["call"]["answered_at"] == "2026-02-01T10:00:42.000Z"


def test_the_start_and_the_wait_tell_when_it_was_answered():
    told = lead({**CALL, "start_time": "2026-02-01 12:59:50", "wait_time_duration": "10"})
    assert (told["call"]["answered_at"], told["call"]["wait_s"]) == ("2026-02-01T10:00:00.000Z", 10)


def test_the_timestamp_wins_over_the_wall_clock():
    told = lead({**CALL, "notification_timestamp": 1769940000})
    assert told["occurred_at"] == "2026-02-01T10:00:00.000Z"


def test_unexpanded_variables_count_as_absent():
    told = lead({**CALL, "utm_term": "{{utm_term}}", "utm_source": "null", "gclid": "g1"})
    assert told["campaign"] == {"gclid": "g1"}
    assert "utm_term" not in told.get("fields", {})


def test_every_visitor_id_is_claimed():
    told = lead({**CALL, "ua_client_id": "111.222", "visitor_id": 333, "ym_client_id": 444})
    visitors = [i for i in told["identities"] if i["kind"] == "visitor"]
    assert {(i["value"], i["proof"]) for i in visitors} == {
        ("111.222", "claimed"),
        ("333", "claimed"),
        ("444", "claimed"),
    }


def test_ids_may_be_text_and_mean_the_same():
    assert lead({**CALL, "call_session_id": "700000001"})["lead_id"] == lead(CALL)["lead_id"]


def test_a_template_may_nest_its_variables():
    nested = {"event": "call_finished", "data": {"call": {**CALL, "tag_names": ["vip", "new"]}}}
    told = lead(nested)
    assert told["lead_id"] == lead(CALL)["lead_id"]
    assert told["fields"]["tag_names"] == "vip, new"


def test_a_template_may_be_a_form_or_an_address():
    form = {name: str(value) for name, value in CALL.items()}
    in_body = lead(urlencode(form))
    in_address = lead("", method="GET", url=f"/in/uis?{urlencode(form)}")
    assert in_body["event_id"] == in_address["event_id"] == lead(CALL)["event_id"]
    assert in_address["call"] == lead(CALL)["call"]


def test_a_dialled_call_goes_out_to_the_called_number():
    told = lead(
        {
            **CALL,
            "direction": "out",
            "contact_phone_number": None,
            "called_phone_number": "79210000009",
            "calling_phone_number": "78120000000",
        }
    )
    assert (told["direction"], told["identities"][0]["value"]) == ("out", "+79210000009")


@pytest.mark.parametrize("fields", [{"is_internal": True}, {"contact_phone_number": "102"}])
def test_colleagues_are_internal(fields):
    result = sent({**CALL, **fields})
    assert (result["outcome"], result["reason"]) == ("ignored", "internal")


def test_a_name_is_a_profile_and_what_is_unknown_a_field():
    told = lead({**CALL, "contact_full_name": "Пётр", "search_query": "окна", "scenario_name": "S"})
    assert told["profile"] == {"name": "Пётр"}
    assert (told["fields"]["search_query"], told["fields"]["scenario_name"]) == ("окна", "S")


def test_a_link_loses_its_credentials():
    told = lead({**CALL, "file_link": "https://u:p@rec.example/1?token=abc&id=7"})
    assert told["call"]["recording"] == "https://rec.example/1?id=7"


def test_a_chat_is_of_a_kind_unknown_here():
    assert sent({**CALL, "communication_type": "chat"})["reason"] == "unknown_kind"


@pytest.mark.parametrize("body", ['{"call_session_id":1,', '{"a":{{call_session_id}}}', "[1]"])
def test_a_template_that_is_no_json_is_quarantined(body):
    result = sent(body)
    assert (result["outcome"], result["response"]["status"]) == ("quarantined", 200)


def test_a_call_without_its_id_is_quarantined():
    result = sent({**CALL, "call_session_id": "{{call_session_id}}"})
    assert (result["outcome"], result["reason"]) == ("quarantined", "missing_field")


@pytest.mark.parametrize("path", ["/in/uis", "/in/uis/wrong", "/in/uis/TR0UB4DOR-AND-3"])
def test_the_secret_path_is_the_credential(recorded, path):
    result = recorded("uis_call_finished").sent(url=f"https://leads.example.ru{path}")
    assert (result["outcome"], result["response"]["status"]) == ("rejected", 403)


ANYTHING = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=20),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner),
    max_leaves=8,
)


@settings(max_examples=100, deadline=None)
@given(st.dictionaries(st.sampled_from([*CALL, "is_lost", "start_time"]), ANYTHING), st.text())
def test_no_template_is_a_parser_fault(changes, text):
    for payload in ({**CALL, **changes}, text, "{" + text):
        result = sent(payload)
        assert result["reason"] != "parser_fault", result


def test_a_nasty_template_takes_no_time(quickly):
    deep = '{"a":' * 900 + "1" + "}" * 900
    lists = json.dumps(CALL)[:-1] + ',"x":' + "[" * 900 + "]" * 900 + "}"
    wide = json.dumps({**CALL, **{f"f{n}": "x" * 20 for n in range(7000)}})
    for body in (deep, lists, wide):
        assert quickly(partial(sent, body))["reason"] != "parser_fault"
