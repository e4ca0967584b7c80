"""The community's poller: Bots Long Poll (docs/providers.md, 2.2).

`ts` is ours: it moves when the caller has stored what it stands for. Where VK says that part of
the history is gone (`failed` 1 or 3), the messages since the last good answer are fetched from the
conversations, and the forms from their lists; their ids are those of the place of a message and of
the form, so what came twice is one lead. Comments and orders of that time are not fetched.
"""

import re
from collections.abc import AsyncGenerator, Callable
from dataclasses import dataclass
from typing import Any, Final

import msgspec
import structlog

from channels.sdk.delivery import PollItem
from channels.sdk.errors import RetryLater, StopAdapter
from channels.sdk.http_api import Answer, HttpApi
from channels.sdk.poller import Batch
from channels.sdk.read import as_dict, as_int, as_list, as_text
from channels.sdk.times import Timestamp, parse_time
from channels.vk.api import Denied, VkApi
from channels.vk.missed import missed
from channels.vk.missed_forms import missed_forms

WAIT_S: Final = 25
"""VK's own advice; proxies cut at 30."""
_MARGIN_S: Final = 600
"""How much before the last good answer the messages are fetched again from: clocks differ."""
_NOTED_EVERY_S: Final = 300
_UNREADABLE: Final = 3
_MOST_FAILED: Final = 3
"""In a row, before a pause."""
_TS: Final = re.compile(rb'"ts"\s*:\s*"?(\d{1,18})')
_log = structlog.get_logger()


class Cursor(msgspec.Struct, frozen=True):
    """Up to where events are stored."""

    group: str = ""
    """Numbers of another community mean nothing."""
    ts: str = ""
    at: int = 0
    """When VK last answered well, in seconds since 1970, to some minutes."""
    since: int = 0
    """From when on messages must be fetched from the conversations; 0: nothing is missing."""


@dataclass(frozen=True, slots=True)
class _Server:
    url: str
    key: str
    ts: str


class VkPoller:
    """Implements `channels.sdk.poller.Poller` for one community."""

    def __init__(
        self,
        *,
        token: str,
        group_id: str,
        api_url: str,
        clock: Callable[[], Timestamp],
        wait_s: int = WAIT_S,
    ) -> None:
        self._token = token
        self._group = group_id
        self._api_url = api_url
        self._clock = clock
        self._wait_s = wait_s
        self._server: _Server | None = None
        """Kept over network faults: VK limits how often one may be asked for."""
        self._unreadable = 0
        self._failed = 0

    async def batches(self, cursor: str) -> AsyncGenerator[Batch, None]:
        async with HttpApi(self._api_url) as http:
            api = VkApi(http, token=self._token, group_id=self._group)
            known = self._known(cursor)
            while True:
                server = self._server or await self._new_server(api)
                if not known.ts:  # stored at once: from here on nothing may be passed over
                    known = Cursor(self._group, server.ts, known.at or self._now(), known.since)
                    yield Batch((), _encoded(known))
                if known.since:  # after the new ts is known: what comes meanwhile is not missed
                    async for items in self._missed(api, known.since):
                        yield Batch(items, _encoded(known))
                    known = msgspec.structs.replace(known, since=0)
                    yield Batch((), _encoded(known))
                answer = await api.poll(server.url, server.key, known.ts, self._wait_s)
                items, known = self._read(answer, known)
                yield Batch(items, _encoded(known))

    def _known(self, cursor: str) -> Cursor:
        try:
            known = msgspec.json.decode(cursor, type=Cursor)
        except msgspec.DecodeError:
            return Cursor(self._group)
        return known if known.group == self._group else Cursor(self._group)

    async def _new_server(self, api: VkApi) -> _Server:
        try:
            told = await api.call("groups.getLongPollServer")
        except Denied as error:
            raise StopAdapter(
                f"{error}: give the token the right to manage the community, switch the Long Poll"
                " API on, and start again"
            ) from error
        server = _Server(*(as_text(told.get(name)) for name in ("server", "key", "ts")))
        if not (server.url.startswith(("https://", "http://")) and server.key and server.ts):
            raise RetryLater("VK names no long poll server", after_s=60.0)
        self._server = server
        return server

    def _read(self, answer: Answer, known: Cursor) -> tuple[tuple[PollItem, ...], Cursor]:
        try:
            value = as_dict(answer.json())
        except RetryLater:
            return self._salvaged(answer, known)
        self._unreadable = 0
        if "failed" in value:
            return (), self._after_failure(value, known)
        self._failed = 0
        ts = as_text(value.get("ts"))
        if answer.status != 200 or not ts:
            self._server = None
            raise RetryLater(f"VK's long poll answers HTTP {answer.status} without a ts")
        updates = as_list(value.get("updates"))
        items = tuple(self._item(msgspec.json.encode(update), update) for update in updates)
        return items, self._moved(known, ts)

    def _after_failure(self, value: dict[str, Any], known: Cursor) -> Cursor:
        """`failed`: 1 go on with the ts given; 2 a new key; 3 a new key and ts."""
        failed, since = as_int(value["failed"]), max(known.at - _MARGIN_S, 1)
        self._failed += 1
        if self._failed > _MOST_FAILED:
            self._server = None
            raise RetryLater(f"VK's long poll fails ({failed}) time and again", after_s=30.0)
        if failed == 2:
            self._server = None
            return known
        ts = as_text(value.get("ts"))
        if failed != 1 or not ts:
            self._server, ts = None, ""
        _log.warning("vk.history_lost", group_id=self._group, failed=failed)
        return Cursor(self._group, ts, known.at, known.since or since)

    def _moved(self, known: Cursor, ts: str) -> Cursor:
        """Where to go on; the time is noted with new events, and else every some minutes."""
        now = self._now()
        if ts == known.ts and now - known.at < _NOTED_EVERY_S:
            return known
        return Cursor(self._group, ts, now)

    def _salvaged(self, answer: Answer, known: Cursor) -> tuple[tuple[PollItem, ...], Cursor]:
        """An answer that is broken each time goes to quarantine whole, and is left behind."""
        self._unreadable += 1
        found = _TS.search(answer.body)
        whole = answer.status == 200 and answer.body.rstrip().endswith(b"}")
        if self._unreadable <= _UNREADABLE or not whole or not found:
            raise RetryLater(f"VK's answer (HTTP {answer.status}) cannot be read as JSON")
        item = self._item(answer.body, answer.body)
        return (item,), self._moved(known, found[1].decode())

    async def _missed(self, api: VkApi, since: int) -> AsyncGenerator[tuple[PollItem, ...], None]:
        for what, fetch in (("messages", missed), ("lead forms", missed_forms)):
            try:
                async for events in fetch(api, since):
                    yield tuple(self._item(msgspec.json.encode(event), event) for event in events)
            except (Denied, StopAdapter) as error:  # the next poll tells of a token that is dead
                _log.error(
                    "vk.missed_not_fetched",
                    group_id=self._group,
                    what=what,
                    why=str(error),
                    remedy=f"give the token the right to the community's {what}",
                )

    def _now(self) -> int:
        return int(parse_time(self._clock()).timestamp())

    def _item(self, body: bytes, item: Any) -> PollItem:
        return PollItem(item=item, body=body, received_at=self._clock())


def _encoded(cursor: Cursor) -> str:
    return msgspec.json.encode(cursor).decode()
