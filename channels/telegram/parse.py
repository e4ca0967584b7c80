"""One Update as the content of a lead, or the reason why it is none.

Decided where the Bot API leaves it open:

- What people write in groups and channels is no lead, even if it names the bot; a button that they
  press there is one.
- Each message of an album is a lead of its own in the same thread; `media_group_id` is a field.
- The payload of a deep link is kept as it came, in `campaign.start`; the text keeps the command.
- A number or address typed into a message is a mention: it may be anybody's
  (docs/providers.md, rule 0.9). So is a forwarded contact card, even the sender's own.
- An edit has its message's time, and the time of the edit as `seq`.
- A pressed button happens when we hear of it: `message.date` is the time of the bot's question.
"""

from collections.abc import Callable
from typing import Any

from channels.sdk import identities
from channels.sdk.errors import Unreadable
from channels.sdk.lead import Identity, Mention, Profile
from channels.sdk.outcome import IgnoreReason, QuarantineReason
from channels.sdk.read import as_dict, as_int, as_seq, as_text
from channels.sdk.times import epoch_or_none
from channels.telegram.content import (
    attachments_of,
    button_label,
    campaign_of,
    fields_of,
    is_service,
    typed_addresses,
)
from channels.telegram.kinds import SERVICE_UPDATES
from channels.telegram.offers import form_fields, order_fields, order_of, typed_in_forms

Draft = dict[str, Any]
"""What `Adapter.lead` takes; `lead_key` is empty where the message has no place."""


def read_update(update: dict[str, Any], *, bot_id: str, country: str) -> Draft | IgnoreReason:
    """The lead in an update. Unreadable where a message is none or nobody wrote it."""
    for name, value in update.items():
        if name in _READERS and value is not None:
            if not isinstance(value, dict):
                raise Unreadable(QuarantineReason.WRONG_TYPE, f"{name} must be an object")
            return _READERS[name](value, name, bot_id, country)
    if SERVICE_UPDATES & update.keys():
        return IgnoreReason.SERVICE
    return IgnoreReason.UNKNOWN_KIND


def _read_message(
    message: dict[str, Any], name: str, bot_id: str, country: str
) -> Draft | IgnoreReason:
    chat, sender = as_dict(message.get("chat")), as_dict(message.get("from"))
    if not _is_private(chat) or is_service(message):
        return IgnoreReason.SERVICE
    ours = "business" in name and bool(_user_id(sender)) and _user_id(sender) != _user_id(chat)
    customer = chat if ours or not _user_id(sender) else sender
    if customer.get("is_bot") is True:
        return _from_a_bot(customer, bot_id)
    own = () if ours else _own_addresses(message, customer, country)
    known = identities.present(_identity_of(customer), *own)
    return {
        **_content_of(message),
        "lead_key": _place(message, chat),
        "direction": "out" if ours else "in",
        "occurred_at": epoch_or_none(message.get("date")),
        "amends": name.startswith("edited_"),
        "seq": as_seq(message.get("edit_date")) if name.startswith("edited_") else 0,
        "identities": known,
        "mentions": _mentions(message, country, besides=known),
        "profile": _profile_of(customer),
        "thread": _user_id(chat) or _user_id(customer),
    }


def _content_of(message: dict[str, Any]) -> Draft:
    payment, form = as_dict(message.get("successful_payment")), as_dict(message.get("web_app_data"))
    return {
        "kind": "order" if payment else "form" if form else "message",
        "text": as_text(message.get("text")) or as_text(message.get("caption")),
        "attachments": attachments_of(message),
        "campaign": campaign_of(as_text(message.get("text"))),
        "order": order_of(payment) if payment else None,
        "fields": {**fields_of(message), **order_fields(payment), **form_fields(form)},
    }


def _read_callback(
    query: dict[str, Any], name: str, bot_id: str, country: str
) -> Draft | IgnoreReason:
    del name, country
    sender, message = as_dict(query.get("from")), as_dict(query.get("message"))
    if sender.get("is_bot") is True:
        return _from_a_bot(sender, bot_id)
    data = as_text(query.get("data")) or as_text(query.get("game_short_name"))
    fields = {
        "callback_data": data,
        "message_id": as_text(message.get("message_id")),
        "inline_message_id": as_text(query.get("inline_message_id")),
    }
    return {
        "kind": "message",
        "lead_key": as_text(query.get("id")),
        "identities": (_identity_of(sender),),
        "profile": _profile_of(sender),
        "text": button_label(message, data) or data,
        "fields": {key: value for key, value in fields.items() if value},
        "thread": _user_id(as_dict(message.get("chat"))),
    }


_READERS: dict[str, Callable[[dict[str, Any], str, str, str], Draft | IgnoreReason]] = {
    "message": _read_message,
    "edited_message": _read_message,
    "business_message": _read_message,
    "edited_business_message": _read_message,
    "callback_query": _read_callback,
}


def _is_private(chat: dict[str, Any]) -> bool:
    if "type" in chat:
        return bool(chat["type"] == "private")
    return (as_int(chat.get("id")) or 0) >= 0


def _from_a_bot(sender: dict[str, Any], bot_id: str) -> IgnoreReason:
    return IgnoreReason.ECHO if _user_id(sender) == bot_id else IgnoreReason.AUTO_REPLY


def _place(message: dict[str, Any], chat: dict[str, Any]) -> str:
    """The message's place; a business account numbers its messages by itself, hence its name."""
    chat_id, message_id = as_text(chat.get("id")), as_text(message.get("message_id"))
    if not chat_id or not message_id:
        return ""
    connection = as_text(message.get("business_connection_id"))
    place = f"{chat_id}/{message_id}"
    return f"{connection}/{place}" if connection else place


def _user_id(user: dict[str, Any]) -> str:
    number = as_int(user.get("id"))
    return str(number) if number else ""


def _identity_of(user: dict[str, Any]) -> Identity:
    identity = identities.account("telegram", _user_id(user))
    if identity is None:
        raise Unreadable(QuarantineReason.MISSING_FIELD, "from.id must be the sender's id")
    return identity


def _own_addresses(
    message: dict[str, Any], customer: dict[str, Any], country: str
) -> tuple[Identity | None, ...]:
    """A card is the sender's own if its user is: Telegram itself sets `user_id`."""
    card = as_dict(message.get("contact"))
    is_own = str(as_int(card.get("user_id"))) == _user_id(customer) and not _is_forwarded(message)
    return (_phone_of(card, country) if is_own else None, *typed_in_forms(message, country))


def _phone_of(card: dict[str, Any], country: str) -> Identity | None:
    number = as_text(card.get("phone_number"))
    return identities.contact_phone(number, proof="attested", country=country) if number else None


def _is_forwarded(message: dict[str, Any]) -> bool:
    return any(message.get(name) for name in ("forward_origin", "forward_date", "forward_from"))


def _mentions(
    message: dict[str, Any], country: str, *, besides: tuple[Identity, ...]
) -> tuple[Mention, ...]:
    card = _phone_of(as_dict(message.get("contact")), country)
    return identities.mentioned(card, *typed_addresses(message, country), besides=besides)


def _profile_of(user: dict[str, Any]) -> Profile:
    first, last = as_text(user.get("first_name")), as_text(user.get("last_name"))
    return Profile(
        name=f"{first} {last}".strip(),
        first_name=first,
        last_name=last,
        username=as_text(user.get("username")),
        language=as_text(user.get("language_code")),
    )
