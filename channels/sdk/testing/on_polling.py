"""Rules of pollers: whatever a crash cuts off comes again, and nothing is passed over."""

import asyncio
from collections.abc import Iterator
from importlib import import_module
from typing import Any, Protocol

from channels.sdk.adapter import PollingAdapter
from channels.sdk.delivery import PollItem
from channels.sdk.errors import RetryLater
from channels.sdk.intake import examine_item
from channels.sdk.outcome import Accepted, Quarantined
from channels.sdk.poller import Poller
from channels.sdk.testing.rule import NotApplicable, Subject, made, rule

_DELIVERIES = 97
_RESTARTS = 100
_QUIET_TURNS = 20_000


class Rehearsal(Protocol):
    """A provider that an author made up, for the lab to poll and to cut off.

    The function that `PollingAdapter.rehearsal` names gives one that holds so many deliveries.
    It answers within a few turns of the event loop, some deliveries at a time, and outlives its
    pollers: what one of them confirmed is gone for the next.
    """

    account: dict[str, Any]
    """The settings of the account that is polled."""

    def poller(self) -> Poller:
        """A new poller of this provider, as after a restart."""


class Process:
    """What outlives a crash: the stored cursor and the ids that are on the log."""

    def __init__(self, adapter: PollingAdapter[Any]) -> None:
        self._adapter = adapter
        self.cursor = ""
        self.on_log: set[str] = set()
        self.faults: list[str] = []

    async def run(self, poller: Poller) -> None:
        """Store batch after batch until it is cancelled, as the pollers' role does."""
        batches = poller.batches(self.cursor)
        try:
            async for batch in batches:
                await asyncio.sleep(0)
                for item in batch.items:
                    self._append(item)
                await asyncio.sleep(0)
                self.cursor = batch.cursor
                await asyncio.sleep(0)
        except RetryLater:
            await asyncio.sleep(0)
        finally:
            await batches.aclose()

    def _append(self, item: PollItem) -> None:
        for outcome in examine_item(self._adapter, item).outcomes:
            if isinstance(outcome, Accepted):
                self.on_log.add(outcome.lead.event_id)
            elif isinstance(outcome, Quarantined):
                self.faults.append(f"a delivery of the made-up provider is {outcome.reason}")


@rule("polling")
def keeps_its_cursor(subject: Subject) -> Iterator[str]:
    """Cut off at any moment a hundred times, a poller still brings every delivery to the log."""
    adapter = subject.adapter
    if not issubclass(adapter, PollingAdapter):
        raise NotApplicable("it does not poll")
    if not adapter.rehearsal:
        yield "it names no made-up provider to poll: see `rehearsal`"
        return
    rehearsal = _rehearsal(adapter.rehearsal)
    process = Process(_polling(adapter, rehearsal.account))
    asyncio.run(_restarted(process, rehearsal))
    missing = _DELIVERIES - len(process.on_log)
    if missing:
        yield f"{missing} of {_DELIVERIES} deliveries never came after {_RESTARTS} restarts"
    yield from process.faults


def _rehearsal(name: str) -> Rehearsal:
    module, _, function = name.partition(":")
    made_up: Rehearsal = getattr(import_module(module), function)(_DELIVERIES)
    return made_up


def _polling(adapter: type[PollingAdapter[Any]], account: dict[str, Any]) -> PollingAdapter[Any]:
    polling = made(adapter, account)
    if not isinstance(polling, PollingAdapter):
        raise NotApplicable("it does not poll")
    return polling


async def _restarted(process: Process, rehearsal: Rehearsal) -> None:
    """Killed after one turn of the event loop, after two, and so on; then left in peace."""
    for number in range(_RESTARTS):
        await _run_for(process, rehearsal, turns=1 + number)
    await _run_for(process, rehearsal, turns=_QUIET_TURNS)


async def _run_for(process: Process, rehearsal: Rehearsal, *, turns: int) -> None:
    task = asyncio.create_task(process.run(rehearsal.poller()))
    for _ in range(turns):
        await asyncio.sleep(0)
        if task.done() or len(process.on_log) == _DELIVERIES:
            break
    task.cancel()
    await asyncio.wait([task])
    if not task.cancelled() and (error := task.exception()):
        process.faults.append(f"the poller raises {type(error).__name__}: {error}")
