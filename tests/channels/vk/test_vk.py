"""VK: docs/providers.md, section 2, each rule by its name."""

import base64
import json
import time

import msgspec
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from channels.trial import try_delivery

ACCOUNT = {"type": "vk", "name": "shop", "group_id": 22222222, "secret": "secret_123456"}
RECEIVED = "2025-01-01T10:00:00Z"
RECEIPT = "2025-01-01T10:00:00.000Z"
SAMPLES = ["message", "comment", "order", "lead_form"]
MESSAGE = {
    "id": 41,
    "date": 1735690000,
    "from_id": 20000001,
    "peer_id": 20000001,
    "conversation_message_id": 7,
    "text": "Цена?",
    "out": 0,
}


def polled(*events):
    request = {"item": {"ts": "8", "updates": list(events)}, "received_at": RECEIVED}
    return json.loads(msgspec.json.encode(try_delivery("vk", ACCOUNT, request)))


def event(kind, found, **envelope):
    return {"type": kind, "object": found, "group_id": 22222222, "event_id": "e1", **envelope}


def message(kind="message_new", *, event_id="e1", **parts):
    found = {**MESSAGE, **parts}
    wrapped = {"message": found, "client_info": {}} if kind == "message_new" else found
    return event(kind, wrapped, event_id=event_id)


def only_lead(result):
    assert result["outcome"] == "accepted", result
    (lead,) = result["leads"]
    return lead


def lead_of(*args, **parts):
    return only_lead(polled(message(*args, **parts)))


def identities(lead):
    return [(one["kind"], one["value"], one["proof"]) for one in lead["identities"]]


# --- the samples of the reference ---


def test_message_brings_user_campaign_and_photo(tried):
    lead = only_lead(tried("vk_message"))
    assert (lead["kind"], lead["direction"], lead["amends"]) == ("message", "in", False)
    assert identities(lead) == [("vk", "20000001", "attested")]
    assert lead["occurred_at"] == "2025-01-01T00:06:40.000Z"
    assert lead["campaign"] == {"ref": "spring", "ref_source": "vkads"}
    assert lead["attachments"] == [{"kind": "photo", "ref": "photo20000001_457239020"}]
    assert lead["thread"] == "20000001"
    assert "text" not in lead
    assert "profile" not in lead


def test_comment_on_the_wall(tried):
    lead = only_lead(tried("vk_comment"))
    assert (lead["kind"], lead["text"]) == ("comment", "Сколько стоит доставка?")
    assert identities(lead) == [("vk", "20000002", "attested")]
    assert lead["occurred_at"] == "2025-01-01T00:08:20.000Z"
    assert lead["thread"] == "wall-22222222_9"


def test_order_has_its_amount_in_roubles(tried):
    lead = only_lead(tried("vk_order"))
    assert lead["kind"] == "order"
    assert lead["order"] == {"id": "3", "amount": "1499.00", "currency": "RUB"}
    assert lead["text"] == "Позвоните после 18"
    assert identities(lead) == [("vk", "20000003", "attested")]
    assert lead["occurred_at"] == "2025-01-01T00:10:00.000Z"
    assert lead["fields"] == {"status": "0", "items_count": "2"}


def test_lead_form_claims_what_was_typed(tried):
    lead = only_lead(tried("vk_lead_form"))
    assert (lead["kind"], lead["subject"]) == ("form", "Оформить заказ")
    assert identities(lead) == [
        ("vk", "111111111", "attested"),
        ("phone", "+78005553535", "claimed"),
    ]
    assert lead["identities"][1]["raw"] == "+7 (800) 555-35-35"
    assert lead["profile"] == {"name": "Ivan", "first_name": "Ivan"}
    assert lead["fields"] == {"form_name": "Оформить заказ", "form_id": "1"}
    assert lead["occurred_at"] == RECEIPT


def test_confirmation_is_answered_with_the_communitys_string(tried):
    result = tried("vk_confirmation")
    assert (result["outcome"], result["leads"]) == ("handshake", [])
    assert result["response"] == {
        "status": 200,
        "content_type": "text/plain; charset=utf-8",
        "body": "a1b2c3d4",
    }


def test_long_poll_answer_gives_one_lead_for_each_update(tried):
    result = tried("vk_long_poll")
    assert [lead["kind"] for lead in result["leads"]] == ["message", "comment", "order"]
    bodies = [json.loads(base64.b64decode(lead["raw"]["body"])) for lead in result["leads"]]
    assert [body["event_id"] for body in bodies] == ["0e8f3d2c1b", "1e8f3d2c1b", "2e8f3d2c1b"]


