"""The page's poller: what people typed into its lead forms, from the Graph API.

The webhook tells only that there is a lead (docs/providers.md, 6.4); here its answers come,
and also those whose notification got lost: Meta keeps them for 90 days. Leads are listed newest
first, so that a form's time moves only when all its pages are stored. What is a little older is
looked at again each time, for leads may be listed late.
"""

import asyncio
import hashlib
from collections.abc import AsyncGenerator, Callable
from typing import Any, Final

import msgspec

from channels.messengers.graph_api import GraphApi
from channels.sdk.delivery import PollItem
from channels.sdk.http_api import HttpApi
from channels.sdk.poller import Batch
from channels.sdk.read import as_dict, as_text
from channels.sdk.times import Timestamp, canonical_time, parse_time

PAUSE_S: Final = 30.0
_LATE_S: Final = 15 * 60
_REMEMBERED: Final = 20_000


class Cursor(msgspec.Struct, frozen=True):
    """Up to where each form is stored."""

    forms: dict[str, int] = {}
    """Form → the time of its newest lead, in seconds since 1970."""


class LeadFormsPoller:
    """Implements `channels.sdk.poller.Poller` for one page."""

    def __init__(
        self,
        api: Callable[[HttpApi], GraphApi],
        *,
        api_url: str,
        since: int,
        clock: Callable[[], Timestamp],
        pause_s: float = PAUSE_S,
    ) -> None:
        """`since`: leads from before are history, in seconds since 1970."""
        self._api = api
        self._api_url = api_url
        self._since = since
        self._clock = clock
        self._pause_s = pause_s
        self._stored: dict[str, None] = {}
        """Leads that were handed on, oldest first: they are seen again until they are old."""

    async def batches(self, cursor: str) -> AsyncGenerator[Batch, None]:
        known = _decoded(cursor)
        async with HttpApi(self._api_url) as http:
            api = self._api(http)
            while True:
                for form in await api.forms():
                    newest = known.forms.get(form.id, 0)
                    since = max(newest - _LATE_S, self._since)
                    async for leads in api.leads(form, since):
                        fresh = [lead for lead in leads if _id(lead) not in self._stored]
                        newest = max([newest, *map(self._made, fresh)])
                        if fresh:
                            yield Batch(tuple(map(self._item, fresh)), _encoded(known))
                            self._remember(fresh)
                    known = Cursor({**known.forms, form.id: newest})
                yield Batch((), _encoded(known))
                await asyncio.sleep(self._pause_s)

    def _item(self, lead: Any) -> PollItem:
        return PollItem(item=lead, body=msgspec.json.encode(lead), received_at=self._clock())

    def _made(self, lead: Any) -> int:
        """When it was typed, now at the latest; 0 where that cannot be read: it moves nothing."""
        now = parse_time(self._clock()).timestamp()
        try:
            told = parse_time(canonical_time(as_text(as_dict(lead).get("created_time"))))
        except ValueError:
            return 0
        return int(min(told.timestamp(), now))

    def _remember(self, leads: list[Any]) -> None:
        self._stored |= dict.fromkeys(map(_id, leads))
        while len(self._stored) > _REMEMBERED:
            del self._stored[next(iter(self._stored))]


def _id(lead: Any) -> str:
    """Its number, or of one that has none its content."""
    found = as_text(as_dict(lead).get("id"))
    return found or hashlib.sha256(msgspec.json.encode(lead)).hexdigest()


def _decoded(cursor: str) -> Cursor:
    try:
        return msgspec.json.decode(cursor, type=Cursor)
    except msgspec.DecodeError:
        return Cursor()


def _encoded(cursor: Cursor) -> str:
    return msgspec.json.encode(cursor).decode()
