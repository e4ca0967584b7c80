"""Telegram: docs/providers.md, section 1, each rule by its name."""

import base64
import json
import time

import msgspec
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from channels.trial import try_delivery

ACCOUNT = {"type": "telegram", "name": "sales_bot", "token": "700000001:AAexampletoken"}
CUSTOMER = {"id": 5550000042, "is_bot": False, "first_name": "Иван", "last_name": "Петров"}
PRIVATE = {"id": 5550000042, "type": "private", "first_name": "Иван"}
OWNER = {"id": 5550000999, "is_bot": False, "first_name": "Продавец"}
RECEIVED = "2025-01-01T10:00:00Z"
SAMPLES = ["start", "own_contact", "callback", "business_message", "deep_link"]


def polled(update, **account):
    request = {"item": update, "received_at": RECEIVED}
    result = try_delivery("telegram", {**ACCOUNT, **account}, request)
    return json.loads(msgspec.json.encode(result))


def update(name="message", *, update_id=1, **parts):
    message = {"message_id": 77, "from": CUSTOMER, "chat": PRIVATE, "date": 1735689600, **parts}
    return {"update_id": update_id, name: message}


def only_lead(result):
    assert result["outcome"] == "accepted", result
    (lead,) = result["leads"]
    return lead


def lead_of(name="message", **parts):
    return only_lead(polled(update(name, **parts)))


def identities(lead):
    return [(one["kind"], one["value"], one["proof"]) for one in lead["identities"]]


def mentions(lead):
    return [(one["kind"], one["value"]) for one in lead.get("mentions", [])]


def without(request, header):
    return {name: value for name, value in request["headers"].items() if name != header}


# --- the samples of the reference ---


def test_start_command_is_a_message_of_its_sender(tried):
    lead = only_lead(tried("telegram_start"))
    assert (
        lead["kind"],
        lead["direction"],
        lead["amends"],
        lead["seq"],
    ) == ("message", "in", False, 0)
    assert identities(lead) == [("telegram", "1111111", "attested")]
    assert lead["occurred_at"] == "2015-09-07T17:05:32.000Z"
    assert lead["received_at"] == "2025-01-01T10:00:00.000Z"
    assert lead["text"] == "/start"
    assert lead["thread"] == "1111111"
    assert lead["profile"] == {
        "name": "Test Firstname Test Lastname",
        "first_name": "Test Firstname",
        "last_name": "Test Lastname",
        "username": "Testusername",
    }
    assert "campaign" not in lead


def test_own_contact_attests_the_phone(tried):
    lead = only_lead(tried("telegram_own_contact"))
    assert identities(lead) == [
        ("telegram", "5550000042", "attested"),
        ("phone", "+79991234567", "attested"),
    ]
    assert lead["identities"][1]["raw"] == "79991234567"
    assert lead["occurred_at"] == "2025-01-01T00:00:00.000Z"
    assert "mentions" not in lead


def test_pressed_button_is_a_message_at_the_time_of_receipt(tried):
    lead = only_lead(tried("telegram_callback"))
    assert identities(lead) == [("telegram", "5550000100", "attested")]
    assert lead["text"] == "svc:12"
    assert lead["fields"] == {"callback_data": "svc:12", "message_id": "90"}
    assert lead["occurred_at"] == "2025-01-01T10:00:00.000Z"
    assert lead["thread"] == "5550000100"
    assert lead["profile"]["first_name"] == "Олег"


def test_business_message_of_the_customer_comes_in(tried):
    lead = only_lead(tried("telegram_business_message"))
    assert lead["direction"] == "in"
    assert identities(lead) == [("telegram", "5550000101", "attested")]
    assert lead["text"] == "Есть в наличии?"
    assert lead["fields"] == {"business_connection_id": "bc_AbCd"}
    assert lead["thread"] == "5550000101"
    assert lead["occurred_at"] == "2025-01-01T00:01:50.000Z"


