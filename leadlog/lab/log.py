"""A lead log for the lab: it can be away, it takes its time, and tells what it took and when."""

import asyncio
from collections.abc import Sequence

from ingest.log.port import LogUnavailable, Record

_TURNS = 3
"""Turns of the event loop before and after a record is durable: room for a crash."""


class LabLog:
    """Implements `ingest.log.port.LeadLogWriter` in memory."""

    def __init__(self) -> None:
        self.taken: list[Record] = []
        self.away = False

    async def append(self, records: Sequence[Record]) -> None:
        await self._wait()
        if self.away:
            raise LogUnavailable("the lab has taken the log away")
        self.taken.extend(records)
        await self._wait()

    async def close(self) -> None:
        await self._wait()

    async def _wait(self) -> None:
        for _ in range(_TURNS):
            await asyncio.sleep(0)
