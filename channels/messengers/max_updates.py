"""One MAX update as the content of a lead, or the reason why it is none."""

from typing import Any

from channels.messengers.max_content import (
    attachments_of,
    button_label,
    fields_of,
    shared_contacts,
    text_of,
)
from channels.sdk import identities
from channels.sdk.campaigns import campaign
from channels.sdk.errors import Unreadable
from channels.sdk.lead import Identity, Profile
from channels.sdk.outcome import Ignored, IgnoreReason, QuarantineReason
from channels.sdk.read import as_dict, as_int, as_seq, as_text
from channels.sdk.times import epoch_or_none

Draft = dict[str, Any]
"""What `Adapter.lead` takes."""

_SERVICE_UPDATES = frozenset(
    {
        "bot_added",
        "bot_removed",
        "bot_stopped",
        "chat_title_changed",
        "dialog_cleared",
        "dialog_muted",
        "dialog_removed",
        "dialog_unmuted",
        "message_chat_created",
        "message_removed",
        "user_added",
        "user_removed",
    }
)


def read_update(update: dict[str, Any], bot_token: str, country: str) -> Draft | Ignored:
    """The lead in an update. Unreadable where a message is none or nobody wrote it."""
    match as_text(update.get("update_type")):
        case "message_created" | "message_edited":
            return _read_message(update, bot_token, country)
        case "message_callback":
            return _read_callback(update)
        case "bot_started":
            return _read_start(update)
        case kind if kind in _SERVICE_UPDATES:
            return Ignored(IgnoreReason.SERVICE)
    return Ignored(IgnoreReason.UNKNOWN_KIND)


def _read_message(update: dict[str, Any], bot_token: str, country: str) -> Draft | Ignored:
    message = _object(update, "message")
    sender, recipient = as_dict(message.get("sender")), as_dict(message.get("recipient"))
    body = as_dict(message.get("body"))
    mid = as_text(body.get("mid"))
    if recipient.get("chat_type") in ("chat", "channel"):
        return Ignored(IgnoreReason.SERVICE, mid)
    if sender.get("is_bot") is True:
        return Ignored(IgnoreReason.ECHO, mid)
    if not mid:
        raise Unreadable(QuarantineReason.MISSING_FIELD, "message.body.mid")
    writer = _writer(sender)
    own, others = shared_contacts(message, bot_token, country)
    known = identities.present(writer, *own)
    return {
        **_keys_and_time(update, message, mid),
        "kind": "message",
        "seq": as_seq(body.get("seq")),
        "identities": known,
        "mentions": identities.mentioned(*others, besides=known),
        "profile": _profile(sender, update),
        "text": text_of(message),
        "attachments": attachments_of(body),
        "fields": fields_of(message),
        "thread": as_text(recipient.get("chat_id")) or writer.value,
    }


def _keys_and_time(update: dict[str, Any], message: dict[str, Any], mid: str) -> Draft:
    """`seq` numbers messages, not edits: those are ordered by their own time."""
    kind, edited_at = as_text(update.get("update_type")), update.get("timestamp")
    if kind == "message_edited":
        key = f"{mid}/{kind}/{as_text(edited_at)}"
        return {"lead_key": mid, "delivery_key": key, "amends": True, **_at(edited_at)}
    key = f"{mid}/{kind}"
    return {"lead_key": mid, "delivery_key": key, **_at(message.get("timestamp") or edited_at)}


def _read_callback(update: dict[str, Any]) -> Draft:
    callback, message = _object(update, "callback"), as_dict(update.get("message"))
    presser, payload = as_dict(callback.get("user")), as_text(callback.get("payload"))
    writer = _writer(presser)
    body = as_dict(message.get("body"))
    when = callback.get("timestamp") or update.get("timestamp")
    fields = {"callback_data": payload, "message_id": as_text(body.get("mid"))}
    return {
        "kind": "message",
        "lead_key": as_text(callback.get("callback_id")) or _natural(update, writer),
        **_at(when),
        "identities": (writer,),
        "profile": _profile(presser, update),
        "text": button_label(body, payload) or payload,
        "fields": {name: text for name, text in fields.items() if text},
        "thread": as_text(as_dict(message.get("recipient")).get("chat_id")) or writer.value,
    }


def _read_start(update: dict[str, Any]) -> Draft:
    user = as_dict(update.get("user"))
    writer = _writer(user)
    return {
        "kind": "message",
        "lead_key": _natural(update, writer),
        **_at(update.get("timestamp")),
        "identities": (writer,),
        "profile": _profile(user, update),
        "campaign": campaign({"start": as_text(update.get("payload"))}),
        "thread": as_text(update.get("chat_id")) or writer.value,
    }


def _natural(update: dict[str, Any], writer: Identity) -> str:
    names = ("update_type", "chat_id", "timestamp")
    kind, chat, when = (as_text(update.get(name)) for name in names)
    return f"{kind}/{chat}/{writer.value}/{when}"


def _at(milliseconds: object) -> Draft:
    return {"occurred_at": epoch_or_none(milliseconds, per_second=1000)}


def _object(update: dict[str, Any], name: str) -> dict[str, Any]:
    found = update.get(name)
    if not isinstance(found, dict):
        raise Unreadable(QuarantineReason.WRONG_TYPE, f"{name} must be an object")
    return found


def _writer(user: dict[str, Any]) -> Identity:
    number = as_int(user.get("user_id"))
    identity = identities.account("max", number) if number else None
    if identity is None:
        raise Unreadable(QuarantineReason.MISSING_FIELD, "user_id must be the sender's id")
    return identity


def _profile(user: dict[str, Any], update: dict[str, Any]) -> Profile:
    first, last = as_text(user.get("first_name")), as_text(user.get("last_name"))
    return Profile(
        name=as_text(user.get("name")) or f"{first} {last}".strip(),
        first_name=first,
        last_name=last,
        username=as_text(user.get("username")),
        language=as_text(update.get("user_locale")),
    )
