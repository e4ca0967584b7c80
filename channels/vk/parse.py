"""One VK event as the content of a lead, or the reason why it is none.

Decided where the reference is silent:

- What people write in a conversation of several is a message of its author in that thread. What a
  community writes is ours: it goes out to the user of a private conversation, else it is an echo.
- A pressed callback button is a message, its payload the text.
- A comment's thread is what it was written under (`wall-1_9`); comments of communities are echoes.
- An edited comment or order has the time of the comment or order.
- Links stay fields: an attachment is a file by VK's own handle, without its access key.
"""

from collections.abc import Callable
from typing import Any

from channels.sdk.campaigns import campaign
from channels.sdk.errors import Unreadable
from channels.sdk.lead import Identity
from channels.sdk.outcome import IgnoreReason, QuarantineReason
from channels.sdk.read import as_dict, as_int, as_list, as_seq, as_text
from channels.sdk.times import epoch_or_none
from channels.vk.attachments import attachments_of, links_of
from channels.vk.comments import COMMENTS, read_comment
from channels.vk.draft import FIRST_CONVERSATION, Draft, customer_of, filled, place, vk_user
from channels.vk.kinds import SERVICE_EVENTS
from channels.vk.sales import read_lead_form, read_order


def read_event(event: dict[str, Any], *, country: str) -> Draft | IgnoreReason:
    """The lead in an event. Unreadable where its object is none or nobody wrote it."""
    kind = as_text(event.get("type"))
    if kind in SERVICE_EVENTS:
        return IgnoreReason.SERVICE
    if kind not in COMMENTS and kind not in _READERS:
        return IgnoreReason.UNKNOWN_KIND
    found = event.get("object")
    if not isinstance(found, dict):
        raise Unreadable(QuarantineReason.WRONG_TYPE, f"the object of {kind} must be an object")
    if kind in COMMENTS:
        return read_comment(kind, found)
    return _READERS[kind](kind, found, country)


def _read_message(kind: str, found: dict[str, Any], country: str) -> Draft | IgnoreReason:
    del country
    # Since 5.103 the message has a neighbour, `client_info`; before, it was the object itself.
    message = found["message"] if isinstance(found.get("message"), dict) else found
    if message.get("action"):
        return IgnoreReason.SERVICE
    author = as_int(message.get("from_id")) or as_int(message.get("user_id")) or 0
    peer = as_int(message.get("peer_id")) or author
    ours = kind == "message_reply" or as_int(message.get("out")) == 1 or author < 0
    customer = customer_of(peer) if ours or not author else vk_user(author)
    if customer:
        return _message_draft(message, kind, customer, peer, ours=ours)
    if ours:
        return IgnoreReason.ECHO
    raise Unreadable(QuarantineReason.MISSING_FIELD, "from_id must be the author's id")


def _message_draft(
    message: dict[str, Any], kind: str, customer: Identity, peer: int, *, ours: bool
) -> Draft:
    edited = kind == "message_edit"
    labels = {name: as_text(message.get(name)) for name in ("ref", "ref_source")}
    return {
        "kind": "message",
        "lead_key": _message_place(message, peer),
        "direction": "out" if ours else "in",
        "occurred_at": epoch_or_none(message.get("date")),
        "amends": edited,
        "seq": as_seq(message.get("update_time")) if edited else 0,
        "identities": (customer,),
        "text": as_text(message.get("text")) or as_text(message.get("body")),
        "attachments": attachments_of(message),
        "campaign": campaign(labels),
        "fields": _message_fields(message),
        "thread": as_text(peer),
    }


def _message_place(message: dict[str, Any], peer: int) -> str:
    """In conversations `id` is 0; the number within the peer is there since 5.80."""
    number = as_int(message.get("conversation_message_id"))
    if number:
        return place(peer, number)
    return place(peer, "id", as_int(message.get("id")) or None)


def _message_fields(message: dict[str, Any]) -> dict[str, str]:
    geo = as_dict(message.get("geo"))
    spot = as_dict(geo.get("coordinates"))
    reply = as_dict(message.get("reply_message"))
    is_group = (as_int(message.get("peer_id")) or 0) >= FIRST_CONVERSATION
    return filled(
        {
            "payload": message.get("payload"),
            "location": [spot[name] for name in ("latitude", "longitude") if name in spot],
            "place": as_dict(geo.get("place")).get("title"),
            "reply_to": reply.get("conversation_message_id"),
            "forwarded_messages": len(as_list(message.get("fwd_messages"))) or None,
            "links": links_of(message),
            "conversation": message.get("peer_id") if is_group else None,
            "admin_author_id": message.get("admin_author_id"),
        }
    )


def _read_button(kind: str, found: dict[str, Any], country: str) -> Draft:
    del country
    payload = as_text(found.get("payload"))
    peer = found.get("peer_id") or found.get("user_id")
    return {
        "kind": "message",
        "lead_key": place(kind, found.get("event_id")),
        "identities": (vk_user(found.get("user_id")),),
        "text": payload,
        "fields": filled(
            {
                "payload": payload,
                "button_event_id": found.get("event_id"),
                "conversation_message_id": found.get("conversation_message_id"),
            }
        ),
        "thread": as_text(peer),
    }


def _read_form(kind: str, found: dict[str, Any], country: str) -> Draft:
    del kind
    return read_lead_form(found, country)


def _read_order(kind: str, found: dict[str, Any], country: str) -> Draft:
    return read_order(found, country, edited=kind == "market_order_edit")


_READERS: dict[str, Callable[[str, dict[str, Any], str], Draft | IgnoreReason]] = {
    "message_new": _read_message,
    "message_reply": _read_message,
    "message_edit": _read_message,
    "message_event": _read_button,
    "lead_forms_new": _read_form,
    "market_order_new": _read_order,
    "market_order_edit": _read_order,
}
