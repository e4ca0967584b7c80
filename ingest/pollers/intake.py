"""What a poll brought, as records on the lead log: the last step before the cursor may move."""

import asyncio
from collections.abc import Sequence
from functools import partial
from typing import Any, Final

from msgspec.structs import replace

from channels.sdk.adapter import PollingAdapter
from channels.sdk.delivery import PollItem
from channels.sdk.intake import Examined, examine_item
from channels.sdk.outcome import Accepted, Ignored, Outcome, Quarantined, QuarantineReason
from channels.sdk.poller import Batch
from channels.sdk.times import Timestamp
from ingest.log.port import LeadLogWriter, Record, RecordTooLarge
from ingest.log.records import records_of
from ingest.metrics import DELIVERIES

_LARGE: Final = 256 * 1024
"""Bytes. Larger items are read in a thread: they would hold up everybody else."""
_KEPT_BYTES: Final = 64 * 1024
"""Of an item that the log will never take as a whole."""


class Intake:
    """Stores the batches of one account."""

    def __init__(self, adapter: PollingAdapter[Any], log: LeadLogWriter) -> None:
        self._adapter = adapter
        self._log = log

    async def store(self, batch: Batch) -> Timestamp | None:
        """Append what the items are; the time of the newest lead, None where there is none.

        Returns once all of it is durable. Raises LogUnavailable: nobody knows what was stored,
        the same again makes it one effect.
        """
        outcomes: list[Outcome] = []
        records: list[Record] = []
        for item in batch.items:
            examined = await self._examined(item)
            outcomes += examined.outcomes
            records += records_of(examined.outcomes, item, self._adapter)
        if records:
            await self._append(records, batch)
        for outcome in outcomes:
            DELIVERIES.labels(self._adapter.settings.name, _name(outcome)).inc()
        return max((o.lead.occurred_at for o in outcomes if isinstance(o, Accepted)), default=None)

    async def _examined(self, item: PollItem) -> Examined:
        if len(item.body) <= _LARGE:
            await asyncio.sleep(0)  # a long batch lets others go first
            return examine_item(self._adapter, item)
        return await asyncio.to_thread(partial(examine_item, self._adapter, item))

    async def _append(self, records: Sequence[Record], batch: Batch) -> None:
        try:
            await self._log.append(records)
        except RecordTooLarge:
            for item in batch.items:
                await self._append_alone(item)

    async def _append_alone(self, item: PollItem) -> None:
        """One item too large for the log harms no other, and of itself the beginning is kept."""
        examined = await self._examined(item)
        try:
            await self._log.append(records_of(examined.outcomes, item, self._adapter))
        except RecordTooLarge as error:
            cut = replace(item, body=item.body[:_KEPT_BYTES])
            kept = Quarantined(QuarantineReason.TOO_LARGE, str(error))
            await self._log.append(records_of([kept], cut, self._adapter))


def _name(outcome: Outcome) -> str:
    if isinstance(outcome, Accepted):
        return "accepted"
    return "ignored" if isinstance(outcome, Ignored) else "quarantined"