@pytest.mark.parametrize("answer", [{"ts": 8, "failed": 1}, {"failed": 2}, {"failed": 3}])
def test_failed_long_poll_is_ignored(trial, answer):
    result = trial(ACCOUNT, {"item": answer, "received_at": RECEIVED})
    assert (result["outcome"], result["reason"]) == ("ignored", "service")


def test_empty_long_poll_is_ignored():
    assert (polled()["outcome"], polled()["reason"]) == ("ignored", "empty")


@pytest.mark.parametrize("name", SAMPLES)
def test_callback_and_long_poll_give_the_same_ids(tried, recorded, name):
    pushed = only_lead(tried(f"vk_{name}"))
    pulled = only_lead(polled(json.loads(recorded(f"vk_{name}")["request"]["body"])))
    assert (pushed["lead_id"], pushed["event_id"]) == (pulled["lead_id"], pulled["event_id"])


@pytest.mark.parametrize("name", SAMPLES)
def test_every_stored_event_is_answered_ok(tried, name):
    assert tried(f"vk_{name}")["response"] == {
        "status": 200,
        "content_type": "text/plain; charset=utf-8",
        "body": "ok",
    }


@pytest.mark.parametrize("name", SAMPLES)
def test_retry_is_the_same_delivery(tried, name):
    first = only_lead(tried(f"vk_{name}"))
    again = only_lead(
        tried(f"vk_{name}", headers={"X-Retry-Counter": "2"}, received_at="2025-01-01T11:00:00Z")
    )
    assert (again["lead_id"], again["event_id"]) == (first["lead_id"], first["event_id"])


# --- who may deliver ---


def changed(recorded, name, **parts):
    body = {**json.loads(recorded(name)["request"]["body"]), **parts}
    return json.dumps({key: value for key, value in body.items() if value is not None})


@pytest.mark.parametrize(
    ("status", "parts"),
    [
        (401, {"secret": None}),
        (401, {"secret": ""}),
        (401, {"secret": 123456}),
        (403, {"secret": "secret_123457"}),
        (403, {"secret": "Secret_123456"}),
        (403, {"group_id": 22222223}),
        (403, {"group_id": "22222223"}),
    ],
)
def test_unauthentic_event_is_rejected(tried, recorded, status, parts):
    result = tried("vk_message", body=changed(recorded, "vk_message", **parts))
    assert (result["outcome"], result["response"]["status"]) == ("rejected", status)
    assert result["leads"] == []


@pytest.mark.parametrize("body", ["", "{", "[]", '"secret_123456"', "null"])
def test_unreadable_body_carries_no_secret(tried, body):
    assert tried("vk_message", body=body)["response"]["status"] == 401


@pytest.mark.parametrize(("body", "reason"), [("{", "broken_json"), ("[]", "wrong_type")])
def test_unreadable_body_is_quarantined_where_nothing_is_checked(tried, body, reason):
    result = tried("vk_message", account={"secret": "", "group_id": ""}, body=body)
    assert (result["outcome"], result["reason"]) == ("quarantined", reason)
    assert result["response"]["body"] == "ok"


def test_event_without_group_is_rejected_only_without_secret(tried, recorded):
    body = changed(recorded, "vk_message", group_id=None)
    assert tried("vk_message", body=body)["outcome"] == "accepted"
    assert tried("vk_message", account={"secret": ""}, body=body)["response"]["status"] == 401


def test_group_id_may_be_text_on_either_side(tried, recorded):
    body = changed(recorded, "vk_message", group_id="22222222")
    assert tried("vk_message", account={"group_id": "22222222"}, body=body)["leads"]


def test_secret_never_reaches_raw(tried):
    for account in ({}, {"secret": ""}):
        raw = only_lead(tried("vk_message", account=account))["raw"]["body"]
        assert b"secret_123456" not in base64.b64decode(raw)


def test_confirmation_may_come_without_the_secret(tried, recorded):
    body = changed(recorded, "vk_confirmation", secret=None)
    assert tried("vk_confirmation", body=body)["response"]["body"] == "a1b2c3d4"


@pytest.mark.parametrize("parts", [{"secret": "wrong"}, {"group_id": 1}])
def test_foreign_confirmation_is_rejected(tried, recorded, parts):
    result = tried("vk_confirmation", body=changed(recorded, "vk_confirmation", **parts))
    assert (result["outcome"], result["response"]["status"]) == ("rejected", 403)


