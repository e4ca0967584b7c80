"""Whether the rate holds as cards pile up: a million cards against a thousand."""

import hashlib
import os
import shutil
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from itertools import islice
from pathlib import Path

from eventstore.customer_base import CustomerBase
from eventstore.recorders.sqlite_schema import STATEMENTS
from ingest.log.sqlite import PARTITION
from leadlog.bench.clock import timed
from leadlog.bench.leads import Mix, logged_leads
from leadlog.bench.pair import Benchmark, Sample, Setting, Sides
from leadlog.bench.processor import BATCH, open_base, process

_NEWCOMERS = Mix(returning=0.0)
_CARDS_A_LEAD = 1 + _NEWCOMERS.with_email
_MANY, _FEW = 1_000_000, 1_000
_CHUNK = 8 * BATCH


@contextmanager
def opened(setting: Setting) -> Iterator[Sides]:
    """Each round feeds the same number of leads, half of them from people the store knows.

    The large store goes on from round to round, which adds little to it; the small one is put
    back before each.
    """
    many, few = setting.amount(_MANY, 5_000), _FEW
    chunk = setting.amount(_CHUNK, BATCH)
    large, small = prepared(many, setting), prepared(few, setting)
    with ExitStack() as stack:
        folder = stack.enter_context(setting.scratch())
        setting.progress("copying the large store")
        base = stack.enter_context(_copy(large, folder / "large.db"))
        _feed(base, many, BATCH, number=-1)  # what is asked often is at hand now

        def crowded(number: int) -> Sample:
            return _feed(base, many, chunk, number=number)

        def empty(number: int) -> Sample:
            with _copy(small, folder / f"small-{number}.db") as fresh:
                _feed(fresh, few, BATCH, number=-1)
                return _feed(fresh, few, chunk, number=number)

        yield Sides(crowded, empty, note=f"{many:,} cards against {few:,}")


def prepared(cards: int, setting: Setting) -> Path:
    """A store of so many cards, made once and kept; another schema makes another store."""
    schema = hashlib.sha256("".join(STATEMENTS).encode()).hexdigest()[:8]
    kept = setting.cache / f"store-{cards}-{schema}.db"
    if not kept.exists():
        setting.cache.mkdir(parents=True, exist_ok=True)
        making = kept.with_suffix(f".{os.getpid()}")
        with _opened(making) as base:
            _fill(base, cards, setting)
        making.rename(kept)
    return kept


def _fill(base: CustomerBase, cards: int, setting: Setting) -> None:
    leads = logged_leads(int(cards / _CARDS_A_LEAD), _NEWCOMERS, seed=0)
    total, done = int(cards / _CARDS_A_LEAD), 0
    started = time.monotonic()
    while batch := list(islice(leads, _CHUNK)):
        done += process(base, batch)
        left = (time.monotonic() - started) / done * (total - done)
        setting.progress(f"preparing {cards:,} cards, kept for later: {left:.0f} s left")


@contextmanager
def _opened(path: Path) -> Iterator[CustomerBase]:
    base = open_base(path)
    try:
        yield base
    finally:
        base.recorder.close()


@contextmanager
def _copy(store: Path, to: Path) -> Iterator[CustomerBase]:
    shutil.copyfile(store, to)
    with _opened(to) as base:
        yield base


def _feed(base: CustomerBase, cards: int, count: int, *, number: int) -> Sample:
    """Leads that nobody sent before, `number` being the round."""
    first = int(cards / _CARDS_A_LEAD) + (number + 1) * count
    start = base.recorder.max_tracking_id(PARTITION) or 0
    leads = logged_leads(count, Mix(), seed=number + 100, first=first)
    records = [lead._replace(offset=start + 1 + lead.offset) for lead in leads]
    return timed(lambda: process(base, records))


BENCHMARK = Benchmark(
    name="flat",
    a="batch handler, a million cards",
    b="batch handler, a thousand cards",
    unit="leads/s",
    aim=0.95,
    open=opened,
)
