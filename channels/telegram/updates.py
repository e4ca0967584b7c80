"""The bot's poller: getUpdates (docs/providers.md, 1.2).

Asking with an offset confirms everything below it, irrevocably: the offset moves only when the
caller comes back for more, that is once the updates are stored. Update ids may start anew, lower,
after a week of silence. So an offset is sent only within a day of the update that it stems from:
until then Telegram has either forgotten what is below it, or will repeat it, which does no harm.
"""

import re
from collections.abc import AsyncGenerator, Callable
from typing import Any, Final

import msgspec

from channels.sdk.delivery import PollItem
from channels.sdk.errors import RetryLater, StopAdapter
from channels.sdk.http_api import Answer, HttpApi
from channels.sdk.poller import Batch, BotCursor, resumed
from channels.sdk.read import as_dict, as_int, as_list, as_text
from channels.sdk.times import Timestamp, parse_time

WANTED: Final = (
    *("message", "edited_message", "callback_query", "my_chat_member", "business_connection"),
    *("business_message", "edited_business_message", "deleted_business_messages"),
)
"""`allowed_updates`: what is a lead or tells of one. Left out, Telegram keeps its last setting."""
_WAIT_S: Final = 50
_MOST: Final = 100
_OFFSET_LASTS_S: Final = 24 * 3600
_UNREADABLE: Final = 3
"""So many answers in a row that are no JSON; then updates are asked for one by one."""
_UPDATE_ID: Final = re.compile(rb'"update_id"\s*:\s*(\d{1,18})')


class Cursor(BotCursor, frozen=True):
    """Up to where updates are stored."""

    offset: int = 0
    """The id to go on with; 0: from the first that Telegram still has."""
    at: int = 0
    """When the update before `offset` came, in seconds since 1970."""


class TelegramPoller:
    """Implements `channels.sdk.poller.Poller` for one bot."""

    def __init__(
        self,
        token: str,
        *,
        api_url: str,
        clock: Callable[[], Timestamp],
        wait_s: int = _WAIT_S,
    ) -> None:
        self._token = token
        self._bot = token.partition(":")[0]
        self._api_url = api_url
        self._clock = clock
        self._wait_s = wait_s
        self._unreadable = 0

    async def batches(self, cursor: str) -> AsyncGenerator[Batch, None]:
        async with HttpApi(self._api_url) as api:
            known = resumed(cursor, Cursor(self._bot))
            while True:
                answer = await self._asked(api, known)
                items, known = self._read(answer, known)
                yield Batch(items, msgspec.json.encode(known).decode())

    async def _asked(self, api: HttpApi, known: Cursor) -> Answer:
        singly = self._unreadable >= _UNREADABLE
        asked = {
            "timeout": str(self._wait_s),
            "limit": str(1 if singly else _MOST),
            "allowed_updates": msgspec.json.encode(WANTED).decode(),
        }
        if known.offset and self._seconds() - known.at < _OFFSET_LASTS_S:
            asked["offset"] = str(known.offset)
        return await api.post(f"bot{self._token}/getUpdates", asked, wait_s=self._wait_s)

    def _read(self, answer: Answer, known: Cursor) -> tuple[tuple[PollItem, ...], Cursor]:
        try:
            value = as_dict(answer.json())
        except RetryLater:
            return self._salvaged(answer, known)
        if answer.status != 200 or value.get("ok") is not True:
            raise _refusal(answer, value)
        self._unreadable = 0
        updates = as_list(value.get("result"))
        items = tuple(self._item(msgspec.json.encode(update), update) for update in updates)
        return items, self._after([as_int(as_dict(u).get("update_id")) for u in updates], known)

    def _salvaged(self, answer: Answer, known: Cursor) -> tuple[tuple[PollItem, ...], Cursor]:
        """One update that spoils each answer that it is in goes to quarantine, bytes and all."""
        self._unreadable += 1
        found = _UPDATE_ID.search(answer.body)
        whole = answer.status == 200 and answer.body.rstrip().endswith(b"}")
        if self._unreadable <= _UNREADABLE or not whole or not found:
            raise RetryLater(f"Telegram's answer (HTTP {answer.status}) cannot be read as JSON")
        return (self._item(answer.body, answer.body),), self._after([int(found[1])], known)

    def _after(self, ids: list[int | None], known: Cursor) -> Cursor:
        """Where to go on. Without an id among them nothing can be confirmed."""
        told = [number for number in ids if number is not None]
        if not told:
            if ids:
                raise RetryLater("Telegram gives updates without update_id", after_s=60.0)
            return known
        return Cursor(self._bot, max(told) + 1, int(self._seconds()))

    def _item(self, body: bytes, item: Any) -> PollItem:
        return PollItem(item=item, body=body, received_at=self._clock())

    def _seconds(self) -> float:
        return parse_time(self._clock()).timestamp()


def _refusal(answer: Answer, value: dict[str, Any]) -> Exception:
    """What Telegram's no means for us. Its own words hold neither token nor names."""
    why = as_text(value.get("description"))[:150] or f"HTTP {answer.status}"
    match as_int(value.get("error_code")) or answer.status:
        case 401 | 404:
            return StopAdapter(
                "Telegram does not know the token; take the bot's from @BotFather (/mybots → API"
                " Token), set it as `token`, and start again"
            )
        case 409 if "webhook" in why.lower():
            return RetryLater(
                "a webhook is set for this bot, and then Telegram refuses to be polled: call"
                " deleteWebhook, or give the account its secret_token to be fed by the webhook",
                after_s=60.0,
            )
        case 409:
            return RetryLater(
                "another program polls this bot with the same token: stop it, or give one of the"
                " two a bot of its own",
                after_s=15.0,
            )
        case 429:
            asked = as_int(as_dict(value.get("parameters")).get("retry_after")) or 0
            return RetryLater("Telegram asks for a pause", after_s=max(asked, 1))
        case _:
            return RetryLater(f"Telegram refuses: {why}")