def test_confirmation_without_configured_string_is_rejected(tried):
    result = tried("vk_confirmation", account={"confirmation": ""})
    assert result["response"]["status"] == 403


# --- messages ---


def test_old_api_versions_send_the_message_itself():
    wrapped = lead_of()
    flat = only_lead(polled(event("message_new", MESSAGE)))
    assert (flat["lead_id"], flat["text"]) == (wrapped["lead_id"], "Цена?")


def test_reply_of_the_community_goes_out_to_its_customer():
    reply = lead_of(
        "message_reply",
        from_id=-22222222,
        out=1,
        conversation_message_id=8,
        text="1499 ₽",
        admin_author_id=5,
    )
    assert (reply["direction"], identities(reply)) == ("out", [("vk", "20000001", "attested")])
    assert (reply["thread"], reply["fields"]) == ("20000001", {"admin_author_id": "5"})


def test_reply_into_a_conversation_is_an_echo():
    result = polled(message("message_reply", from_id=-22222222, peer_id=2000000005, out=1))
    assert (result["outcome"], result["reason"]) == ("ignored", "echo")


def test_edit_amends_its_message():
    first = lead_of()
    edited = lead_of("message_edit", event_id="e2", text="Цена и срок?", update_time=1735690300)
    assert (edited["lead_id"], edited["amends"]) == (first["lead_id"], True)
    assert edited["event_id"] != first["event_id"]
    assert (edited["seq"], edited["text"]) == (1735690300, "Цена и срок?")
    assert edited["occurred_at"] == first["occurred_at"]


def test_edit_without_a_time_is_ordered_by_its_receipt():
    assert lead_of("message_edit")["seq"] == 1735725600


def test_edit_of_our_reply_goes_out():
    edited = lead_of("message_edit", from_id=-22222222)
    assert (edited["direction"], edited["amends"]) == ("out", True)


def test_messages_of_a_conversation_are_told_apart_by_their_number_in_it():
    one, two = (
        lead_of(id=0, peer_id=2000000005, conversation_message_id=n, event_id=f"e{n}")
        for n in (1, 2)
    )
    assert one["lead_id"] != two["lead_id"]
    assert one["thread"] == two["thread"] == "2000000005"
    assert identities(one) == [("vk", "20000001", "attested")]


def test_event_without_id_has_its_place_as_key():
    ids = {
        only_lead(polled({**message(), "event_id": None, "v": version}))["event_id"]
        for version in ("5.103", "5.199")
    }
    assert len(ids) == 1


def test_service_message_is_ignored():
    result = polled(message(action={"type": "chat_invite_user"}))
    assert (result["outcome"], result["reason"]) == ("ignored", "service")


def test_forwarded_messages_and_quotes_are_not_the_customers_words():
    lead = lead_of(
        text="Вот",
        fwd_messages=[{"text": "8 999 123-45-67", "from_id": 5}],
        reply_message={"text": "старое", "conversation_message_id": 3},
    )
    assert lead["text"] == "Вот"
    assert lead["fields"] == {"reply_to": "3", "forwarded_messages": "1"}
    assert len(lead["identities"]) == 1


def test_attachments_are_handles_and_links_are_fields():
    attachments = [
        {
            "type": "doc",
            "doc": {"id": 1, "owner_id": 2, "title": "смета.pdf", "size": 9, "url": "u"},
        },
        {"type": "audio_message", "audio_message": {"id": 3, "owner_id": 2, "link_ogg": "u"}},
        {"type": "sticker", "sticker": {"sticker_id": 4}},
        {"type": "link", "link": {"url": "https://example.ru/dom"}},
        "junk",
    ]
    lead = lead_of(attachments=attachments)
    assert lead["attachments"] == [
        {"kind": "doc", "name": "смета.pdf", "size": 9, "ref": "doc2_1"},
        {"kind": "audio_message", "ref": "audio_message2_3"},
        {"kind": "sticker", "ref": "sticker4"},
    ]
    assert lead["fields"] == {"links": "https://example.ru/dom"}


def test_button_is_a_message_with_its_payload():
    found = {"user_id": 20000001, "peer_id": 20000001, "event_id": "in", "payload": {"a": "b"}}
    lead = only_lead(polled(event("message_event", found)))
    assert (lead["text"], lead["thread"]) == ('{"a":"b"}', "20000001")
    assert identities(lead) == [("vk", "20000001", "attested")]
    assert lead["fields"]["button_event_id"] == "in"


