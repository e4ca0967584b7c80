"""Instagram and Messenger: docs/providers.md, 6.3, each rule by its name."""

import json
import time

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

ACCOUNT = {"type": "instagram", "name": "instagram"}
PEOPLE = {"sender": {"id": "IGSID1"}, "recipient": {"id": "178"}, "timestamp": 1735690819000}
ECHO = {"sender": {"id": "178"}, "recipient": {"id": "IGSID1"}}


def entry_of(*events, subscribed="instagram", **entry):
    parts = {"id": "178", "time": 1735690820000, "messaging": list(events), **entry}
    return {"object": subscribed, "entry": [parts]}


@pytest.fixture
def lead_of(signed):
    """The lead of one event."""

    def run(event, **entry):
        result = signed("instagram", entry_of({**PEOPLE, **event}, **entry))
        assert result["outcome"] == "accepted", result
        (lead,) = result["leads"]
        return lead

    return run


@pytest.fixture
def comment_of(signed):
    """What becomes of one change."""

    def run(field, value, **entry):
        body = entry_of(**{**entry, "changes": [{"field": field, "value": value}]})
        del body["entry"][0]["messaging"]
        return signed("instagram", body)

    return run


def identities(lead):
    return [(one["kind"], one["value"], one["proof"]) for one in lead["identities"]]


def test_direct_message_is_of_its_scoped_sender(tried):
    result = tried("instagram_message")
    (lead,) = result["leads"]
    assert (lead["kind"], lead["direction"], lead["text"]) == ("message", "in", "Цена?")
    assert identities(lead) == [("instagram", "IGSID1", "attested")]
    assert lead["occurred_at"] == "2025-01-01T00:20:19.000Z"
    assert lead["thread"] == "IGSID1"
    assert lead["lead_id"] == lead["event_id"]
    assert result["response"]["status"] == 200


def test_messenger_user_is_no_instagram_user(lead_of):
    lead = lead_of({"message": {"mid": "m", "text": "x"}}, subscribed="page")
    assert identities(lead) == [("messenger", "IGSID1", "attested")]


def test_key_is_page_and_message(lead_of):
    event = {"message": {"mid": "m", "text": "x"}}
    first, other_page = lead_of(event), lead_of(event, id="179")
    assert lead_of(event)["event_id"] == first["event_id"] != other_page["event_id"]


def test_echo_goes_out_to_its_recipient(lead_of):
    lead = lead_of({**ECHO, "message": {"mid": "m2", "text": "Да", "is_echo": True}})
    assert lead["direction"] == "out"
    assert identities(lead) == [("instagram", "IGSID1", "attested")]
    assert lead["thread"] == "IGSID1"


def test_echo_to_nobody_is_ignored(signed):
    event = {"sender": {"id": "178"}, "message": {"mid": "m", "is_echo": True}}
    result = signed("instagram", entry_of(event))
    assert (result["outcome"], result["reason"]) == ("ignored", "echo")


@pytest.mark.parametrize(
    ("reason", "event"),
    [
        ("service", {"read": {"mid": "m"}}),
        ("service", {"reaction": {"mid": "m", "reaction": "love"}}),
        ("service", {"message": {"mid": "m", "is_deleted": True}}),
        ("service", {"optin": {}}),
        ("service", {"pass_thread_control": {}}),
        ("status", {"delivery": {"mids": ["m"]}}),
        ("unknown_kind", {"telepathy": {}}),
    ],
)
def test_ignored_with_its_reason(signed, reason, event):
    result = signed("instagram", entry_of({**PEOPLE, **event}))
    assert (result["outcome"], result["reason"]) == ("ignored", reason)


def test_quick_reply_and_story_are_fields(lead_of):
    reply_to = {"mid": "m0", "story": {"id": "s1", "url": "https://cdn.example/secret"}}
    message = {"mid": "m", "text": "Да", "quick_reply": {"payload": "yes"}, "reply_to": reply_to}
    lead = lead_of({"message": message})
    assert lead["fields"] == {"payload": "yes", "reply_to": "m0", "story": "s1"}


def test_attachment_is_kept_without_its_signed_url(lead_of):
    picture = {"type": "image", "payload": {"url": "https://lookaside.example/?signature=s"}}
    lead = lead_of({"message": {"mid": "m", "attachments": [picture, picture]}})
    assert lead["attachments"] == [
        {"kind": "image", "ref": "m#0"},
        {"kind": "image", "ref": "m#1"},
    ]


def test_postback_is_a_message_with_its_title(lead_of):
    referral = {"ref": "spring", "source": "SHORTLINK"}
    postback = {"mid": "m", "title": "Начать", "payload": "GO", "referral": referral}
    lead = lead_of({"postback": postback})
    assert lead["text"] == "Начать"
    assert lead["fields"] == {"payload": "GO"}
    assert lead["campaign"] == {"ref": "spring", "ref_source": "SHORTLINK"}


def test_postback_without_mid_has_a_natural_key(lead_of):
    event = {"postback": {"title": "Начать", "payload": "GO"}}
    assert lead_of(event)["event_id"] == lead_of(event)["event_id"]
    assert lead_of(event)["event_id"] != lead_of({**event, "timestamp": 1735690820000})["event_id"]


def test_referral_alone_is_a_message_without_words(lead_of):
    lead = lead_of({"referral": {"ref": "spring", "source": "ADS", "ad_id": "30"}})
    assert lead["campaign"] == {"ref": "spring", "ref_source": "ADS"}
    assert lead["fields"] == {"ad_id": "30"}
    assert "text" not in lead


