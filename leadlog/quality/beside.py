"""Suggestions beside Splink, in turns in one run on one machine."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from statistics import median
from tempfile import TemporaryDirectory

from leadlog.quality import febrl
from leadlog.quality.febrl import Linked
from leadlog.quality.run import Progress
from leadlog.quality.yardstick import Yardstick, splink

ROUNDS = 3
_SHORT = 5
"""Ours is over in a moment, so each round takes the median of so many."""
AIM = 20
"""How many times Splink's rate the suggestions should reach."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Compared:
    """The median round of each side; rates count whole jobs, training included."""

    records: int
    ours: Linked
    """Leads at hand to scored pairs."""
    stored: Linked
    """The same asked of an event store that holds the records: reading and unsealing included."""
    splink: Linked
    predicting: float
    """Seconds of Splink's time without its training."""
    ratio: float
    """Our rate by Splink's: the median over the rounds."""
    ratios: list[float]
    cpu_ratio: float
    """The same by seconds of CPU."""

    @property
    def met(self) -> bool:
        """F1 at Splink's or better, at `AIM` times its rate."""
        return self.ours.f1 >= self.splink.f1 and self.ratio >= AIM


def run(*, seed: int, progress: Progress, rounds: int = ROUNDS) -> Compared:
    """Raises febrl.NotInstalled where the extra `quality` is not there."""
    found = febrl.records()
    ours: list[Linked] = []
    theirs: list[Yardstick] = []
    febrl.in_memory(found)  # the first call of a library loads it
    for number in range(rounds):
        progress("rounds of both", number, rounds)
        ours.append(_middle([febrl.in_memory(found) for _ in range(_SHORT)]))
        theirs.append(splink(found, seed=seed))
    with TemporaryDirectory(prefix="leadlog-quality-") as folder:
        stored = febrl.through_the_store(found, Path(folder), progress)
    ratios = [a.per_second / b.linked.per_second for a, b in zip(ours, theirs, strict=True)]
    return Compared(
        records=len(found.rows),
        ours=_middle(ours),
        stored=stored,
        splink=_middle([one.linked for one in theirs]),
        predicting=median(one.predicting for one in theirs),
        ratio=median(ratios),
        ratios=ratios,
        cpu_ratio=median(b.linked.cpu / a.cpu for a, b in zip(ours, theirs, strict=True)),
    )


def _middle(rounds: Sequence[Linked]) -> Linked:
    """The round of the median time."""
    return sorted(rounds, key=lambda one: one.seconds)[len(rounds) // 2]
