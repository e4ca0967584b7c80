"""MAX: docs/providers.md, 6.6, each rule by its name."""

import hashlib
import hmac
import json
import time

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

ACCOUNT = {"type": "max", "name": "max", "bot_token": "example_max_token"}
SAMPLES = ["max_text", "max_bot_started", "max_contact"]
CARD = "BEGIN:VCARD\nVERSION:3.0\n{}\nFN:Ira\nEND:VCARD\n"


@pytest.fixture
def polled(trial):
    """What becomes of updates that a poll brought."""

    def run(*updates, **account):
        item = {"updates": list(updates), "marker": 1} if len(updates) != 1 else updates[0]
        return trial({**ACCOUNT, **account}, {"item": item, "received_at": "2025-01-01T10:00:00Z"})

    return run


@pytest.fixture
def update(recorded):
    """The recorded text message, parts of its message and body changed."""

    def run(kind="message_created", *, body=None, timestamp=1735691000000, **message):
        found = json.loads(recorded("max_text")["request"]["body"])
        found |= {"update_type": kind, "timestamp": timestamp}
        found["message"] |= message
        found["message"]["body"] |= body or {}
        return found

    return run


@pytest.fixture
def lead_of(polled, update):
    """The lead of the changed message."""

    def run(*args, **parts):
        result = polled(update(*args, **parts))
        assert result["outcome"] == "accepted", result
        (lead,) = result["leads"]
        return lead

    return run


def contact(card, *, key=ACCOUNT["bot_token"], **payload):
    digest = hmac.new(key.encode(), card.encode(), hashlib.sha256).hexdigest()
    return {"type": "contact", "payload": {"vcf_info": card, "hash": digest, **payload}}


def identities(lead):
    return [(one["kind"], one["value"], one["proof"]) for one in lead["identities"]]


def mentions(lead):
    return [(one["kind"], one["value"]) for one in lead.get("mentions", [])]


def test_text_message(tried):
    result = tried("max_text")
    (lead,) = result["leads"]
    assert (lead["kind"], lead["direction"], lead["text"]) == ("message", "in", "Добрый день")
    assert identities(lead) == [("max", "77", "attested")]
    assert lead["seq"] == 116000000000000001
    assert lead["occurred_at"] == "2025-01-01T00:23:20.000Z"
    assert lead["thread"] == "88"
    assert lead["profile"] == {"name": "Ира", "first_name": "Ира", "language": "ru"}
    assert result["response"]["status"] == 200


def test_start_has_its_payload_as_campaign(tried):
    (lead,) = tried("max_bot_started")["leads"]
    assert lead["campaign"] == {"start": "ad_42"}
    assert (lead["kind"], lead["thread"]) == ("message", "88")
    assert lead["occurred_at"] == "2025-01-01T00:23:21.000Z"
    assert identities(lead) == [("max", "77", "attested")]
    assert "text" not in lead


def test_start_without_payload_has_no_campaign(polled, recorded):
    started = json.loads(recorded("max_bot_started")["request"]["body"])
    (lead,) = polled({**started, "payload": None})["leads"]
    assert "campaign" not in lead


def test_signed_contact_attests_the_phone(tried):
    (lead,) = tried("max_contact")["leads"]
    assert identities(lead) == [("max", "77", "attested"), ("phone", "+79210000016", "attested")]
    assert mentions(lead) == []


@pytest.mark.parametrize("name", SAMPLES)
def test_missing_secret_is_401(tried, name):
    result = tried(name, headers={})
    assert (result["outcome"], result["response"]["status"]) == ("rejected", 401)


@pytest.mark.parametrize("given_secret", ["wrong", "max-example-secreT", "max-example-secret "])
def test_wrong_secret_is_403(tried, given_secret):
    result = tried("max_text", headers={"x-max-bot-api-secret": given_secret})
    assert (result["outcome"], result["response"]["status"]) == ("rejected", 403)


def test_account_without_secret_skips_the_check(tried):
    assert tried("max_text", account={"secret": ""}, headers={})["leads"]


