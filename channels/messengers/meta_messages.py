"""Direct messages and comments of Instagram and Messenger (docs/providers.md, 6.3).

Decided where the reference is silent:

- A Messenger user is an identity of kind `messenger`: page-scoped ids are no Instagram ids.
- An echo goes out to its recipient. `standby` events are copies of customers' messages: leads too.
- A `referral` alone (somebody opened the chat by a link or an ad) is a message without words.
- Meta gives attachments as signed URLs only; their handle is the message id and their number.
- A comment's thread is the medium or post under it.
"""

from typing import Any

from channels.messengers.meta import Draft, Item, filled, moment
from channels.sdk import identities
from channels.sdk.campaigns import campaign
from channels.sdk.errors import Unreadable
from channels.sdk.lead import Attachment, Campaign, Identity, Profile
from channels.sdk.outcome import Ignored, IgnoreReason, QuarantineReason
from channels.sdk.read import as_dict, as_list, as_seq, as_text
from channels.sdk.sending import Progress, Receipt

_HANDOVER = frozenset({"pass_thread_control", "take_thread_control", "request_thread_control"})
_SERVICE_EVENTS = _HANDOVER | frozenset(
    {"read", "reaction", "optin", "account_linking", "policy_enforcement", "app_roles", "typing"}
)
_MOST_FILES = 50


def read_event(item: Item) -> Draft | Ignored:
    """One messaging event."""
    event = item.value
    for name, read in (
        ("message", _read_message),
        ("message_edit", _read_edit),
        ("postback", _read_postback),
        ("referral", _read_referral),
    ):
        if event.get(name) is not None:
            if not isinstance(event[name], dict):
                raise Unreadable(QuarantineReason.WRONG_TYPE, f"{name} must be an object")
            return read(item, event[name])
    if "delivery" in event:
        return Ignored(IgnoreReason.STATUS, receipts=_delivered(as_dict(event["delivery"])))
    if mid := as_text(as_dict(event.get("read")).get("mid")):
        seen = Receipt(id=mid, progress=Progress.READ)
        return Ignored(IgnoreReason.SERVICE, receipts=(seen,))
    if _SERVICE_EVENTS & event.keys():
        return Ignored(IgnoreReason.SERVICE)
    return Ignored(IgnoreReason.UNKNOWN_KIND)


def _delivered(delivery: dict[str, Any]) -> tuple[Receipt, ...]:
    mids = map(as_text, as_list(delivery.get("mids"))[:_MOST_FILES])
    return tuple(Receipt(id=mid, progress=Progress.DELIVERED) for mid in mids if mid)


def _read_message(item: Item, message: dict[str, Any]) -> Draft | Ignored:
    if message.get("is_deleted") is True:
        return Ignored(IgnoreReason.SERVICE, as_text(message.get("mid")))
    ours = message.get("is_echo") is True
    if ours and not _user(item, "recipient"):
        return Ignored(IgnoreReason.ECHO, as_text(message.get("mid")))
    reply = as_dict(message.get("reply_to"))
    return {
        **_frame(item, as_text(message.get("mid")), ours=ours),
        "text": as_text(message.get("text")),
        "attachments": _attachments(message),
        "campaign": _campaign(as_dict(message.get("referral"))),
        "fields": filled(
            {
                "payload": as_dict(message.get("quick_reply")).get("payload"),
                "reply_to": reply.get("mid"),
                "story": as_dict(reply.get("story")).get("id"),
                "type": "unsupported" if message.get("is_unsupported") is True else None,
            }
        ),
    }


def _read_edit(item: Item, edit: dict[str, Any]) -> Draft:
    times = as_seq(edit.get("num_edit"))
    draft = _frame(item, as_text(edit.get("mid")))
    text = as_text(edit.get("text"))
    return {
        **draft,
        "delivery_key": f"{draft['lead_key']}/edit/{times}/{as_text(item.value.get('timestamp'))}",
        "amends": True,
        "seq": times,
        "text": text,
    }


def _read_postback(item: Item, postback: dict[str, Any]) -> Draft:
    return {
        **_frame(item, as_text(postback.get("mid")) or _natural("postback", item)),
        "text": as_text(postback.get("title")) or as_text(postback.get("payload")),
        "campaign": _campaign(as_dict(postback.get("referral"))),
        "fields": filled({"payload": postback.get("payload")}),
    }


