"""How fast events become rows of the analytics, against inserting rows that are there already."""

from collections.abc import Iterator
from contextlib import contextmanager
from itertools import count

import pyarrow as pa

from eventstore.reading import EventReader, Recorded
from leadlog.bench.clock import timed
from leadlog.bench.leads import Mix, logged_leads
from leadlog.bench.pair import Benchmark, Sample, Setting, Sides
from leadlog.bench.processor import open_base, process
from projections.clickhouse.client import ClickHouse
from projections.facts.rows import block
from projections.facts.table import FactTable
from projections.runner import BLOCK, Projector

_numbers = count()


@contextmanager
def opened(setting: Setting) -> Iterator[Sides]:
    """Each round fills an empty table of the same engine; the limit's blocks are built before."""
    with setting.scratch() as folder:
        setting.progress("preparing events")
        base = open_base(folder / "events.db")
        process(base, list(logged_leads(setting.amount(60_000, 2_000), Mix(), seed=3)))
        blocks = [block(page) for page in _pages(base.recorder)]
        engine = f"chdb://{folder.absolute()}/analytics"
        try:
            yield Sides(
                lambda _: _ours(engine, base.recorder),
                lambda _: _limit(engine, blocks),
                note=f"blocks of {BLOCK:,} rows",
            )
        finally:
            base.recorder.close()


def _pages(reader: EventReader) -> Iterator[list[Recorded]]:
    after = 0
    while page := reader.read(after, BLOCK):
        after = page[-1].position
        yield list(page)


def empty_store(engine: str) -> ClickHouse:
    """A database of its own in this process's engine, with the tables in it."""
    store = ClickHouse(f"{engine}?database=bench_{next(_numbers)}")
    FactTable(store).prepare()
    return store


def drop(store: ClickHouse) -> None:
    store.command(f"DROP DATABASE {store.target.database}")
    store.close()


def _ours(engine: str, reader: EventReader) -> Sample:
    store = empty_store(engine)
    projector = Projector(reader, FactTable(store))
    try:
        return timed(projector.project_available)
    finally:
        drop(store)


def _limit(engine: str, blocks: list[pa.Table]) -> Sample:
    store = empty_store(engine)

    def insert() -> int:
        for number, rows in enumerate(blocks):
            store.insert("facts", rows, token=str(number))
        return sum(rows.num_rows for rows in blocks)

    try:
        return timed(insert)
    finally:
        drop(store)


BENCHMARK = Benchmark(
    name="projector",
    a="projector: read, decode, build, insert, look",
    b="insert of the same Arrow blocks, ready made",
    unit="rows/s",
    aim=0.30,
    open=opened,
)
