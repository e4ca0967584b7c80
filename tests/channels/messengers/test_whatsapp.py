"""WhatsApp: docs/providers.md, 6.2, each rule by its name."""

import base64
import json
import time

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

ACCOUNT = {"type": "whatsapp", "name": "whatsapp"}
MESSAGE = {"from": "79210000014", "id": "wamid.EX1", "timestamp": "1735690800", "type": "text"}
CONTACT = {"profile": {"name": "Ira"}, "wa_id": "79210000014"}


def body_of(*values, field="messages"):
    metadata = {"display_phone_number": "78120000000", "phone_number_id": "555"}
    changes = [{"field": field, "value": {"metadata": metadata, **value}} for value in values]
    return {"object": "whatsapp_business_account", "entry": [{"id": "1", "changes": changes}]}


@pytest.fixture
def lead_of(signed):
    """The lead of one message."""

    def run(message=None, *, contacts=(CONTACT,), **parts):
        message = {**MESSAGE, **(message or {}), **parts}
        message = {name: part for name, part in message.items() if part is not None}
        result = signed("whatsapp", body_of({"contacts": list(contacts), "messages": [message]}))
        assert result["outcome"] == "accepted", result
        (lead,) = result["leads"]
        return lead

    return run


def identities(lead):
    return [(one["kind"], one["value"], one["proof"]) for one in lead["identities"]]


def test_text_message_proves_account_and_phone(tried):
    result = tried("whatsapp_text")
    (lead,) = result["leads"]
    assert (lead["kind"], lead["direction"], lead["amends"]) == ("message", "in", False)
    assert identities(lead) == [
        ("whatsapp", "79210000014", "attested"),
        ("phone", "+79210000014", "attested"),
    ]
    assert lead["text"] == "hi"
    assert lead["profile"] == {"name": "Ira"}
    assert lead["occurred_at"] == "2025-01-01T00:20:00.000Z"
    assert lead["thread"] == "79210000014"
    assert lead["fields"] == {"display_phone_number": "78120000000"}
    assert result["response"]["status"] == 200


def test_status_is_counted_and_no_lead(tried):
    result = tried("whatsapp_status")
    assert (result["outcome"], result["reason"]) == ("ignored", "status")


def test_repeat_has_the_same_ids_and_another_number_others(lead_of, signed):
    first, again = lead_of(), lead_of()
    assert (first["lead_id"], first["event_id"]) == (again["lead_id"], again["event_id"])
    value = {"metadata": {"phone_number_id": "556"}, "messages": [MESSAGE]}
    other = signed("whatsapp", body_of(value))["leads"][0]
    assert other["event_id"] != first["event_id"]


def test_contacts_are_matched_by_id_not_by_place(signed):
    other = {"profile": {"name": "Oleg"}, "wa_id": "79210000099"}
    messages = [MESSAGE, {**MESSAGE, "id": "w2", "from": "79210000099"}]
    value = {"contacts": [other, CONTACT], "messages": messages}
    leads = signed("whatsapp", body_of(value))["leads"]
    assert [lead["profile"]["name"] for lead in leads] == ["Ira", "Oleg"]


def test_unmatched_contact_names_nobody(lead_of):
    lead = lead_of(contacts=[{"profile": {"name": "X"}, "wa_id": "1"}])
    assert "profile" not in lead


def test_message_without_from_is_its_user_ids(lead_of):
    contact = {"profile": {"name": "Ira", "username": "ira"}, "user_id": "US.13491208655302741918"}
    lead = lead_of({"from": None}, user_id="US.13491208655302741918", contacts=[contact])
    assert identities(lead) == [("whatsapp", "US.13491208655302741918", "attested")]
    assert lead["profile"] == {"name": "Ira", "username": "ira"}
    assert lead["thread"] == "US.13491208655302741918"


def test_message_without_any_sender_is_its_only_contacts(lead_of):
    lead = lead_of({"from": None}, contacts=[{"user_id": "US.7"}])
    assert identities(lead) == [("whatsapp", "US.7", "attested")]


def test_user_id_beside_a_number_is_one_more_account(lead_of):
    lead = lead_of(contacts=[{**CONTACT, "user_id": "RU.7"}])
    assert identities(lead)[2] == ("whatsapp", "RU.7", "attested")


