"""How fast leads are decided about and saved, against the least that such work can be."""

from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial
from pathlib import Path

from eventstore.customer_base import CustomerBase
from eventstore.domain.matching import Matching
from eventstore.domain.pipeline import SALES
from eventstore.keyring import Keyring
from eventstore.policy import Policy
from eventstore.recorders.sqlite import SQLiteCustomerRecorder
from ingest.log.port import Logged
from ingest.processor.batch import BatchHandler
from leadlog.bench import raw_resolve
from leadlog.bench.clock import timed
from leadlog.bench.leads import Mix, logged_leads
from leadlog.bench.pair import Benchmark, Sample, Setting, Sides

BATCH = 500


@contextmanager
def opened(setting: Setting) -> Iterator[Sides]:
    """The same records for both sides, in memory: neither reads the log in the measured time."""
    setting.progress("making up leads")
    records = list(logged_leads(setting.amount(20_000, 1_000), Mix(), seed=1))
    with setting.scratch() as folder:
        yield Sides(
            lambda number: _ours(folder / f"ours-{number}.db", records),
            lambda number: _limit(folder / f"raw-{number}.db", records),
        )


def open_base(path: Path) -> CustomerBase:
    """An event store with the default rules, as `leadlog up` opens it."""
    policy = Policy.of(Matching(), [SALES])
    return CustomerBase(SQLiteCustomerRecorder(path), Keyring(b"b" * 32), policy)


def process(base: CustomerBase, records: list[Logged]) -> int:
    """Feed records to the processor's batch handler, as its loop does."""
    handler = BatchHandler(base)
    for start in range(0, len(records), BATCH):
        coming = records[start + BATCH : start + 2 * BATCH]
        handler.handle(records[start : start + BATCH], partial(handler.ahead, coming))
    return len(records)


def _ours(path: Path, records: list[Logged]) -> Sample:
    base = open_base(path)
    try:
        sample = timed(lambda: process(base, records))
        if (count := len(list(base.recorder.lead_ids()))) != len(records):
            raise AssertionError(f"{len(records)} leads went in, {count} are recorded")
        return sample
    finally:
        base.recorder.close()


def _limit(path: Path, records: list[Logged]) -> Sample:
    resolver = raw_resolve.RawResolver(path)
    values = [record.value for record in records]

    def resolve() -> int:
        for start in range(0, len(values), raw_resolve.BATCH):
            resolver.resolve(values[start : start + raw_resolve.BATCH])
        return len(values)

    try:
        return timed(resolve)
    finally:
        resolver.close()


BENCHMARK = Benchmark(
    name="processor",
    a="batch handler: rules, cards, deals, events",
    b="raw resolve loop: decode, look up, write",
    unit="leads/s",
    aim=0.40,
    open=opened,
)