def test_deep_link_payload_is_the_campaign_start(tried):
    lead = only_lead(tried("telegram_deep_link"))
    assert lead["campaign"] == {"start": "ya_spb_12"}
    assert lead["text"] == "/start ya_spb_12"
    assert "fields" not in lead


def test_get_updates_answer_gives_one_lead_for_each_update(tried):
    result = tried("telegram_get_updates")
    assert [lead["thread"] for lead in result["leads"]] == ["5550000042", "5550000102"]
    bodies = [json.loads(base64.b64decode(lead["raw"]["body"])) for lead in result["leads"]]
    assert [body["update_id"] for body in bodies] == [501000001, 501000012]


@pytest.mark.parametrize("name", SAMPLES)
def test_webhook_and_polling_give_the_same_ids(tried, recorded, name):
    pushed = only_lead(tried(f"telegram_{name}"))
    body = recorded(f"telegram_{name}")["request"]["body"]
    pulled = only_lead(polled(json.loads(body)))
    assert (pushed["lead_id"], pushed["event_id"]) == (pulled["lead_id"], pulled["event_id"])


@pytest.mark.parametrize("name", SAMPLES)
def test_webhook_is_answered_with_an_empty_200(tried, name):
    assert tried(f"telegram_{name}")["response"] == {
        "status": 200,
        "content_type": "text/plain; charset=utf-8",
        "body": "",
    }


def test_single_update_keeps_its_raw_bytes(tried, recorded):
    body = recorded("telegram_start")["request"]["body"]
    raw = only_lead(tried("telegram_start"))["raw"]
    assert {
        "content_type": "application/json",
        "body": base64.b64encode(body.encode()).decode(),
    } == raw


# --- who may deliver ---


def test_missing_secret_token_is_401(tried, recorded):
    request = recorded("telegram_start")["request"]
    result = tried("telegram_start", headers=without(request, "X-Telegram-Bot-Api-Secret-Token"))
    assert (
        result["outcome"],
        result["response"]["status"],
        result["leads"],
    ) == ("rejected", 401, [])


@pytest.mark.parametrize("given_token", ["wrong", "tg_example-secreT", "tg_example-secret ", "ы"])
def test_wrong_secret_token_is_403(tried, given_token):
    headers = {"x-telegram-bot-api-secret-token": given_token}
    result = tried("telegram_start", headers=headers)
    assert (result["outcome"], result["response"]["status"]) == ("rejected", 403)


def test_header_name_counts_without_case(tried):
    headers = {"X-TELEGRAM-BOT-API-SECRET-TOKEN": "tg_example-secret"}
    assert tried("telegram_start", headers=headers)["outcome"] == "accepted"


def test_account_without_secret_token_skips_the_check(tried):
    assert tried("telegram_start", account={"secret_token": ""}, headers={})["leads"]


def test_secret_path_is_checked_where_there_is_one(tried):
    secret = {"secret_path": "9f8e7d"}
    assert tried("telegram_start", account=secret)["response"]["status"] == 403
    assert tried("telegram_start", account=secret, url="/in/sales_bot/9f8e7d")["leads"]


# --- keys ---


def test_two_bots_know_the_person_by_one_identity_and_two_leads():
    here, there = (only_lead(polled(update(text="x"), name=name)) for name in ("a", "b"))
    assert here["lead_id"] != there["lead_id"]
    assert here["event_id"] != there["event_id"]
    assert identities(here) == identities(there)


def test_repeat_of_an_update_has_the_same_event_id():
    assert lead_of(text="x")["event_id"] == lead_of(text="x")["event_id"]


def test_every_update_has_an_event_id_of_its_own():
    assert lead_of(text="x", update_id=1)["event_id"] != lead_of(text="x", update_id=2)["event_id"]


def test_edit_amends_its_message():
    first = lead_of(text="Цена?", update_id=1)
    edited = lead_of("edited_message", text="Цена и срок?", update_id=2, edit_date=1735689700)
    assert edited["lead_id"] == first["lead_id"]
    assert edited["event_id"] != first["event_id"]
    assert (edited["amends"], edited["seq"], edited["text"]) == (True, 1735689700, "Цена и срок?")
    assert edited["occurred_at"] == first["occurred_at"]


