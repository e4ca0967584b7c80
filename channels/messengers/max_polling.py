"""The bot's poller: GET /updates (docs/providers.md, 6.6).

`marker` is the cursor: asking with one lets MAX forget what is before it, so that it moves only
when the caller comes back for more. MAX keeps updates for a day, and gives them here only while
the bot has no subscription.
"""

import asyncio
import hashlib
import re
from collections.abc import AsyncGenerator, Callable
from typing import Any, Final

import msgspec

from channels.sdk.delivery import PollItem
from channels.sdk.errors import RetryLater, StopAdapter
from channels.sdk.http_api import Answer, HttpApi
from channels.sdk.poller import Batch, BotCursor, resumed
from channels.sdk.read import as_dict, as_int, as_list, as_text
from channels.sdk.times import Timestamp

_WAIT_S: Final = 30
_MOST: Final = 100
_BETWEEN_CALLS_S: Final = 0.5
"""Two calls a second are allowed."""
_UNREADABLE: Final = 3
_MARKER: Final = re.compile(rb'"marker"\s*:\s*(\d{1,18})')


class Cursor(BotCursor, frozen=True):
    """Up to where updates are stored."""

    marker: int | None = None


class MaxPoller:
    """Implements `channels.sdk.poller.Poller` for one bot."""

    def __init__(
        self,
        token: str,
        *,
        api_url: str,
        ca_file: str,
        clock: Callable[[], Timestamp],
        wait_s: int = _WAIT_S,
    ) -> None:
        self._token = token
        self._bot = hashlib.sha256(token.encode()).hexdigest()[:12]
        self._api_url = api_url
        self._ca_file = ca_file
        self._clock = clock
        self._wait_s = wait_s
        self._unreadable = 0

    async def batches(self, cursor: str) -> AsyncGenerator[Batch, None]:
        async with HttpApi(self._api_url, ca_file=self._ca_file) as api:
            known = resumed(cursor, Cursor(self._bot))
            while True:
                asked = {"limit": str(_MOST), "timeout": str(self._wait_s)}
                if known.marker is not None:
                    asked["marker"] = str(known.marker)
                headers = {"Authorization": self._token}
                answer = await api.get("updates", asked, headers=headers, wait_s=self._wait_s)
                items, known = self._read(answer, known)
                yield Batch(items, msgspec.json.encode(known).decode())
                await asyncio.sleep(_BETWEEN_CALLS_S)

    def _read(self, answer: Answer, known: Cursor) -> tuple[tuple[PollItem, ...], Cursor]:
        if answer.status != 200:
            raise _refusal(answer)
        try:
            value = as_dict(answer.json())
        except RetryLater:
            return self._salvaged(answer, known)
        self._unreadable = 0
        updates, marker = as_list(value.get("updates")), as_int(value.get("marker"))
        if updates and marker is None:
            raise RetryLater("MAX gives updates without a marker", after_s=60.0)
        items = tuple(self._item(msgspec.json.encode(update), update) for update in updates)
        return items, known if marker is None else Cursor(self._bot, marker)

    def _salvaged(self, answer: Answer, known: Cursor) -> tuple[tuple[PollItem, ...], Cursor]:
        """An answer that is broken each time goes to quarantine whole, and is left behind."""
        self._unreadable += 1
        found = _MARKER.findall(answer.body)
        whole = answer.body.rstrip().endswith(b"}")
        if self._unreadable <= _UNREADABLE or not whole or not found:
            raise RetryLater("MAX's answer cannot be read as JSON")
        return (self._item(answer.body, answer.body),), Cursor(known.bot, int(found[-1]))

    def _item(self, body: bytes, item: Any) -> PollItem:
        return PollItem(item=item, body=body, received_at=self._clock())


def _refusal(answer: Answer) -> Exception:
    if answer.status in (401, 403):
        return StopAdapter(
            "MAX does not know the token; take the bot's from its page, set it as `bot_token`, and"
            " start again"
        )
    if answer.status == 429:
        return RetryLater("MAX asks for a pause", after_s=max(answer.retry_after_s, 5.0))
    try:
        code = as_text(as_dict(answer.json()).get("code"))[:60]
    except RetryLater:
        code = ""
    return RetryLater(
        f"MAX answers HTTP {answer.status} {code}; while the bot has a subscription it is not"
        " polled: DELETE /subscriptions, or give the account its secret",
        after_s=max(answer.retry_after_s, 5.0),
    )
