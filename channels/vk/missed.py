"""Messages of a community since a moment, as the events that the long poll would have brought.

Without `event_id`, whose place the message's own takes (docs/providers.md, 2.3).
"""

from collections.abc import AsyncGenerator
from typing import Any, Final

from channels.sdk.read import as_dict, as_int, as_list, as_text
from channels.vk.api import VERSION, VkApi

_PAGE: Final = 200
_MOST_CONVERSATIONS: Final = 10_000
_MOST_OF_ONE: Final = 5_000


async def missed(api: VkApi, since: int) -> AsyncGenerator[list[dict[str, Any]], None]:
    """Conversation by conversation; `since` in seconds since 1970."""
    async for peer in _peers(api, since):
        messages = await _messages(api, peer, since)
        yield [_event(api.group_id, message) for message in reversed(messages)]


async def _peers(api: VkApi, since: int) -> AsyncGenerator[str, None]:
    """Conversations with something new. The latest come first, but for those that are pinned."""
    for offset in range(0, _MOST_CONVERSATIONS, _PAGE):
        told = await api.call(
            "messages.getConversations", filter="all", offset=str(offset), count=str(_PAGE)
        )
        items = [as_dict(item) for item in as_list(told.get("items"))]
        new = [item for item in items if _date(as_dict(item.get("last_message"))) >= since]
        for item in new:
            peer = as_dict(as_dict(item.get("conversation")).get("peer")).get("id")
            if as_int(peer) is not None:
                yield as_text(peer)
        if not new or len(items) < _PAGE:
            return


async def _messages(api: VkApi, peer: str, since: int) -> list[dict[str, Any]]:
    """Newest first."""
    found: list[dict[str, Any]] = []
    for offset in range(0, _MOST_OF_ONE, _PAGE):
        told = await api.call(
            "messages.getHistory", peer_id=peer, offset=str(offset), count=str(_PAGE)
        )
        page = [as_dict(message) for message in as_list(told.get("items"))]
        new = [message for message in page if _date(message) >= since]
        found += new
        if len(new) < _PAGE:
            break
    return found


def _date(message: dict[str, Any]) -> int:
    return as_int(message.get("date")) or 0


def _event(group_id: str, message: dict[str, Any]) -> dict[str, Any]:
    ours = as_int(message.get("out")) == 1
    return {
        "type": "message_reply" if ours else "message_new",
        "object": message if ours else {"message": message},
        "group_id": as_int(group_id),
        "v": VERSION,
    }