def test_edited_business_message_amends_its_message():
    parts = {"business_connection_id": "bc1", "text": "x"}
    first = lead_of("business_message", update_id=1, **parts)
    edited = lead_of("edited_business_message", update_id=2, edit_date=1735689700, **parts)
    assert (first["lead_id"], True) == (edited["lead_id"], edited["amends"])


def test_business_message_is_another_than_the_bots_message_of_the_same_number():
    to_bot = lead_of(text="x", update_id=1)
    to_owner = lead_of("business_message", text="x", update_id=2, business_connection_id="bc1")
    assert to_bot["lead_id"] != to_owner["lead_id"]


def test_albums_pictures_are_leads_of_one_thread():
    photo = [{"file_id": "small", "width": 90}, {"file_id": "big", "width": 1280, "file_size": 9}]
    one, two = (
        lead_of(message_id=n, update_id=n, media_group_id="13", photo=photo) for n in (1, 2)
    )
    assert one["lead_id"] != two["lead_id"]
    assert (one["thread"], "13") == (two["thread"], two["fields"]["media_group_id"])


def test_update_without_id_is_known_by_content_and_time_slot():
    bare = {"message": update(text="x")["message"]}
    assert only_lead(polled(bare))["event_id"] == only_lead(polled(bare))["event_id"]


# --- what is no lead ---


@pytest.mark.parametrize(
    ("reason", "name", "parts"),
    [
        ("service", "message", {"chat": {"id": -100, "type": "group"}, "text": "болтовня"}),
        ("service", "message", {"chat": {"id": -100123, "type": "supergroup"}, "text": "/start"}),
        ("service", "channel_post", {"chat": {"id": -100, "type": "channel"}, "text": "пост"}),
        ("service", "message", {"pinned_message": {"message_id": 1}}),
        ("service", "message", {"write_access_allowed": {}}),
        ("service", "business_connection", {"user_chat_id": 1}),
        ("service", "deleted_business_messages", {"message_ids": [1]}),
        ("service", "my_chat_member", {"new_chat_member": {"status": "kicked"}}),
        ("service", "my_chat_member", {"new_chat_member": {"status": "member"}}),
        ("service", "message_reaction", {}),
        ("service", "pre_checkout_query", {}),
        ("unknown_kind", "telepathy", {"thought": "?"}),
        ("auto_reply", "message", {"from": {"id": 5, "is_bot": True}, "text": "я бот"}),
        ("echo", "message", {"from": {"id": 700000001, "is_bot": True}, "text": "эхо"}),
    ],
)
def test_ignored_with_its_reason(reason, name, parts):
    result = polled(update(name, **parts))
    assert ("ignored", reason) == (result["outcome"], result["reason"])


def test_button_pressed_in_a_group_is_a_lead():
    group = {"message_id": 5, "chat": {"id": -100, "type": "supergroup"}, "date": 0}
    query = {"id": "q1", "from": CUSTOMER, "message": group, "data": "buy"}
    lead = only_lead(polled({"update_id": 3, "callback_query": query}))
    assert (lead["text"], lead["thread"]) == ("buy", "-100")


def test_pressed_buttons_label_is_the_text():
    markup = {"inline_keyboard": [[{"text": "Доставка", "callback_data": "svc:1"}], "junk"]}
    message = {"message_id": 5, "chat": PRIVATE, "reply_markup": markup}
    query = {"id": "q1", "from": CUSTOMER, "message": message, "data": "svc:1"}
    lead = only_lead(polled({"update_id": 3, "callback_query": query}))
    assert (lead["text"], lead["fields"]["callback_data"]) == ("Доставка", "svc:1")


def test_empty_get_updates_answer_is_ignored():
    assert (
        polled({"ok": True, "result": []})["outcome"],
        polled({"ok": False, "error_code": 409, "description": "Conflict"})["reason"],
    ) == ("ignored", "empty")


