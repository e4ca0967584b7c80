"""The polling of one account, for as long as the process lives."""

import asyncio
from collections.abc import Callable
from contextlib import aclosing
from dataclasses import dataclass, field
from datetime import UTC, datetime
from random import Random
from typing import Any, Final

import structlog

from channels.sdk.adapter import PollingAdapter, redact
from channels.sdk.errors import RetryLater, StopAdapter
from channels.sdk.poller import Batch, Poller
from channels.sdk.times import Timestamp, format_time, parse_time
from eventstore.faults import faultpoint
from ingest.log.port import LeadLogWriter, LogUnavailable
from ingest.pollers.cursors import CursorMoved, CursorStore, CursorsUnavailable
from ingest.pollers.intake import Intake
from ingest.pollers.pauses import pause
from ingest.pollers.state import AccountState, Phase

LOOK_S: Final = 5.0
"""How often the right to poll is asked for, or looked after."""
_FAULT_PAUSE_S: Final = 60.0
_IDLE_S: Final = 0.1
_LONGEST_TOLD: Final = 300
_log = structlog.get_logger()


def _now() -> datetime:
    return datetime.now(UTC)


@dataclass
class Patience:
    """Clock, chance and pauses, as arguments."""

    clock: Callable[[], datetime] = _now
    chance: Random = field(default_factory=Random)
    look_s: float = LOOK_S
    slower: float = 1.0
    """What pauses are multiplied by."""

    def timestamp(self) -> Timestamp:
        return format_time(self.clock())


class PolledAccount:
    """Polls while this process has the right to; stands by while another has it."""

    def __init__(
        self,
        adapter: PollingAdapter[Any],
        log: LeadLogWriter,
        cursors: CursorStore,
        *,
        patience: Patience,
    ) -> None:
        self._adapter = adapter
        self._name = adapter.settings.name
        self._intake = Intake(adapter, log)
        self._cursors = cursors
        self._patience = patience
        self._cursor = ""
        self.state = AccountState(
            self._name, adapter.fetched_from(), lambda: patience.clock().timestamp()
        )

    async def run(self) -> None:
        """Until it is cancelled, or stopped for good. Raises nothing else."""
        poller: Poller | None = None
        while True:
            try:
                if not await self._cursors.claim(self._name):
                    self.state.stands_by()
                    await asyncio.sleep(self._patience.look_s)
                    continue
                poller = poller or self._adapter.poller(clock=self._patience.timestamp)
                await self._poll_while_held(poller)
            except StopAdapter as error:
                self._note(Phase.STOPPED, error)
                _log.error("poller.stopped", account=self._name, why=self.state.told)
                return
            except RetryLater as error:
                await self._retry(error, error.after_s)
            except CursorMoved:
                _log.warning("poller.overtaken", account=self._name)
            except (CursorsUnavailable, LogUnavailable) as error:
                await self._retry(error, 0.0)
            except Exception as error:  # noqa: BLE001 - a poller's bug stops no other account
                _log.exception("poller.fault", account=self._name)
                await self._retry(error, _FAULT_PAUSE_S)

    async def _poll_while_held(self, poller: Poller) -> None:
        """Poll until something is raised, or until the right is lost: then it just returns."""
        polling = asyncio.ensure_future(self._poll(poller))
        watching = asyncio.ensure_future(self._lost())
        both = (polling, watching)
        try:
            await asyncio.wait(both, return_when=asyncio.FIRST_COMPLETED)
        finally:
            for task in both:
                task.cancel()
            await asyncio.wait(both)
        for task in both:
            if not task.cancelled() and (error := task.exception()):
                raise error

    async def _lost(self) -> None:
        """Return once another process may poll this account."""
        while await self._cursors.claim(self._name):  # noqa: ASYNC110 - nobody tells of it
            await asyncio.sleep(self._patience.look_s)

    async def _poll(self, poller: Poller) -> None:
        self._cursor = await self._cursors.load(self._name)
        async with aclosing(poller.batches(self._cursor)) as batches:
            async for batch in batches:
                newest = await self._stored(batch)
                lag = self.state.clock() - parse_time(newest).timestamp() if newest else None
                self.state.succeeded(lag)
                if not batch.items:  # a provider that answers nothing at once is not hammered
                    await asyncio.sleep(_IDLE_S)

    async def _stored(self, batch: Batch) -> Timestamp | None:
        """Append, then move the cursor; in place again and again until both are durable.

        Not every source gives a thing twice: what was fetched is not let go of.
        """
        faultpoint("pollers.before_append")
        while True:
            try:
                newest = await self._intake.store(batch)
                break
            except LogUnavailable as error:
                await self._retry(error, 0.0)
        faultpoint("pollers.after_append")
        while batch.cursor != self._cursor:
            try:
                await self._cursors.save(self._name, batch.cursor, after=self._cursor)
                self._cursor = batch.cursor
            except CursorsUnavailable as error:
                await self._retry(error, 0.0)
                # It may have been stored all the same.
                if await self._cursors.load(self._name) == batch.cursor:
                    self._cursor = batch.cursor
        faultpoint("pollers.after_cursor")
        return newest

    async def _retry(self, error: Exception, after_s: float) -> None:
        self._note(Phase.RETRYING, error)
        if self.state.failures == 1:
            _log.warning("poller.retries", account=self._name, why=self.state.told)
        seconds = pause(self.state.failures, after_s, self._patience.chance)
        await asyncio.sleep(seconds * self._patience.slower)

    def _note(self, phase: Phase, error: Exception) -> None:
        """Errors of pollers are written for people; of others the class alone is told."""
        known = (StopAdapter, RetryLater, CursorsUnavailable, LogUnavailable)
        text = str(error) if isinstance(error, known) else f"a fault: {type(error).__name__}"
        secrets = self._adapter.settings.secrets()
        cut = redact(text.encode("utf-8", "replace"), secrets).decode("utf-8", "replace")
        self.state.failed(phase, cut[:_LONGEST_TOLD])