def _read_referral(item: Item, referral: dict[str, Any]) -> Draft:
    return {
        **_frame(item, _natural("referral", item)),
        "campaign": _campaign(referral),
        "fields": filled({"ad_id": referral.get("ad_id"), "type": referral.get("type")}),
    }


def _frame(item: Item, mid: str, *, ours: bool = False) -> Draft:
    customer = _user(item, "recipient" if ours else "sender")
    if customer is None or not mid:
        missing = "mid" if customer else "sender.id"
        raise Unreadable(QuarantineReason.MISSING_FIELD, f"messaging[].{missing}")
    return {
        "kind": "message",
        "lead_key": f"{_page(item, ours=ours)}/{mid}",
        "direction": "out" if ours else "in",
        "occurred_at": moment(item.value.get("timestamp")),
        "identities": (customer,),
        "thread": customer.value,
    }


def _page(item: Item, *, ours: bool) -> str:
    side = as_dict(item.value.get("sender" if ours else "recipient"))
    return item.entry_id or as_text(side.get("id"))


def _natural(kind: str, item: Item) -> str:
    sender = as_text(as_dict(item.value.get("sender")).get("id"))
    return f"{kind}/{sender}/{as_text(item.value.get('timestamp') or item.time)}"


def _user(item: Item, side: str) -> Identity | None:
    return _account(item, as_dict(item.value.get(side)))


def _account(item: Item, user: dict[str, Any]) -> Identity | None:
    kind = "messenger" if item.subscribed == "page" else "instagram"
    return identities.account(kind, as_text(user.get("id")))


def _attachments(message: dict[str, Any]) -> tuple[Attachment, ...]:
    mid = as_text(message.get("mid"))
    found = [as_dict(one) for one in as_list(message.get("attachments"))[:_MOST_FILES]]
    return tuple(
        Attachment(
            kind=as_text(one.get("type")) or "file",
            name=as_text(as_dict(one.get("payload")).get("title")) or as_text(one.get("title")),
            ref=f"{mid}#{number}",
        )
        for number, one in enumerate(found)
    )


def _campaign(referral: dict[str, Any]) -> Campaign | None:
    """`m.me/page?ref=…`, `ig.me/m/page?ref=…`, or the ad that opened the chat."""
    labels = {
        "ref": as_text(referral.get("ref")) or as_text(referral.get("ad_id")),
        "ref_source": as_text(referral.get("source")),
    }
    return campaign(labels, referrer=as_text(referral.get("referer_uri")))


def read_comment(item: Item) -> Draft | Ignored:
    """A comment under a medium (Instagram) or a post (a page's feed); the page's own is an echo."""
    value = item.value
    author = as_dict(value.get("from"))
    comment = as_text(value.get("comment_id")) or as_text(value.get("id"))
    if as_text(author.get("id")) == item.entry_id or "self_ig_scoped_id" in author:
        return Ignored(IgnoreReason.ECHO, comment)
    known = _account(item, author)
    if known is None or not comment:
        missing = "comment id" if known else "from.id"
        raise Unreadable(QuarantineReason.MISSING_FIELD, f"changes[].value: {missing}")
    medium = as_dict(value.get("media"))
    edited = value.get("verb") == "edited"
    made = moment(value.get("created_time")) or moment(item.time)
    key = f"{item.entry_id}/comment/{comment}"
    return {
        "kind": "comment",
        "lead_key": key,
        "delivery_key": f"{key}/edit/{as_text(item.time)}" if edited else key,
        "amends": edited,
        "seq": as_seq(item.time) if edited else 0,
        "occurred_at": made,
        "identities": (known,),
        "profile": Profile(
            name=as_text(author.get("name")), username=as_text(author.get("username"))
        ),
        "text": as_text(value.get("text")) or as_text(value.get("message")),
        "fields": filled(
            {
                "comment_id": comment,
                "parent_id": value.get("parent_id"),
                "ad_id": medium.get("ad_id"),
            }
        ),
        "thread": as_text(medium.get("id")) or as_text(value.get("post_id")),
    }