# --- business accounts ---


def test_owners_business_message_goes_out_to_the_chats_customer():
    lead = lead_of(
        "business_message",
        business_connection_id="bc1",
        chat={**PRIVATE, "username": "ivan"},
        text="Да, есть",
        **{"from": OWNER},
    )
    assert lead["direction"] == "out"
    assert identities(lead) == [("telegram", "5550000042", "attested")]
    assert (lead["profile"]["first_name"], lead["profile"]["username"]) == ("Иван", "ivan")


def test_contact_that_the_owner_sends_is_a_mention():
    card = {"phone_number": "+79990000001", "user_id": OWNER["id"]}
    lead = lead_of("business_message", contact=card, **{"from": OWNER})
    assert mentions(lead) == [("phone", "+79990000001")]
    assert identities(lead) == [("telegram", "5550000042", "attested")]


# --- contacts and typed numbers ---


@pytest.mark.parametrize("user_id", [None, 5550000777, "", "5550000042x", True])
def test_contact_of_anybody_else_is_a_mention(user_id):
    card = {"phone_number": "79991234567", "first_name": "Друг", "user_id": user_id}
    lead = lead_of(contact=card)
    assert identities(lead) == [("telegram", "5550000042", "attested")]
    assert mentions(lead) == [("phone", "+79991234567")]
    assert lead["fields"]["contact_name"] == "Друг"


def test_forwarded_card_is_a_mention_even_if_it_is_the_senders_own():
    card = {"phone_number": "79991234567", "user_id": 5550000042}
    lead = lead_of(contact=card, forward_origin={"type": "user", "sender_user": CUSTOMER})
    assert mentions(lead) == [("phone", "+79991234567")]
    assert lead["fields"]["forwarded_from"] == "Иван Петров"


@pytest.mark.parametrize(
    "spelling", ["79991234567", "+79991234567", "+7 (999) 123-45-67", "8 999 123-45-67"]
)
def test_own_contact_counts_in_any_spelling(spelling):
    lead = lead_of(contact={"phone_number": spelling, "user_id": "5550000042"})
    assert identities(lead)[1] == ("phone", "+79991234567", "attested")


def test_typed_number_and_address_are_mentions():
    text = "Я 😀 Иван: 8 999 123-45-67, ivan@example.ru"
    units = len(text[: text.index("8")].encode("utf-16-le")) // 2
    entities = [
        {"type": "phone_number", "offset": units, "length": 15},
        {"type": "email", "offset": units + 17, "length": 15},
    ]
    lead = lead_of(text=text, entities=entities)
    assert mentions(lead) == [("phone", "+79991234567"), ("email", "ivan@example.ru")]
    assert identities(lead) == [("telegram", "5550000042", "attested")]


@pytest.mark.parametrize(
    "entity",
    [
        {"type": "phone_number", "offset": 10**9, "length": 5},
        {"type": "phone_number", "offset": -5, "length": 5},
        {"type": "phone_number", "offset": 1, "length": 10**9},
        {"type": "email", "offset": "x", "length": None},
        "junk",
    ],
)
def test_broken_entity_costs_no_lead(entity):
    assert lead_of(text="😀 x", entities=[entity])["text"] == "😀 x"


# --- content ---


def test_caption_is_the_text_and_the_largest_photo_the_attachment():
    photo = [{"file_id": "big", "width": 1280, "file_size": 9}, {"file_id": "s", "width": 90}]
    lead = lead_of(photo=photo, caption="Такой же")
    assert lead["text"] == "Такой же"
    assert lead["attachments"] == [{"kind": "photo", "size": 9, "ref": "big"}]


@pytest.mark.parametrize("kind", ["voice", "audio", "video", "video_note", "document"])
def test_file_is_kept_by_its_handle(kind):
    file = {"file_id": "F1", "file_name": "смета.pdf", "mime_type": "a/b", "file_size": 5}
    assert [{"kind": kind, "name": "смета.pdf", "mime": "a/b", "size": 5, "ref": "F1"}] == lead_of(
        **{kind: file}
    )["attachments"]