def test_referral_inside_a_message_is_its_campaign(lead_of):
    message = {"mid": "m", "text": "x", "referral": {"source": "ADS", "ad_id": "30"}}
    assert lead_of({"message": message})["campaign"] == {"ref": "30", "ref_source": "ADS"}


def test_edit_amends_its_message(lead_of):
    first = lead_of({"message": {"mid": "m", "text": "Цена?"}})
    edit = {"message_edit": {"mid": "m", "text": "Цена и срок?", "num_edit": 2}}
    edited = lead_of({**edit, "timestamp": 1735690829000})
    assert (edited["lead_id"], edited["amends"]) == (first["lead_id"], True)
    assert edited["event_id"] != first["event_id"]
    assert (edited["seq"], edited["text"]) == (2, "Цена и срок?")


def test_events_may_come_as_changes(comment_of, lead_of):
    event = {**PEOPLE, "message": {"mid": "m", "text": "x"}}
    (lead,) = comment_of("messages", event)["leads"]
    assert lead["event_id"] == lead_of({"message": {"mid": "m", "text": "x"}})["event_id"]


def test_instagram_comment(comment_of):
    value = {
        "from": {"id": "77", "username": "ira"},
        "id": "c1",
        "text": "Сколько?",
        "media": {"id": "med1", "media_product_type": "FEED"},
    }
    (lead,) = comment_of("comments", value, time=1735690820)["leads"]
    assert (lead["kind"], lead["text"], lead["thread"]) == ("comment", "Сколько?", "med1")
    assert identities(lead) == [("instagram", "77", "attested")]
    assert lead["profile"] == {"username": "ira"}
    assert lead["occurred_at"] == "2025-01-01T00:20:20.000Z"


def test_own_comment_is_an_echo(comment_of):
    result = comment_of("comments", {"from": {"id": "178"}, "id": "c1", "text": "x"})
    assert (result["outcome"], result["reason"]) == ("ignored", "echo")


def test_page_comment_comes_in_the_feed(comment_of):
    value = {
        "item": "comment",
        "verb": "add",
        "from": {"id": "77", "name": "Ира"},
        "comment_id": "c1",
        "post_id": "178_5",
        "message": "Сколько?",
        "created_time": 1735690820,
    }
    (lead,) = comment_of("feed", value, subscribed="page")["leads"]
    assert (lead["kind"], lead["text"], lead["thread"]) == ("comment", "Сколько?", "178_5")
    edited = {**value, "verb": "edited", "message": "Сколько стоит?"}
    (edit,) = comment_of("feed", edited, subscribed="page", time=1735690900)["leads"]
    assert (edit["lead_id"], edit["amends"]) == (lead["lead_id"], True)
    assert edit["event_id"] != lead["event_id"]
    removed = comment_of("feed", {**value, "verb": "remove"}, subscribed="page")
    assert removed["reason"] == "service"


@pytest.mark.parametrize("item", ["like", "post", "reaction", "share"])
def test_other_news_of_the_feed_are_ignored(comment_of, item):
    value = {"item": item, "verb": "add", "from": {"id": "77"}, "post_id": "1"}
    assert comment_of("feed", value, subscribed="page")["reason"] == "service"


def test_bad_event_does_not_poison_its_batch(signed):
    good = [{**PEOPLE, "message": {"mid": mid, "text": mid}} for mid in "ab"]
    bad = [None, {"message": 5}, {**PEOPLE, "message": {"text": "no mid"}}, {"message": {}}]
    result = signed("instagram", entry_of(good[0], *bad, good[1]))
    assert [lead["text"] for lead in result["leads"]] == ["a", "b"]


@pytest.mark.parametrize(
    ("reason", "event"),
    [
        ("wrong_type", {**PEOPLE, "message": "x"}),
        ("missing_field", {**PEOPLE, "message": {"text": "x"}}),
        ("missing_field", {"message": {"mid": "m"}}),
    ],
)
def test_unreadable_event_is_quarantined(signed, reason, event):
    result = signed("instagram", entry_of(event))
    assert (result["outcome"], result["reason"]) == ("quarantined", reason)


RICH = [
    {**PEOPLE, "message": {"mid": "m", "reply_to": {"story": {}}, "attachments": [{"type": "a"}]}},
    {**PEOPLE, "postback": {"mid": "m", "referral": {"ref": "x"}}},
    {**PEOPLE, "message_edit": {"mid": "m", "num_edit": 1}},
    {**ECHO, "message": {"mid": "m", "is_echo": True}},
]


@settings(
    max_examples=100, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(data=st.data())
def test_no_delivery_meets_a_fault(data, recorded, spoilt, survives):
    sample = json.loads(recorded("instagram_message")["request"]["body"])
    comment = {"field": "comments", "value": {"from": {"id": "7"}, "id": "c", "media": {"id": "m"}}}
    rich = entry_of(*RICH, changes=[comment])
    body = data.draw(spoilt(data.draw(st.sampled_from([sample, rich]))))
    survives(ACCOUNT, json.dumps(body).encode())


@settings(max_examples=50, deadline=None)
@given(body=st.binary(max_size=200))
def test_no_bytes_meet_a_fault(body, survives):
    survives(ACCOUNT, body)


def test_thousand_events_are_read_quickly(survives):
    events = [{**PEOPLE, "message": {"mid": f"m{n}", "text": "x" * 100}} for n in range(1000)]
    body = json.dumps(entry_of(*events)).encode()
    started = time.process_time()
    assert len(survives(ACCOUNT, body)) == 1000
    assert time.process_time() - started < 1
