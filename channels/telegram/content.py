"""What a Message carries: files, fields, the deep link's payload, addresses in its text."""

import base64
import binascii
import re
from collections.abc import Iterator
from typing import Any
from urllib.parse import parse_qsl

from channels.sdk import identities
from channels.sdk.campaigns import LABELS, campaign
from channels.sdk.lead import Attachment, Campaign, Identity
from channels.sdk.read import as_dict, as_int, as_list, as_size, as_text
from channels.telegram.kinds import SERVICE_PARTS

_FILES = ("animation", "video", "video_note", "voice", "audio", "document", "sticker")
_DEEP_LINK = re.compile(r"/start(?:@\w{1,64})? ([A-Za-z0-9_-]{1,64})")
_MOST_ENTITIES = 100
_LONGEST_TEXT = 16_384  # four times Telegram's own limit for a text


def is_service(message: dict[str, Any]) -> bool:
    """Whether Telegram, not a person, put this message into the chat."""
    return not SERVICE_PARTS.isdisjoint(message)


def attachments_of(message: dict[str, Any]) -> tuple[Attachment, ...]:
    """The files by their `file_id`; a download URL would carry the bot's token."""
    kinds = [kind for kind in _FILES if isinstance(message.get(kind), dict)]
    if "animation" in kinds and "document" in kinds:
        kinds.remove("document")  # the same file again, for clients that know no animations
    files = (_file(kind, message[kind]) for kind in kinds)
    photo = _photo(message)
    return (photo, *files) if photo else tuple(files)


def _photo(message: dict[str, Any]) -> Attachment | None:
    sizes = [size for size in as_list(message.get("photo")) if isinstance(size, dict)]
    if not sizes:
        return None
    return _file("photo", max(sizes, key=lambda size: as_int(size.get("width")) or 0))


def _file(kind: str, file: dict[str, Any]) -> Attachment:
    return Attachment(
        kind=kind,
        name=as_text(file.get("file_name")) or as_text(file.get("emoji")),
        mime=as_text(file.get("mime_type")),
        size=as_size(file.get("file_size")),
        ref=as_text(file.get("file_id")),
    )


def fields_of(message: dict[str, Any]) -> dict[str, str]:
    """What else a person may want to know of a message."""
    found = {
        "media_group_id": as_text(message.get("media_group_id")),
        "business_connection_id": as_text(message.get("business_connection_id")),
        "reply_to_message_id": as_text(as_dict(message.get("reply_to_message")).get("message_id")),
        "forwarded_from": _origin(as_dict(message.get("forward_origin"))),
        "via_bot": as_text(as_dict(message.get("via_bot")).get("username")),
        "contact_name": _full_name(as_dict(message.get("contact"))),
        "location": _place(as_dict(message.get("location"))),
        "venue": _venue(as_dict(message.get("venue"))),
        "poll": as_text(as_dict(message.get("poll")).get("question")),
        "dice": as_text(as_dict(message.get("dice")).get("value")),
        "start_decoded": decoded_payload(deep_link_payload(as_text(message.get("text")))),
    }
    return {name: value for name, value in found.items() if value}


def _origin(origin: dict[str, Any]) -> str:
    for part in ("sender_user", "sender_chat", "chat"):
        holder = as_dict(origin.get(part))
        name = as_text(holder.get("title")) or _full_name(holder)
        if name:
            return name
    return as_text(origin.get("sender_user_name"))


def _full_name(person: dict[str, Any]) -> str:
    return f"{as_text(person.get('first_name'))} {as_text(person.get('last_name'))}".strip()


def _place(location: dict[str, Any]) -> str:
    parts = (as_text(location.get("latitude")), as_text(location.get("longitude")))
    return ", ".join(part for part in parts if part)


def _venue(venue: dict[str, Any]) -> str:
    parts = (as_text(venue.get("title")), as_text(venue.get("address")))
    return ", ".join(part for part in parts if part)


def deep_link_payload(text: str) -> str:
    """The payload of `t.me/bot?start=…`; empty where the text is no such command."""
    found = _DEEP_LINK.fullmatch(text.strip())
    return found[1] if found else ""


def campaign_of(text: str) -> Campaign | None:
    """The deep link's payload as it came, and the labels that it encodes, if any."""
    payload = deep_link_payload(text)
    if not payload:
        return None
    query = parse_qsl(decoded_payload(payload), max_num_fields=50)
    labels = {name: value for name, value in query if name in LABELS}
    return campaign({**labels, "start": payload})


def decoded_payload(payload: str) -> str:
    """The text in a base64url payload, only if it is one without doubt: it comes back the same."""
    try:
        text = base64.urlsafe_b64decode(payload + "=" * (-len(payload) % 4)).decode()
    except (binascii.Error, ValueError):
        return ""
    again = base64.urlsafe_b64encode(text.encode()).rstrip(b"=").decode()
    return text if again == payload and text.isprintable() else ""


def typed_addresses(message: dict[str, Any], country: str) -> Iterator[Identity]:
    """Numbers and addresses that Telegram marked in the text or caption."""
    for kind, text in _entities(message):
        if kind == "phone_number":
            found = identities.phone(text, proof="claimed", country=country)
        else:
            found = identities.email(text, proof="claimed")
        if found:
            yield found


def _entities(message: dict[str, Any]) -> Iterator[tuple[str, str]]:
    """Entities count UTF-16 units; one that ends within a character or text is cut there."""
    for part, marks in (("text", "entities"), ("caption", "caption_entities")):
        units = as_text(message.get(part))[:_LONGEST_TEXT].encode("utf-16-le", "replace")
        for entity in as_list(message.get(marks))[:_MOST_ENTITIES]:
            kind, start, length = _span(as_dict(entity))
            if kind in ("phone_number", "email") and start >= 0 and length > 0:
                piece = units[2 * start : 2 * (start + length)]
                yield kind, piece.decode("utf-16-le", "ignore")


def _span(entity: dict[str, Any]) -> tuple[str, int, int]:
    offset, length = as_int(entity.get("offset")), as_int(entity.get("length"))
    return as_text(entity.get("type")), -1 if offset is None else offset, length or 0


def button_label(message: dict[str, Any], data: str) -> str:
    """What stood on the pressed button, where the message still shows it."""
    for row in as_list(as_dict(message.get("reply_markup")).get("inline_keyboard")):
        for button in as_list(row):
            if data and as_dict(button).get("callback_data") == data:
                return as_text(button.get("text"))
    return ""