def test_buttons_inner_event_id_is_not_the_delivery_id():
    found = {"user_id": 20000001, "peer_id": 20000001, "event_id": "same", "payload": {}}
    one, two = (
        only_lead(polled(event("message_event", found, event_id=outer))) for outer in ("e1", "e2")
    )
    assert one["event_id"] != two["event_id"]


# --- forms, orders, comments ---


def test_checkbox_answers_are_joined_and_custom_questions_name_their_fields():
    answers = [
        {"key": "patronymic_name", "answer": "Ильич"},
        {"key": "first_name", "answer": "Иван"},
        {"key": "last_name", "answer": "Петров"},
        {"key": "email", "answer": " I@Example.RU "},
        {"key": "phone_number", "answer": "не скажу"},
        {"key": "location", "answer": "Казань"},
        {"key": "custom_0", "question": "Что нужно?", "answer": ["окна", "двери"]},
        {"key": "custom_1", "question": "Что нужно?", "answer": "срочно"},
    ]
    lead = only_lead(polled(event("lead_forms_new", {"lead_id": 1, "answers": answers})))
    assert lead["profile"] == {
        "name": "Иван Ильич Петров",
        "first_name": "Иван",
        "last_name": "Петров",
        "city": "Казань",
    }
    assert identities(lead) == [("email", "i@example.ru", "claimed")]
    assert lead["fields"]["Что нужно?"] == "окна, двери"
    assert lead["fields"]["custom_1"] == "срочно"
    assert lead["fields"]["phone_number"] == "не скажу"


def test_edited_order_amends_it():
    found = {"id": 3, "user_id": 7, "date": 1735690200, "status": 0}
    first = only_lead(polled(event("market_order_new", found)))
    found = {**found, "status": 2, "total_price": {"amount": 50, "currency": {"name": "RUB"}}}
    edited = only_lead(polled(event("market_order_edit", found, event_id="e2")))
    assert (edited["lead_id"], edited["amends"]) == (first["lead_id"], True)
    assert edited["seq"] > first["seq"] == 0
    assert edited["order"]["amount"] == "0.50"


def test_orders_of_two_customers_differ():
    one, two = (
        only_lead(polled(event("market_order_new", {"id": 3, "user_id": user}))) for user in (7, 8)
    )
    assert one["lead_id"] != two["lead_id"]


def test_a_currency_that_is_no_code_is_left_out():
    total = {"amount": "100", "currency": {"name": "1e+300"}}
    found = {"id": 3, "user_id": 7, "total_price": total}
    lead = only_lead(polled(event("market_order_new", found)))
    assert lead["order"] == {"id": "3", "amount": "1.00"}


def test_order_items_and_recipient():
    found = {
        "id": 3,
        "user_id": 7,
        "recipient": {"name": "Ольга", "phone": "79991234567"},
        "preview_order_items": [{"title": "Стол", "quantity": 2, "price": {"amount": "74950"}}],
        "payment": {"payment_status": "paid"},
    }
    lead = only_lead(polled(event("market_order_new", found)))
    assert lead["order"]["items"] == [{"name": "Стол", "quantity": "2", "price": "749.50"}]
    assert lead["order"]["paid"] is True
    assert identities(lead)[1] == ("phone", "+79991234567", "claimed")
    assert lead["profile"] == {"name": "Ольга"}


@pytest.mark.parametrize(
    ("kind", "parts", "thread"),
    [
        ("wall_reply_new", {"owner_id": -2, "post_id": 9}, "wall-2_9"),
        ("photo_comment_new", {"photo_owner_id": -2, "photo_id": 9}, "photo-2_9"),
        ("video_comment_new", {"video_owner_id": -2, "video_id": 9}, "video-2_9"),
        ("market_comment_new", {"market_owner_id": -2, "item_id": 9}, "market-2_9"),
        ("board_post_new", {"topic_owner_id": -2, "topic_id": 9}, "topic-2_9"),
    ],
)
def test_comment_stands_under_its_thing(kind, parts, thread):
    found = {"id": 1, "from_id": 5, "text": "x", "date": 1735690100, **parts}
    lead = only_lead(polled(event(kind, found)))
    assert (lead["kind"], lead["thread"]) == ("comment", thread)
    edited = event(kind.replace("_new", "_edit"), found, event_id="e2")
    assert only_lead(polled(edited))["lead_id"] == lead["lead_id"]


