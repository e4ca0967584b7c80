"""One polled account on a disk of its own: role, log, cursors, and what is made of its leads."""

import asyncio
from collections import Counter
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import Any

import msgspec
from support.worlds import base

from channels.sdk.adapter import PollingAdapter
from eventstore.queries import Cards
from ingest.log.port import RecordType
from ingest.log.sqlite import SQLiteLogReader, SQLiteLogWriter
from ingest.pollers.account import Patience
from ingest.pollers.role import Pollers
from ingest.pollers.sqlite_cursors import SQLiteCursors
from ingest.processor.batch import BatchHandler
from ingest.processor.loop import ProcessorLoop

SOON_S = 60.0
"""Generous: what is waited for takes a fraction of a second."""


def hasty() -> Patience:
    """Pauses of hundredths of their length."""
    return Patience(look_s=0.05, slower=0.01)


class Polled:
    """What outlives every start of the role."""

    def __init__(self, folder: Path, adapter: PollingAdapter[Any]) -> None:
        self.folder = folder
        self.adapter = adapter
        self.name = adapter.settings.name
        self._reader = SQLiteLogReader(folder / "leadlog.db")

    async def run_until(self, done: "Callable[[Pollers], bool] | float") -> Pollers:
        """Run the role until this is true, or for so many seconds; then cut it off, as a crash."""
        log = SQLiteLogWriter(self.folder / "leadlog.db")
        cursors = SQLiteCursors(self.folder / "pollers.db")
        pollers = Pollers({self.name: self.adapter}, log, cursors, patience=hasty())
        task = asyncio.create_task(pollers.run())
        try:
            if isinstance(done, float):
                await asyncio.sleep(done)
            else:
                await until(lambda: done(pollers))
        finally:
            task.cancel()
            with suppress(asyncio.CancelledError):
                await task
            await log.close()
            await cursors.close()
        return pollers

    def records(self, kind: RecordType) -> list[bytes]:
        """What is on the log, in its order."""
        logged = self._reader.read("log", -1, 1_000_000)
        return [record.value for record in logged if record.type is kind]

    def told(self, field: str) -> list[Any]:
        """What the lead events there have in this field."""
        return [msgspec.json.decode(value)[field] for value in self.records(RecordType.LEAD)]

    @property
    def leads(self) -> int:
        """How many lead events there are, repeats too."""
        return len(self.records(RecordType.LEAD))

    @property
    def different_leads(self) -> int:
        """How many leads these are."""
        return len({*self.told("lead_id")})

    def touches(self) -> Counter[str]:
        """How often each lead stands on a card, once the processor has decided about all."""
        customers = base(self.folder / "events.db")
        try:
            ProcessorLoop(self._reader, BatchHandler(customers), customers.recorder).drain()
            cards = list(Cards(customers).all(with_leads=True))
            return Counter(lead for card in cards for lead in card["leads"])
        finally:
            customers.recorder.close()

    def close(self) -> None:
        self._reader.close()


async def until(true: Callable[[], bool]) -> None:
    async with asyncio.timeout(SOON_S):
        while not true():  # noqa: ASYNC110 - conditions of many kinds, told by nobody
            await asyncio.sleep(0.005)
