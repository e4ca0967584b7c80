"""Whether a lead costs the same where thousands stand already: of a person, on a switchboard."""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from itertools import islice
from pathlib import Path

from channels.sdk.lead import Identity
from channels.sdk.times import format_time
from eventstore.customer_base import CustomerBase
from ingest.log.port import Logged
from ingest.log.sqlite import PARTITION
from leadlog.bench.clock import timed
from leadlog.bench.leads import logged
from leadlog.bench.pair import Benchmark, Sample, Setting, Sides
from leadlog.bench.processor import BATCH, open_base, process

_PERSONS = 2_000
_CHUNK = 8 * BATCH
_START = datetime(2026, 3, 1, 6, tzinfo=UTC)
_APART = timedelta(seconds=2)
ONE_NUMBER = "+79120000001"
SHARED_NUMBER = "+78001234567"
"""On the default list: every call there without a thread opens a deal of its own."""


def calls(callers: Iterator[str], *, first: int = 0) -> Iterator[Logged]:
    """Records of incoming calls, offsets from `first`."""
    for offset, number in enumerate(callers, first):
        at = format_time(_START + offset * _APART)
        caller = Identity(kind="phone", value=number, proof="attested", raw=number)
        yield logged(offset, f"hot {offset}", at, (caller,), kind="call")


def only(number: str) -> Iterator[str]:
    while True:
        yield number


def everybody() -> Iterator[str]:
    """Each of the known persons in turn."""
    while True:
        yield from (f"+79{person:09d}" for person in range(_PERSONS))


def _strangers() -> Iterator[str]:
    yield from (f"+78{person:09d}" for person in range(10**8, 10**9))


@contextmanager
def _opened(
    setting: Setting, hot: Iterator[str], cold: Iterator[str], many: int
) -> Iterator[Sides]:
    """One store, where each round adds the same number of calls of both kinds."""
    chunk = setting.amount(_CHUNK, BATCH)
    with setting.scratch() as folder:
        base = open_base(Path(folder) / "hot.db")
        try:
            setting.progress(f"{many:,} calls from one number")
            _feed(base, everybody(), _PERSONS)
            _feed(base, hot, many)
            yield Sides(
                lambda _: _feed(base, hot, chunk),
                lambda _: _feed(base, cold, chunk),
                note=f"{many:,} touches there before",
            )
        finally:
            base.recorder.close()


def _feed(base: CustomerBase, callers: Iterator[str], count: int) -> Sample:
    done = base.recorder.max_tracking_id(PARTITION)
    first = 0 if done is None else done + 1
    records = list(islice(calls(callers, first=first), count))
    return timed(lambda: process(base, records))


@contextmanager
def one_person(setting: Setting) -> Iterator[Sides]:
    """Calls of somebody with ever more touches against those of somebody with a few."""
    many = setting.amount(100_000, 2_000)
    with _opened(setting, only(ONE_NUMBER), everybody(), many) as sides:
        yield sides


@contextmanager
def shared_number(setting: Setting) -> Iterator[Sides]:
    """Bare calls of a switchboard, each with a deal of its own, against first calls of strangers.

    These open a deal, too, and a card.
    """
    many = setting.amount(20_000, 2_000)
    with _opened(setting, only(SHARED_NUMBER), _strangers(), many) as sides:
        yield sides


HOT = Benchmark(
    name="hot",
    a="calls of a person with 100,000 touches",
    b="calls of persons with a few",
    unit="leads/s",
    aim=0.9,
    open=one_person,
)
HOT_SHARED = Benchmark(
    name="hot-shared",
    a="bare calls on a shared number with 20,000 deals",
    b="first calls of strangers",
    unit="leads/s",
    aim=0.8,
    open=shared_number,
)
