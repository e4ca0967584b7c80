"""The other messengers: WhatsApp, Avito, MAX."""

from collections.abc import Mapping
from datetime import datetime
from hmac import digest
from typing import Any
from urllib.parse import urlencode

from leadlog.demo.cast import Cast
from leadlog.demo.people import Person
from leadlog.demo.request import Build, Expected, Request, compact, json_request
from leadlog.demo.workshop import OFFICE_LINE

_FROM_AN_AD = {
    "source_url": "https://fb.example/ad/1",
    "source_id": "120200000000000",
    "source_type": "ad",
    "headline": "Кухни на заказ",
}


def whatsapp(cast: Cast, person: Person, text: str, *, from_ad: bool = False) -> Build:
    """A message to the workshop's number, which proves the sender's."""
    wamid = f"wamid.{cast.number()}"
    contact = {"profile": {"name": person.first_name}, "wa_id": person.digits}
    ad = {"referral": _FROM_AN_AD} if from_ad else {}

    def build(at: datetime) -> Request:
        sent = {
            "from": person.digits,
            "id": wamid,
            "timestamp": str(int(at.timestamp())),
            "type": "text",
            "text": {"body": text},
            **ad,
        }
        return _meta(cast, {"contacts": [contact], "messages": [sent]}, Expected.ACCEPTED)

    return build


def whatsapp_delivered(cast: Cast, person: Person) -> Build:
    """The fate of something that we sent: a status, no lead."""
    wamid = f"wamid.{cast.number()}"

    def build(at: datetime) -> Request:
        status = {
            "id": wamid,
            "status": "delivered",
            "timestamp": str(int(at.timestamp())),
            "recipient_id": person.digits,
        }
        return _meta(cast, {"statuses": [status]}, Expected.IGNORED)

    return build


def whatsapp_address_check(cast: Cast) -> Request:
    """Meta's check of a new address."""
    asked = {
        "hub.mode": "subscribe",
        "hub.verify_token": str(cast.shop["whatsapp"]["verify_token"]),
        "hub.challenge": str(cast.number()),
    }
    return Request(
        account="whatsapp",
        method="GET",
        path=f"?{urlencode(asked)}",
        expected=Expected.HANDSHAKE,
    )


def avito(cast: Cast, person: Person, text: str, *, chat: str) -> Build:
    """A message under one of the workshop's advertisements."""
    account = cast.shop["avito"]
    delivery, message, item = cast.uuid(), f"m{cast.number()}", 300 + cast.rng.randrange(9)
    author = person.telegram % 10**9

    def build(at: datetime) -> Request:
        seconds = int(at.timestamp())
        value = {
            "id": message,
            "chat_id": chat,
            "user_id": account["user_id"],
            "author_id": author,
            "created": seconds,
            "type": "text",
            "chat_type": "u2i",
            "content": {"text": text},
            "item_id": item,
        }
        payload = {"type": "message", "value": value}
        body = {"id": delivery, "version": "v3.0.0", "timestamp": seconds, "payload": payload}
        return json_request("avito", compact(body), path=f"/{account['secret_path']}")

    return build


def max_message(cast: Cast, person: Person, text: str) -> Build:
    """A message to the bot in MAX."""
    mid, seq = f"mid.{cast.number()}", cast.number()
    user = person.vk + 1
    sender = {"user_id": user, "first_name": person.first_name, "name": person.first_name}

    def build(at: datetime) -> Request:
        milliseconds = int(at.timestamp() * 1000)
        message = {
            "sender": {**sender, "is_bot": False, "last_activity_time": milliseconds},
            "recipient": {"chat_id": user + 1, "chat_type": "dialog", "user_id": 99},
            "timestamp": milliseconds,
            "body": {"mid": mid, "seq": seq, "text": text, "attachments": None},
        }
        body = {"update_type": "message_created", "timestamp": milliseconds, "message": message}
        secret = str(cast.shop["max_bot"]["secret"])
        return json_request("max_bot", compact(body), headers={"x-max-bot-api-secret": secret})

    return build


def _meta(cast: Cast, value: Mapping[str, Any], expected: Expected) -> Request:
    metadata = {"display_phone_number": OFFICE_LINE, "phone_number_id": "555"}
    change = {
        "field": "messages",
        "value": {"messaging_product": "whatsapp", "metadata": metadata, **value},
    }
    entry = {"id": "1", "changes": [change]}
    body = compact({"object": "whatsapp_business_account", "entry": [entry]}, ascii_only=True)
    secret = str(cast.shop["whatsapp"]["app_secret"])
    signed = digest(secret.encode(), body.encode(), "sha256").hex()
    headers = {"x-hub-signature-256": f"sha256={signed}"}
    return json_request("whatsapp", body, headers=headers, expected=expected)
