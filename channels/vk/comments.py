"""Comments under posts, photos, videos, goods and in discussions."""

from typing import Any

from channels.sdk.lead import Kind
from channels.sdk.outcome import IgnoreReason
from channels.sdk.read import as_int, as_text
from channels.sdk.times import epoch_or_none
from channels.vk.attachments import attachments_of, links_of
from channels.vk.draft import Draft, filled, place, vk_user

_UNDER = {
    "wall_reply": ("wall", ("post_owner_id", "owner_id"), "post_id"),
    "photo_comment": ("photo", ("photo_owner_id", "owner_id"), "photo_id"),
    "video_comment": ("video", ("video_owner_id", "owner_id"), "video_id"),
    "market_comment": ("market", ("market_owner_id", "owner_id"), "item_id"),
    "board_post": ("topic", ("topic_owner_id", "owner_id"), "topic_id"),
}
"""Family of events → VK's word for the thing, where its owner is named, and where its id."""

COMMENTS = frozenset(f"{family}_{what}" for family in _UNDER for what in ("new", "edit"))
_COMMENT: Kind = "comment"


def read_comment(kind: str, found: dict[str, Any]) -> Draft | IgnoreReason:
    """The comment of a person; one of a community, ours or another, is an echo."""
    author = as_int(found.get("from_id"))
    if author is not None and author < 0:
        return IgnoreReason.ECHO
    family = kind.rpartition("_")[0]
    word, owner, thing = _thing(family, found)
    return {
        "kind": _COMMENT,
        "lead_key": place(word, owner or "-", thing or "-", found.get("id")),
        "occurred_at": epoch_or_none(found.get("date")),
        "amends": kind.endswith("_edit"),
        "identities": (vk_user(author),),
        "text": as_text(found.get("text")),
        "attachments": attachments_of(found),
        "fields": filled(
            {
                f"{word}_id": thing,
                "comment_id": found.get("id"),
                "reply_to_comment": found.get("reply_to_comment"),
                "links": links_of(found),
            }
        ),
        "thread": f"{word}{owner}_{thing}" if thing else "",
    }


def _thing(family: str, found: dict[str, Any]) -> tuple[str, str, str]:
    word, owners, name = _UNDER[family]
    owner = next((as_text(found[key]) for key in owners if found.get(key)), "")
    return word, owner, as_text(found.get(name))