def test_repeat_has_the_same_ids_at_any_time(tried):
    first, again = (
        tried(name, received_at=f"2025-01-01T{hour}:00:00Z")["leads"][0]
        for name, hour in (("max_bot_started", 10), ("max_bot_started", 12))
    )
    assert (first["lead_id"], first["event_id"]) == (again["lead_id"], again["event_id"])


def test_edits_amend_their_message_each_for_itself(lead_of):
    first = lead_of()
    one, two = (
        lead_of("message_edited", body={"text": text}, timestamp=when)
        for text, when in (("a", 1735691060000), ("b", 1735691120000))
    )
    assert {first["lead_id"]} == {one["lead_id"], two["lead_id"]}
    assert len({first["event_id"], one["event_id"], two["event_id"]}) == 3
    assert one["amends"]
    assert first["occurred_at"] < one["occurred_at"] < two["occurred_at"]


def test_pressed_button_is_a_message_with_its_label(polled, update):
    buttons = [[{"type": "callback", "text": "Записаться", "payload": "book"}]]
    keyboard = {"type": "inline_keyboard", "payload": {"buttons": buttons}}
    user = {"user_id": 78, "first_name": "Олег"}
    callback = {"callback_id": "cb1", "payload": "book", "user": user, "timestamp": 1735691005000}
    bot = {"user_id": 99, "is_bot": True}
    pressed = update("message_callback", sender=bot, body={"attachments": [keyboard]})
    (lead,) = polled({**pressed, "callback": callback})["leads"]
    assert (lead["text"], lead["fields"]["callback_data"]) == ("Записаться", "book")
    assert identities(lead) == [("max", "78", "attested")]
    assert lead["occurred_at"] == "2025-01-01T00:23:25.000Z"
    assert lead["thread"] == "88"


# --- contacts ---


@pytest.mark.parametrize(
    "line",
    [
        "TEL;TYPE=cell:79210000016",
        "TEL: +7 (921) 000-00-16",
        "item1.TEL;waid=1:tel:+79210000016",
        "tel;type=CELL:8 921 000-00-16",
        "TEL;TYPE=\n cell:7921\n 0000016",
    ],
)
def test_vcard_may_be_spelled_in_any_way(lead_of, line):
    for card in (CARD.format(line), CARD.format(line).replace("\n", "\r\n")):
        lead = lead_of(body={"attachments": [contact(card)]})
        assert identities(lead)[1:] == [("phone", "+79210000016", "attested")]


@pytest.mark.parametrize(
    "broken",
    [
        {"hash": None},
        {"hash": "0" * 64},
        {"hash": 5},
        {"max_info": {"user_id": 1000}},
        {"tam_info": {"user_id": 1000}},
    ],
)
def test_contact_that_is_not_provably_the_senders_is_a_mention(lead_of, broken):
    card = CARD.format("TEL:79210000016")
    lead = lead_of(body={"attachments": [contact(card, **broken)]})
    assert identities(lead) == [("max", "77", "attested")]
    assert mentions(lead) == [("phone", "+79210000016")]
    assert lead["fields"]["contact_name"] == "Ira"


def test_contact_signed_with_another_token_is_a_mention(lead_of):
    part = contact(CARD.format("TEL:79210000016"), key="other")
    assert mentions(lead_of(body={"attachments": [part]})) == [("phone", "+79210000016")]


def test_contact_is_a_mention_where_no_token_is_configured(polled, update):
    part = contact(CARD.format("TEL:79210000016"), key="")
    (lead,) = polled(update(body={"attachments": [part]}), bot_token="")["leads"]
    assert mentions(lead) == [("phone", "+79210000016")]


def test_forwarded_contact_is_a_mention(lead_of):
    part = contact(CARD.format("TEL:79210000016"))
    link = {"type": "forward", "sender": {"name": "Пётр"}, "message": {"attachments": [part]}}
    lead = lead_of(link=link)
    assert mentions(lead) == [("phone", "+79210000016")]
    assert lead["fields"]["forwarded_from"] == "Пётр"


