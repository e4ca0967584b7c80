"""Where deliveries are sent to the gateway by hand: cut off, in drops, with the log away."""

import asyncio
from types import TracebackType
from typing import Self

from channels.sdk.delivery import Delivery, Reply
from channels.sdk.lead import LeadEvent
from channels.sdk.testing.rule import Case
from leadlog.lab.client import Exchange, exchange
from leadlog.lab.gateway import gateway_of, stored_of
from leadlog.lab.log import LabLog
from leadlog.lab.virtual_time import VirtualTimeLoop

NO_REPLY = Reply(0)


class Bench:
    """Keeps one event loop, whose time need not be waited for."""

    def __enter__(self) -> Self:
        self._loop = VirtualTimeLoop()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._loop.close()

    def reply_to(
        self, case: Case, log: LabLog, request: Delivery | None = None, **manner: object
    ) -> Reply:
        """What the provider hears; NO_REPLY where nobody was left to hear it."""
        delivery = request or case.request
        asked = exchange(delivery, case.adapter.settings.name, **manner)  # type: ignore[arg-type] # handed on
        self._loop.run_until_complete(_whole(asked, case, log, delivery))
        return asked.reply or NO_REPLY

    def reply_until_cut(self, case: Case, log: LabLog, turns: int) -> tuple[Reply, bool]:
        """What was said when the process died after so many turns of its loop; was it all?"""
        asked = exchange(case.request, case.adapter.settings.name, pieces=2)
        ended = self._loop.run_until_complete(_cut_off(asked, case, log, turns))
        return asked.reply or NO_REPLY, ended


def events_on(log: LabLog) -> frozenset[str]:
    """The ids of the lead events that a log took."""
    return events_of(tuple(one.lead for one in stored_of(log.taken) if one.lead))


def events_of(leads: tuple[LeadEvent, ...]) -> frozenset[str]:
    return frozenset(lead.event_id for lead in leads)


async def _whole(asked: Exchange, case: Case, log: LabLog, delivery: Delivery) -> None:
    await asked.run(gateway_of(case.adapter, log, delivery.received_at))


async def _cut_off(asked: Exchange, case: Case, log: LabLog, turns: int) -> bool:
    task = asyncio.ensure_future(_whole(asked, case, log, case.request))
    for _ in range(turns):
        await asyncio.sleep(0)
    ended = task.done()
    task.cancel()
    await asyncio.wait([task])
    return ended
