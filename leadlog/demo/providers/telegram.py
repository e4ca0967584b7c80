"""The workshop's bot in Telegram: messages, edits, shared contacts, noise."""

from base64 import urlsafe_b64encode
from collections.abc import Mapping
from datetime import datetime
from typing import Any

from leadlog.demo.cast import Cast
from leadlog.demo.people import Person
from leadlog.demo.request import Build, Expected, Request, compact, json_request
from leadlog.demo.workshop import Campaign


def message(cast: Cast, person: Person, content: Mapping[str, Any]) -> Build:
    """A message to the bot: `content` is its text, its photo or its contact."""
    update, number = cast.number(), cast.number()
    return lambda at: _update(
        cast, update, {"message": {**_envelope(person, number, at), **content}}
    )


def edited(cast: Cast, person: Person, before: str, now: str) -> tuple[Build, Build]:
    """A message, and the same one put right half a minute later."""
    first, second, number = cast.number(), cast.number(), cast.number()

    def write(at: datetime) -> Request:
        return _update(cast, first, {"message": {**_envelope(person, number, at), "text": before}})

    def correct(at: datetime) -> Request:
        again = {**_envelope(person, number, at), "edit_date": int(at.timestamp()) + 30}
        return _update(cast, second, {"edited_message": {**again, "text": now}})

    return write, correct


def start(campaign: Campaign | None) -> dict[str, str]:
    """The first press of Start: behind a campaign's link with its labels packed into it."""
    if campaign is None:
        return {"text": "/start"}
    labels = f"utm_source={campaign.source}&utm_campaign={campaign.name}"
    packed = urlsafe_b64encode(labels.encode()).rstrip(b"=").decode()
    return {"text": f"/start {packed}"}


def own_contact(person: Person) -> dict[str, Any]:
    """The card that the button "share my number" sends: Telegram itself vouches for it."""
    card = {
        "phone_number": person.digits,
        "first_name": person.first_name,
        "user_id": person.telegram,
    }
    return {"contact": card}


def photo(cast: Cast, caption: str) -> dict[str, Any]:
    """A picture of the room."""
    sizes = [
        {"file_id": f"AgAC{cast.number()}", "width": width, "height": width * 3 // 4}
        for width in (320, 1280)
    ]
    return {"photo": sizes, "caption": caption}


def broken(cast: Cast, person: Person) -> Build:
    """An update that a proxy cut short: authentic, but nobody can read it."""
    whole = message(cast, person, {"text": "Здравствуйте, сколько стоит кухня?"})

    def build(at: datetime) -> Request:
        sent = whole(at)
        return Request(
            account=sent.account,
            expected=Expected.QUARANTINED,
            headers=sent.headers,
            body=sent.body[: len(sent.body) // 2],
        )

    return build


def blocked(cast: Cast, person: Person) -> Build:
    """Somebody stops the bot: known, and no lead."""
    update = cast.number()
    user = _user(person)

    def build(at: datetime) -> Request:
        member = {"user": {"id": 700000001, "is_bot": True, "first_name": "Mebel"}}
        change = {
            "chat": {**_chat(person)},
            "from": user,
            "date": int(at.timestamp()),
            "old_chat_member": {**member, "status": "member"},
            "new_chat_member": {**member, "status": "kicked", "until_date": 0},
        }
        return _update(cast, update, {"my_chat_member": change}, expected=Expected.IGNORED)

    return build


def forged(cast: Cast, person: Person) -> Build:
    """Somebody who knows the address, but not the secret token."""
    update, number = cast.number(), cast.number()

    def build(at: datetime) -> Request:
        content = {"message": {**_envelope(person, number, at), "text": "Акция! Перейди по ссылке"}}
        return _update(cast, update, content, expected=Expected.REJECTED, token="guessed")  # noqa: S106 - wrong on purpose

    return build


def _update(
    cast: Cast,
    number: int,
    content: Mapping[str, Any],
    *,
    expected: Expected = Expected.ACCEPTED,
    token: str = "",
) -> Request:
    headers = {
        "x-telegram-bot-api-secret-token": token or str(cast.shop["sales_bot"]["secret_token"])
    }
    body = compact({"update_id": number, **content})
    return json_request("sales_bot", body, headers=headers, expected=expected)


def _envelope(person: Person, number: int, at: datetime) -> dict[str, Any]:
    return {
        "message_id": number,
        "from": _user(person),
        "chat": _chat(person),
        "date": int(at.timestamp()),
    }


def _user(person: Person) -> dict[str, Any]:
    return {
        "id": person.telegram,
        "is_bot": False,
        "first_name": person.first_name,
        "last_name": person.last_name,
        "username": person.username,
        "language_code": "ru",
    }


def _chat(person: Person) -> dict[str, Any]:
    return {"id": person.telegram, "type": "private", "first_name": person.first_name}