def test_animation_is_not_kept_twice():
    file = {"file_id": "F1"}
    assert lead_of(animation=file, document=file)["attachments"] == [
        {"kind": "animation", "ref": "F1"}
    ]


def test_location_and_venue_are_fields():
    place = {"latitude": 59.93, "longitude": 30.31}
    lead = lead_of(location=place, venue={"title": "Кафе", "address": "Невский 1"})
    assert lead["fields"] == {"location": "59.93, 30.31", "venue": "Кафе, Невский 1"}


def test_encoded_payload_is_also_shown_decoded():
    payload = base64.urlsafe_b64encode(b"utm_source=vk&utm_medium=cpc").rstrip(b"=").decode()
    lead = lead_of(text=f"/start {payload}")
    assert {"utm_source": "vk", "utm_medium": "cpc", "start": payload} == lead["campaign"]
    assert lead["fields"]["start_decoded"] == "utm_source=vk&utm_medium=cpc"


@pytest.mark.parametrize("payload", ["promo24", "abcde", "ya_spb_12", "x" * 64])
def test_plain_payload_is_not_decoded(payload):
    lead = lead_of(text=f"/start {payload}")
    assert {"start": payload} == lead["campaign"]
    assert "fields" not in lead


@pytest.mark.parametrize(
    "text", ["/start", "/start два слова", "/starter x", "x" * 70, "/start " + "x" * 65]
)
def test_other_texts_have_no_payload(text):
    assert "campaign" not in lead_of(text=text)


def test_payment_is_a_paid_order():
    payment = {
        "currency": "RUB",
        "total_amount": 149900,
        "telegram_payment_charge_id": "ch1",
        "invoice_payload": "sku-7",
        "order_info": {"name": "Иван", "phone_number": "79991234567", "email": "I@Example.RU"},
    }
    lead = lead_of(successful_payment=payment)
    assert lead["kind"] == "order"
    assert lead["order"] == {"id": "ch1", "amount": "1499.00", "currency": "RUB", "paid": True}
    assert identities(lead)[1:] == [
        ("phone", "+79991234567", "claimed"),
        ("email", "i@example.ru", "claimed"),
    ]
    assert lead["fields"] == {"invoice_payload": "sku-7", "buyer_name": "Иван"}


def test_mini_app_data_is_a_form():
    data = json.dumps({"phone": "8 999 123-45-67", "Площадь": 54})
    lead = lead_of(web_app_data={"data": data, "button_text": "Рассчитать"})
    assert lead["kind"] == "form"
    assert identities(lead)[1] == ("phone", "+79991234567", "claimed")
    assert lead["fields"]["Площадь"] == "54"


# --- lying types ---


def test_id_beyond_2_53_stays_exact():
    big = 2**60 + 1
    lead = lead_of(**{"from": {**CUSTOMER, "id": big}, "chat": {**PRIVATE, "id": big}})
    assert str(big) == lead["identities"][0]["value"] == lead["thread"]


def test_insane_time_gives_way_to_the_receipt():
    for date in (0, 4102444800, "x", None, 10**400, -(10**12)):
        assert lead_of(date=date)["occurred_at"] == "2025-01-01T10:00:00.000Z"


def test_broken_body_is_quarantined_and_answered_200(tried):
    result = tried("telegram_start", body='{"update_id":1,')
    assert (
        result["outcome"],
        result["reason"],
        result["response"]["status"],
    ) == ("quarantined", "broken_json", 200)


@pytest.mark.parametrize(
    ("reason", "broken"),
    [
        ("wrong_type", {"update_id": 1, "message": ["x"]}),
        ("missing_field", {"update_id": 1, "message": {"text": "x", "chat": {"type": "private"}}}),
        ("missing_field", {"update_id": 1, "callback_query": {"id": "1"}}),
    ],
)
def test_unreadable_update_is_quarantined(reason, broken):
    assert ("quarantined", reason) == (polled(broken)["outcome"], polled(broken)["reason"])


