"""Attachments of messages and comments. VK's URLs are signed and expire; its handles stay."""

from typing import Any

from channels.sdk.lead import Attachment
from channels.sdk.read import as_dict, as_list, as_size, as_text

_MOST = 50


def attachments_of(message: dict[str, Any]) -> tuple[Attachment, ...]:
    """Everything that was attached but links, in order."""
    found = (as_dict(item) for item in as_list(message.get("attachments"))[:_MOST])
    kinds = ((as_text(item.get("type")), item) for item in found)
    return tuple(
        _attachment(kind, as_dict(item.get(kind)))
        for kind, item in kinds
        if kind not in ("", "link")
    )


def links_of(message: dict[str, Any]) -> list[str]:
    """The addresses of attached links: ordinary pages, unlike the files' signed URLs."""
    found = [as_dict(item) for item in as_list(message.get("attachments"))[:_MOST]]
    links = [as_dict(item.get("link")) for item in found if item.get("type") == "link"]
    return [as_text(link.get("url")) for link in links if link.get("url")]


def _attachment(kind: str, thing: dict[str, Any]) -> Attachment:
    return Attachment(
        kind=kind,
        name=as_text(thing.get("title")),
        size=as_size(thing.get("size")),
        ref=_handle(kind, thing),
    )


def _handle(kind: str, thing: dict[str, Any]) -> str:
    """`photo-1_457239020`, as VK writes it; a sticker or gift has an id only."""
    owner = thing.get("owner_id") or thing.get("to_id") or thing.get("from_id")
    number = thing.get("id") or thing.get(f"{kind}_id")
    if not number:
        return ""
    return f"{kind}{as_text(owner)}_{as_text(number)}" if owner else f"{kind}{as_text(number)}"