def test_card_without_a_number_costs_no_lead(lead_of):
    lead = lead_of(body={"attachments": [contact(CARD.format("NOTE:x"))]})
    assert identities(lead) == [("max", "77", "attested")]


# --- content and what is no lead ---


def test_files_places_and_links(lead_of):
    attachments = [
        {"type": "image", "payload": {"photo_id": 5, "url": "u", "token": "t"}},
        {"type": "file", "payload": {"token": "t"}, "filename": "смета.pdf", "size": 9},
        {"type": "location", "latitude": 59.9, "longitude": 30.3},
        {"type": "share", "payload": {"url": "https://example.ru"}},
        "junk",
    ]
    lead = lead_of(body={"text": None, "attachments": attachments})
    assert lead["attachments"] == [
        {"kind": "image", "ref": "5"},
        {"kind": "file", "name": "смета.pdf", "size": 9, "ref": "t"},
    ]
    assert lead["fields"] == {"location": "59.9, 30.3", "links": "https://example.ru"}


def test_quoted_message_is_not_the_customers_words(lead_of):
    link = {"type": "reply", "message": {"mid": "m0", "text": "старое"}}
    lead = lead_of(link=link)
    assert (lead["text"], lead["fields"]) == ("Добрый день", {"reply_to": "m0"})


@pytest.mark.parametrize(
    ("reason", "kind", "message"),
    [
        ("service", "message_removed", {}),
        ("service", "bot_stopped", {}),
        ("service", "bot_added", {}),
        ("service", "dialog_muted", {}),
        ("service", "user_added", {}),
        ("service", "message_created", {"recipient": {"chat_id": 1, "chat_type": "chat"}}),
        ("service", "message_created", {"recipient": {"chat_id": 1, "chat_type": "channel"}}),
        ("echo", "message_created", {"sender": {"user_id": 99, "is_bot": True}}),
        ("unknown_kind", "telepathy", {}),
    ],
)
def test_ignored_with_its_reason(polled, update, reason, kind, message):
    result = polled(update(kind, **message))
    assert (result["outcome"], result["reason"]) == ("ignored", reason)


def test_bad_update_does_not_poison_its_batch(polled, update):
    bad = [None, {"update_type": "message_created"}, update(sender={})]
    result = polled(update(body={"mid": "a"}), *bad, update(body={"mid": "b"}))
    assert len(result["leads"]) == 2


@pytest.mark.parametrize(
    ("reason", "message", "body"),
    [("missing_field", {"sender": {}}, {}), ("missing_field", {}, {"mid": None})],
)
def test_unreadable_message_is_quarantined(polled, update, reason, message, body):
    result = polled(update(body=body, **message))
    assert (result["outcome"], result["reason"]) == ("quarantined", reason)


def test_broken_body_is_quarantined_and_answered_200(tried):
    result = tried("max_text", body="{")
    assert (result["outcome"], result["response"]["status"]) == ("quarantined", 200)


@settings(
    max_examples=100, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(data=st.data())
def test_no_update_meets_a_fault(data, recorded, spoilt, survives):
    sample = json.loads(recorded(data.draw(st.sampled_from(SAMPLES)))["request"]["body"])
    broken = data.draw(spoilt(sample))
    survives(ACCOUNT, json.dumps(broken).encode())
    survives(ACCOUNT, item={"updates": [broken, sample]})


@settings(max_examples=50, deadline=None)
@given(body=st.binary(max_size=200))
def test_no_bytes_meet_a_fault(body, survives):
    survives(ACCOUNT, body)


def test_nasty_card_is_read_quickly(update, survives):
    card = "TEL:" + "\n " * 300_000 + "\nTEL:7" * 50_000
    body = json.dumps(update(body={"attachments": [contact(card)] * 40})).encode()
    started = time.process_time()
    survives(ACCOUNT, body)
    assert time.process_time() - started < 2