def test_bad_update_does_not_poison_its_batch():
    batch = [None, update(text="a", update_id=1), {"update_id": 2, "message": 5}, update(text="b")]
    result = polled({"ok": True, "result": batch})
    assert [lead["text"] for lead in result["leads"]] == ["a", "b"]


def test_half_an_emoji_costs_no_lead(tried):
    body = json.dumps(update(text="x")).replace('"x"', '"Привет \\ud83d"')
    assert only_lead(tried("telegram_start", body=body))["text"] == "Привет \ufffd"


def test_half_an_emoji_in_a_polled_update_costs_no_lead():
    assert lead_of(text="Привет \ud83d")["text"] == "Привет \ufffd"


def test_secrets_are_cut_out_of_raw(tried):
    body = json.dumps(update(text="tg_example-secret 700000001:AAexampletoken"))
    raw = only_lead(tried("telegram_start", body=body))["raw"]["body"]
    assert b"example" not in base64.b64decode(raw)


@settings(
    max_examples=100, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(data=st.data())
def test_no_update_meets_a_fault(data, recorded, spoilt, survives):
    sample = json.loads(
        recorded(f"telegram_{data.draw(st.sampled_from(SAMPLES))}")["request"]["body"]
    )
    changed = data.draw(spoilt(sample))
    survives(ACCOUNT, json.dumps(changed).encode())
    survives(ACCOUNT, item={"ok": True, "result": [changed, sample]})


RICH = {
    "text": "/start dXRtX3NvdXJjZT12aw 8 999 123-45-67",
    "entities": [{"type": "phone_number", "offset": 2, "length": 9}],
    "caption_entities": [{"type": "email", "offset": 0, "length": 3}],
    "photo": [{"file_id": "f", "width": 1, "file_size": 2}],
    "animation": {"file_id": "f"},
    "document": {"file_id": "f", "file_name": "n", "file_size": 1},
    "contact": {"phone_number": "79991234567", "user_id": CUSTOMER["id"]},
    "forward_origin": {"type": "user", "sender_user": CUSTOMER},
    "location": {"latitude": 1.5, "longitude": 2},
    "venue": {"title": "t", "address": "a"},
    "reply_to_message": {"message_id": 1},
    "successful_payment": {"currency": "RUB", "total_amount": 1, "order_info": {"email": "a@b.ru"}},
    "web_app_data": {"data": '{"phone": "8 999 123-45-67"}'},
    "reply_markup": {"inline_keyboard": [[{"text": "t", "callback_data": "d"}]]},
}


@settings(max_examples=100, deadline=None)
@given(data=st.data())
def test_no_content_meets_a_fault(data, spoilt, survives):
    name = data.draw(st.sampled_from(["message", "edited_message", "business_message"]))
    broken = data.draw(spoilt(update(name, edit_date=1, business_connection_id="b", **RICH)))
    survives(ACCOUNT, json.dumps(broken).encode())
    query = {"id": "q", "from": CUSTOMER, "data": "d", "message": RICH}
    survives(ACCOUNT, item=data.draw(spoilt({"update_id": 1, "callback_query": query})))


@settings(max_examples=50, deadline=None)
@given(body=st.binary(max_size=200))
def test_no_bytes_meet_a_fault(body, survives):
    survives(ACCOUNT, body)


def test_nasty_update_is_read_quickly(survives):
    entities = [{"type": "phone_number", "offset": n, "length": 30} for n in range(20_000)]
    nasty = [
        json.dumps(update(text="8 999 " * 5000, entities=entities)).encode(),
        b'{"update_id":1,"message":' + b'{"chat":' * 900 + b"1" + b"}" * 901,
        json.dumps(update(text=["[" * 1000] * 500, photo=[{}] * 50_000)).encode(),
    ]
    for body in nasty:
        started = time.process_time()
        survives(ACCOUNT, body)
        assert time.process_time() - started < 0.5