def test_shared_contact_is_a_mention(lead_of):
    card = {
        "name": {"formatted_name": "Пётр"},
        "phones": [{"phone": "+7 921 000-00-77", "wa_id": "79210000077"}, {"phone": "79210000014"}],
        "emails": [{"email": "P@Example.RU"}],
    }
    lead = lead_of({"type": "contacts", "contacts": [card]})
    assert [(one["kind"], one["value"]) for one in lead["mentions"]] == [
        ("phone", "+79210000077"),
        ("email", "p@example.ru"),
    ]
    assert len(lead["identities"]) == 2
    assert lead["fields"]["contact_name"] == "Пётр"


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("Да", {"type": "button", "button": {"text": "Да", "payload": "yes"}}),
        ("A", {"interactive": {"type": "button_reply", "button_reply": {"id": "a", "title": "A"}}}),
        ("B", {"interactive": {"type": "list_reply", "list_reply": {"id": "b", "title": "B"}}}),
        ("Вот", {"type": "image", "image": {"id": "1", "caption": "Вот"}}),
    ],
)
def test_choices_and_captions_are_the_text(lead_of, text, message):
    assert lead_of(message)["text"] == text


def test_pressed_buttons_payload_is_a_field(lead_of):
    lead = lead_of(button={"text": "Да", "payload": "yes"}, type="button")
    assert lead["fields"]["payload"] == "yes"


@pytest.mark.parametrize(
    ("kind", "file"),
    [
        ("image", {"image": {"id": "7", "mime_type": "a/b", "filename": "f"}}),
        ("audio", {"audio": {"id": "7", "mime_type": "a/b", "filename": "f"}}),
        ("voice", {"audio": {"id": "7", "mime_type": "a/b", "filename": "f", "voice": True}}),
        ("document", {"document": {"id": "7", "mime_type": "a/b", "filename": "f"}}),
    ],
)
def test_file_is_kept_by_its_handle(lead_of, kind, file):
    attachments = [{"kind": kind, "name": "f", "mime": "a/b", "ref": "7"}]
    assert lead_of(file)["attachments"] == attachments


def test_ad_is_the_campaign(lead_of):
    referral = {
        "source_url": "https://fb.me/x",
        "source_id": "120",
        "source_type": "ad",
        "headline": "Окна",
        "body": "Скидка",
        "ctwa_clid": "ARA",
    }
    lead = lead_of(referral=referral)
    assert lead["campaign"] == {"ref": "120", "ref_source": "ad", "referrer": "https://fb.me/x"}
    assert lead["fields"]["ctwa_clid"] == "ARA"
    assert lead["fields"]["ad_headline"] == "Окна"


def test_catalogue_order_has_items_and_their_total(lead_of):
    item = {"product_retailer_id": "S1", "quantity": 2, "item_price": 749.5, "currency": "RUB"}
    lead = lead_of(type="order", order={"product_items": [item], "text": "к пятнице"})
    assert (lead["kind"], lead["text"]) == ("order", "к пятнице")
    assert lead["order"] == {
        "amount": "1499.0",
        "currency": "RUB",
        "items": [{"sku": "S1", "quantity": "2", "price": "749.5"}],
    }


def test_flow_is_a_form_without_our_token(lead_of):
    answers = json.dumps({"flow_token": "t", "Площадь": 54})
    lead = lead_of(interactive={"type": "nfm_reply", "nfm_reply": {"response_json": answers}})
    assert lead["kind"] == "form"
    assert lead["fields"]["Площадь"] == "54"
    assert "flow_token" not in lead["fields"]


def test_reply_and_forward_are_fields(lead_of):
    lead = lead_of(context={"id": "wamid.0", "from": "1", "forwarded": True})
    assert lead["fields"]["reply_to"] == "wamid.0"
    assert lead["fields"]["forwarded"] == "true"


@pytest.mark.parametrize("kind", ["unsupported", "hologram"])
def test_message_that_cannot_be_shown_is_still_its_senders(lead_of, kind):
    lead = lead_of(type=kind)
    assert lead["fields"]["type"] == kind
    assert "text" not in lead


@pytest.mark.parametrize("kind", ["reaction", "system"])
def test_service_message_is_ignored(signed, kind):
    message = {**MESSAGE, "type": kind, kind: {"body": "number changed", "new_wa_id": "1"}}
    result = signed("whatsapp", body_of({"messages": [message]}))
    assert (result["outcome"], result["reason"]) == ("ignored", "service")