def test_comment_of_the_community_is_an_echo():
    result = polled(event("wall_reply_new", {"id": 1, "from_id": -22222222, "text": "x"}))
    assert (result["outcome"], result["reason"]) == ("ignored", "echo")


@pytest.mark.parametrize(
    ("reason", "kind"),
    [
        ("service", "group_join"),
        ("service", "group_leave"),
        ("service", "message_allow"),
        ("service", "message_deny"),
        ("service", "message_typing_state"),
        ("service", "wall_reply_delete"),
        ("service", "like_add"),
        ("unknown_kind", "telepathy_new"),
        ("unknown_kind", ""),
    ],
)
def test_ignored_with_its_reason(reason, kind):
    result = polled(event(kind, {"user_id": 5}))
    assert (result["outcome"], result["reason"]) == ("ignored", reason)


# --- lying types ---


def test_bad_update_does_not_poison_its_batch():
    broken = event("message_new", {"message": {"text": "?"}})
    result = polled(None, message(text="a"), event("message_new", 5), broken, message(text="b"))
    assert [lead["text"] for lead in result["leads"]] == ["a", "b"]


@pytest.mark.parametrize(
    ("reason", "found"), [("wrong_type", None), ("wrong_type", []), ("missing_field", {"id": 1})]
)
def test_unreadable_event_is_quarantined(reason, found):
    result = polled(event("message_new", found))
    assert (result["outcome"], result["reason"]) == ("quarantined", reason)


def test_message_without_peer_is_its_authors():
    assert lead_of(peer_id=None)["thread"] == "20000001"


def test_id_beyond_2_53_stays_exact():
    big = 2**60 + 1
    assert lead_of(from_id=big, peer_id=big)["identities"][0]["value"] == str(big)


@settings(
    max_examples=100, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(data=st.data())
def test_no_event_meets_a_fault(data, recorded, spoilt, survives):
    name = data.draw(st.sampled_from(SAMPLES))
    sample = json.loads(recorded(f"vk_{name}")["request"]["body"])
    broken = data.draw(spoilt(sample))
    survives({**ACCOUNT, "secret": "", "group_id": ""}, json.dumps(broken).encode())
    survives(ACCOUNT, item={"ts": "1", "updates": [broken, sample]})


PHOTO = {"type": "photo", "photo": {"id": 1, "owner_id": 2, "title": "t", "size": 3}}
LINK = {"type": "link", "link": {"url": "https://example.ru"}}
RICH = [
    message(
        attachments=[PHOTO, LINK],
        geo={"coordinates": {"latitude": 1, "longitude": 2}, "place": {"title": "t"}},
        reply_message={"conversation_message_id": 3},
        fwd_messages=[{}],
        ref="r",
    ),
    message("message_edit", update_time=5),
    message("message_reply", from_id=-22222222, out=1),
    event("message_event", {"user_id": 1, "peer_id": 1, "event_id": "e", "payload": {}}),
    event("board_post_new", {"id": 1, "from_id": 5, "topic_id": 2, "topic_owner_id": -3}),
    event(
        "market_order_edit",
        {
            "id": 1,
            "user_id": 5,
            "total_price": {"amount": "1", "currency": {"name": "RUB"}},
            "recipient": {"name": "n", "phone": "79991234567"},
            "preview_order_items": [{"title": "t", "price": {"amount": 1}, "item": {"sku": "s"}}],
            "payment": {"payment_status": "paid"},
            "delivery": {"address": "a"},
        },
    ),
]


@settings(max_examples=100, deadline=None)
@given(data=st.data())
def test_no_content_meets_a_fault(data, spoilt, survives):
    broken = data.draw(spoilt(data.draw(st.sampled_from(RICH))))
    survives({"type": "vk", "name": "shop"}, json.dumps(broken).encode())


@settings(max_examples=50, deadline=None)
@given(body=st.binary(max_size=200))
def test_no_bytes_meet_a_fault(body, survives):
    survives({"type": "vk", "name": "shop"}, body)


def test_nasty_event_is_read_quickly(survives):
    files = [{"type": "photo", "photo": {"id": n}} for n in range(20_000)]
    answers = [{"key": "phone_number", "answer": f"8 999 {n}"} for n in range(20_000)]
    nasty = [
        message(text="9" * 500_000, attachments=files),
        event("lead_forms_new", {"lead_id": 1, "answers": answers}),
    ]
    for broken in nasty:
        started = time.process_time()
        survives({"type": "vk", "name": "shop"}, json.dumps(broken).encode())
        assert time.process_time() - started < 0.5
