"""What an Avito message carries. Pictures are kept by the message's place, not by their URL."""

from typing import Any

from channels.sdk.lead import Attachment
from channels.sdk.read import as_dict, as_size, as_text

_FILES = {"image": "image_id", "voice": "voice_id", "video": "video_id", "file": "file_id"}


def text_of(message: dict[str, Any]) -> str:
    """The words; of a link or a place what Avito shows for it."""
    content = as_dict(message.get("content"))
    found = (
        content.get("text"),
        as_dict(content.get("link")).get("text"),
        as_dict(content.get("location")).get("text"),
    )
    return next((text for text in map(as_text, found) if text), "")


def attachments_of(message: dict[str, Any]) -> tuple[Attachment, ...]:
    """The file of a message: at most one."""
    content, kind = as_dict(message.get("content")), as_text(message.get("type"))
    file = content.get(kind)
    if kind not in _FILES or not isinstance(file, dict):
        return ()
    place = f"{as_text(message.get('chat_id'))}/{as_text(message.get('id'))}"
    handle = as_text(file.get(_FILES[kind])) or as_text(file.get("id")) or place
    return (
        Attachment(
            kind=kind,
            name=as_text(file.get("name")) or as_text(file.get("title")),
            size=as_size(file.get("size")),
            ref=handle,
        ),
    )


def fields_of(message: dict[str, Any]) -> dict[str, str]:
    """The advertisement that the chat is about, and what else the message shows."""
    content = as_dict(message.get("content"))
    item, place = as_dict(content.get("item")), as_dict(content.get("location"))
    found: dict[str, object] = {
        "item_id": message.get("item_id"),
        "chat_type": message.get("chat_type"),
        "type": message.get("type") if message.get("type") != "text" else None,
        "item_title": item.get("title"),
        "item_url": item.get("item_url"),
        "item_price": item.get("price_string"),
        "link": as_dict(content.get("link")).get("url"),
        "location": [place[name] for name in ("lat", "lon") if name in place],
        "call_status": as_dict(content.get("call")).get("status"),
        "quoted_message": as_dict(message.get("quote")).get("id"),
    }
    texts = {name: as_text(value) for name, value in found.items()}
    return {name: text for name, text in texts.items() if text}
