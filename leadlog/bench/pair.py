"""One benchmark: two sides that take turns, and what the rounds say."""

import shutil
import tempfile
from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from statistics import median
from typing import NamedTuple

import msgspec

from leadlog.collector import settle_collector

ROUNDS = 5
QUICK_ROUNDS = 2


class Sample(NamedTuple):
    """What one side did in one round."""

    items: int
    wall_s: float
    cpu_s: float
    """User and system time of whatever did the work, without who fed it."""
    p99_ms: float | None = None
    """Of single answers, where there are any."""

    @property
    def rate(self) -> float:
        return self.items / self.wall_s

    @property
    def cpu_us(self) -> float:
        return self.cpu_s / self.items * 1e6


Side = Callable[[int], Sample]
"""Does the work of one round, whose number is given, and tells what it took."""


class Sides(NamedTuple):
    """A is ours; B is the limit, None where the aim is an amount and not a ratio."""

    a: Side
    b: Side | None
    note: str = ""
    """How it was done where there was a choice, for the reader of the figures."""


@dataclass(frozen=True, kw_only=True)
class Setting:
    """How a benchmark is run."""

    quick: bool
    """A look whether it works: small amounts, whose figures say little."""
    cache: Path
    """On a real disk: what takes minutes to prepare is kept here, and all else is tried here."""
    progress: Callable[[str], None]
    """Told what is going on, in a few words."""
    kafka: str = ""
    """`host:port` of a Kafka where topics may be made."""
    postgres: str = ""
    """The URL of a database that is there for this."""

    def amount(self, full: int, quick: int) -> int:
        return quick if self.quick else full

    @contextmanager
    def scratch(self) -> Iterator[Path]:
        """A folder for one benchmark, removed in the end."""
        self.cache.mkdir(parents=True, exist_ok=True)
        folder = Path(tempfile.mkdtemp(prefix="running-", dir=self.cache))
        try:
            yield folder
        finally:
            shutil.rmtree(folder, ignore_errors=True)


@dataclass(frozen=True, kw_only=True)
class Benchmark:
    """A pair and what it is to show."""

    name: str
    a: str
    b: str
    unit: str
    aim: float
    """The ratio A/B that is to be reached at least …"""
    cost: bool = False
    """… or, there being no B, the CPU µs of A that are to be kept to."""
    needs: tuple[str, ...] = ()
    """Servers, by their names in `Setting`."""
    open: Callable[[Setting], AbstractContextManager[Sides]] = field(repr=False)


class Figures(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """One side over all rounds, as medians."""

    what: str
    rate: float
    cpu_us: float
    p99_ms: float | None = None


class Result(msgspec.Struct, frozen=True, kw_only=True):
    """What `--json` gives, one object for each benchmark."""

    name: str
    unit: str
    rounds: int
    ratio: float | None
    """The median of the rounds' A/B by rate; null where there is no B."""
    least: float | None
    most: float | None
    cpu_ratio: float | None
    """The median of the rounds' B/A by CPU time for each item: moved less by neighbours."""
    aim: float
    aim_of: str
    """`ratio`: at least so much; `cpu_us`: at most so much."""
    met: bool
    a: Figures
    b: Figures | None
    note: str
    quick: bool


def run(benchmark: Benchmark, setting: Setting, rounds: int) -> Result:
    """Let the sides take turns, A first and B first alternately, and sum up."""
    ours: list[Sample] = []
    limits: list[Sample] = []
    with benchmark.open(setting) as sides:
        settle_collector()  # as a server does once it is ready
        for number in range(rounds):
            setting.progress(f"round {number + 1} of {rounds}")
            turns = [(sides.a, ours)]
            if sides.b is not None:
                turns.append((sides.b, limits))
            for side, samples in turns if number % 2 == 0 else reversed(turns):
                samples.append(side(number))
    return summed_up(benchmark, ours, limits, note=sides.note, quick=setting.quick)


def summed_up(
    benchmark: Benchmark,
    ours: Sequence[Sample],
    limits: Sequence[Sample],
    *,
    note: str = "",
    quick: bool = False,
) -> Result:
    """The medians; ratios are taken round by round, never of medians."""
    ratios = [a.rate / b.rate for a, b in zip(ours, limits, strict=False)]
    cheaper = [b.cpu_us / a.cpu_us for a, b in zip(ours, limits, strict=False)]
    ratio = median(ratios) if ratios else None
    a = _figures(benchmark.a, ours)
    met = a.cpu_us <= benchmark.aim if benchmark.cost else (ratio or 0.0) >= benchmark.aim
    return Result(
        name=benchmark.name,
        unit=benchmark.unit,
        rounds=len(ours),
        ratio=ratio,
        least=min(ratios, default=None),
        most=max(ratios, default=None),
        cpu_ratio=median(cheaper) if cheaper else None,
        aim=benchmark.aim,
        aim_of="cpu_us" if benchmark.cost else "ratio",
        met=met,
        a=a,
        b=_figures(benchmark.b, limits) if limits else None,
        note=note,
        quick=quick,
    )


def _figures(what: str, samples: Sequence[Sample]) -> Figures:
    tails = [sample.p99_ms for sample in samples if sample.p99_ms is not None]
    return Figures(
        what=what,
        rate=median(sample.rate for sample in samples),
        cpu_us=median(sample.cpu_us for sample in samples),
        p99_ms=median(tails) if tails else None,
    )
