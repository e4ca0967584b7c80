"""The whole way: through the gateway onto a durable log, and from there into the event store."""

import asyncio
from collections.abc import Iterator
from pathlib import Path
from random import Random
from tempfile import TemporaryDirectory

from channels.sdk.adapter import PollingAdapter
from channels.sdk.delivery import PollItem
from channels.sdk.intake import examine_item
from channels.sdk.testing.rule import Case, Subject, rule
from eventstore.touches import bytes_of
from ingest.log.port import LeadLogWriter
from ingest.log.records import records_of
from leadlog.lab.client import exchange
from leadlog.lab.gateway import gateway_of
from leadlog.settings import Settings
from leadlog.system import System

_TIMES = 3


@rule("intake")
def has_one_effect(subject: Subject) -> Iterator[str]:
    """Every delivery three times over, in any order, is in the event store exactly once."""
    expected = {lead.event_id: lead.lead_id for c in subject.deliveries for lead in c.sent().leads}
    with TemporaryDirectory(prefix="leadlog-lab-") as folder:
        system = System(Settings(data=Path(folder)))
        try:
            asyncio.run(_sent_thrice(subject, system))
            system.drain()
            lead_ids = set(system.base.recorder.lead_ids())
            accepted = _accepted(system)
        finally:
            system.close()
    missing = {bytes_of(lead_id) for lead_id in expected.values()} - lead_ids
    if missing:
        yield f"{len(missing)} leads are not in the event store"
    if accepted != len(expected):
        yield f"{accepted} events took effect, not {len(expected)}"


async def _sent_thrice(subject: Subject, system: System) -> None:
    writer = await system.lead_log.new_writer()
    cases = subject.deliveries * _TIMES
    Random(len(cases)).shuffle(cases)  # noqa: S311 - the same order every time
    for case in cases:
        await _send(case, writer)
    await writer.close()


async def _send(case: Case, writer: LeadLogWriter) -> None:
    adapter, source = case.anew(), case.source
    if isinstance(source, PollItem) and isinstance(adapter, PollingAdapter):
        await writer.append(records_of(examine_item(adapter, source).outcomes, source, adapter))
        return
    gateway = gateway_of(adapter, writer, source.received_at)
    await exchange(case.request, adapter.settings.name).run(gateway)


def _accepted(system: System) -> int:
    ledger = system.base.recorder.ledger()
    return sum(count for (*_, outcome), count in ledger.items() if outcome == "accepted")