@pytest.mark.parametrize("field", ["account_update", "phone_number_quality_update"])
def test_news_of_the_account_are_ignored(signed, field):
    assert signed("whatsapp", body_of({"event": "X"}, field=field))["reason"] == "service"


def test_message_written_in_the_app_goes_out(signed):
    echo = {"from": "78120000000", "to": "79210000014", "id": "w9", "text": {"body": "Да"}}
    result = signed("whatsapp", body_of({"message_echoes": [echo]}, field="smb_message_echoes"))
    (lead,) = result["leads"]
    assert (lead["direction"], lead["text"]) == ("out", "Да")
    assert identities(lead)[0] == ("whatsapp", "79210000014", "attested")
    assert lead["thread"] == "79210000014"


def test_bad_item_does_not_poison_its_batch(signed):
    messages = [{**MESSAGE, "id": "a"}, "x", {"id": "b"}, {**MESSAGE, "id": None}, MESSAGE]
    body = body_of({"messages": messages}, {"messages": "x"}, {"statuses": [{"id": "s"}]})
    assert len(signed("whatsapp", body)["leads"]) == 2


@pytest.mark.parametrize(
    ("reason", "value"),
    [
        ("missing_field", {"messages": [{"id": "x", "type": "text"}]}),
        ("missing_field", {"messages": [{"from": "79210000014"}]}),
        ("wrong_type", {"messages": {"id": "x"}}),
        ("wrong_type", {"messages": ["x"]}),
    ],
)
def test_unreadable_message_is_quarantined(signed, reason, value):
    result = signed("whatsapp", body_of(value))
    assert (result["outcome"], result["reason"]) == ("quarantined", reason)


def test_each_lead_of_a_batch_keeps_itself_as_raw(signed):
    messages = [{**MESSAGE, "id": "a"}, {**MESSAGE, "id": "b"}]
    leads = signed("whatsapp", body_of({"contacts": [CONTACT], "messages": messages}))["leads"]
    again = [
        signed("whatsapp", base64.b64decode(lead["raw"]["body"]).decode())["leads"]
        for lead in leads
    ]
    assert [[one["event_id"] for one in part] for part in again] == [
        [lead["event_id"]] for lead in leads
    ]


def test_single_message_keeps_its_raw_bytes(tried, recorded):
    body = recorded("whatsapp_text")["request"]["body"].encode()
    assert base64.b64decode(tried("whatsapp_text")["leads"][0]["raw"]["body"]) == body


@settings(
    max_examples=100, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(data=st.data())
def test_no_delivery_meets_a_fault(data, recorded, spoilt, survives):
    name = data.draw(st.sampled_from(["whatsapp_text", "whatsapp_status"]))
    sample = json.loads(recorded(name)["request"]["body"])
    survives(ACCOUNT, json.dumps(data.draw(spoilt(sample))).encode())


RICH = {
    "context": {"id": "1", "forwarded": True},
    "referral": {"source_id": "1", "source_type": "ad"},
    "interactive": {"nfm_reply": {"response_json": "{}"}, "list_reply": {"id": "1"}},
    "contacts": [{"phones": [{"wa_id": "7921"}], "emails": [{"email": "a@b.ru"}], "name": {}}],
    "order": {"product_items": [{"quantity": 1, "item_price": "1", "currency": "RUB"}]},
    "location": {"latitude": 1, "longitude": 2, "name": "x"},
    "image": {"id": "1"},
}


@settings(max_examples=100, deadline=None)
@given(data=st.data())
def test_no_content_meets_a_fault(data, spoilt, survives):
    message = data.draw(spoilt({**MESSAGE, **RICH}))
    survives(ACCOUNT, json.dumps(body_of({"messages": [message]})).encode())


@settings(max_examples=50, deadline=None)
@given(body=st.binary(max_size=200))
def test_no_bytes_meet_a_fault(body, survives):
    survives(ACCOUNT, body)


def test_thousand_messages_are_read_quickly(survives):
    messages = [{**MESSAGE, "id": f"w{n}", "from": f"7921{n:07}"} for n in range(1000)]
    contacts = [{"wa_id": f"7921{n:07}", "profile": {"name": "x" * 200}} for n in range(1000)]
    body = json.dumps(body_of({"contacts": contacts, "messages": messages})).encode()
    started = time.process_time()
    assert len(survives(ACCOUNT, body)) == 1000
    assert time.process_time() - started < 1
