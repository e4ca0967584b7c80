"""The workshop's community in VK, by the Callback API."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from leadlog.demo.cast import Cast
from leadlog.demo.people import Person
from leadlog.demo.request import Build, Expected, Request, compact, json_request
from leadlog.demo.workshop import Campaign, Good


def message(cast: Cast, person: Person, text: str, *, campaign: Campaign | None = None) -> Build:
    """A message to the community, behind an ad with its `ref`."""
    event, number = cast.uuid(), cast.number()
    ref = {"ref": campaign.name, "ref_source": campaign.source} if campaign else {}

    def build(at: datetime) -> Request:
        sent = {
            "id": number,
            "date": int(at.timestamp()),
            "from_id": person.vk,
            "peer_id": person.vk,
            "conversation_message_id": number,
            "text": text,
            "attachments": [],
            "out": 0,
            **ref,
        }
        return _event(cast, "message_new", {"message": sent, "client_info": {}}, event)

    return build


def comment(cast: Cast, person: Person, text: str) -> Build:
    """A comment under a post."""
    event, number = cast.uuid(), cast.number()
    group = int(cast.shop["community"]["group_id"])

    def build(at: datetime) -> Request:
        said = {
            "id": number,
            "from_id": person.vk,
            "date": int(at.timestamp()),
            "text": text,
            "post_id": 9,
            "owner_id": -group,
            "post_owner_id": -group,
        }
        return _event(cast, "wall_reply_new", said, event)

    return build


def lead_form(cast: Cast, person: Person, good: Good) -> Build:
    """The ad's own form: the account is proven, the number was typed."""
    event, number = cast.uuid(), cast.number()
    answers = [
        {"key": "first_name", "question": "Имя", "answer": person.first_name},
        {"key": "phone_number", "question": "Телефон", "answer": person.phone},
        {"key": "custom_0", "question": "Что вам нужно?", "answer": good.name},
    ]
    told = {
        "lead_id": number,
        "group_id": cast.shop["community"]["group_id"],
        "user_id": person.vk,
        "form_id": 1,
        "form_name": "Расчёт мебели",
        "answers": answers,
    }
    return lambda _: _event(cast, "lead_forms_new", told, event)


def joined(cast: Cast, person: Person) -> Build:
    """Somebody subscribes: known, and no lead."""
    event = cast.uuid()
    told = {"user_id": person.vk, "join_type": "join"}
    return lambda _: _event(cast, "group_join", told, event, expected=Expected.IGNORED)


def address_check(cast: Cast) -> Request:
    """VK's check of a new server."""
    group = cast.shop["community"]["group_id"]
    body = compact({"type": "confirmation", "group_id": group})
    return json_request("community", body, expected=Expected.HANDSHAKE)


def _event(
    cast: Cast,
    kind: str,
    told: Mapping[str, Any],
    event: str,
    *,
    expected: Expected = Expected.ACCEPTED,
) -> Request:
    account = cast.shop["community"]
    body = {
        "type": kind,
        "object": told,
        "group_id": account["group_id"],
        "event_id": event,
        "v": "5.199",
        "secret": account["secret"],
    }
    return json_request("community", compact(body), expected=expected)
