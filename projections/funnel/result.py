"""The answer, as `--json` and the API give it."""

from collections.abc import Sequence

import msgspec


class Step(msgspec.Struct, frozen=True):
    """`of_first` and `of_previous` are shares of 1, to four digits; null for shares of nothing.

    The first step is its own previous one.
    """

    id: str
    name: str
    count: int
    of_first: float | None
    of_previous: float | None


class Group(msgspec.Struct, frozen=True):
    by: dict[str, str]
    """The value of each dimension; empty where the touch had no such label."""
    steps: tuple[Step, ...]


class FunnelResult(
    msgspec.Struct, frozen=True, kw_only=True, rename={"since": "from", "until": "to"}
):
    """Equal questions about one position have equal answers, to the byte, for ever."""

    basis: str
    of: str
    as_of: int
    """The position of the event store that all of this is known at."""
    recorded_at: str | None
    """When that position was recorded; null in an empty store."""
    pipeline: str
    since: str | None
    until: str | None
    window_ms: int | None
    steps: tuple[Step, ...]
    groups: tuple[Group, ...]
    """Largest first; empty unless asked for by dimensions. They add up to `steps`."""


class FunnelNow(FunnelResult, frozen=True, kw_only=True):
    """As known now, which decisions that are still being carried out will change."""

    pending: int | msgspec.UnsetType = msgspec.UNSET
    """How many touches, links or cards of such decisions are left; absent where there are none."""


def steps_of(names: Sequence[tuple[str, str]], counts: Sequence[int]) -> tuple[Step, ...]:
    """Steps with their shares, of `names` (id, name) and as many counts."""
    before = (counts[0], *counts[:-1])
    return tuple(
        Step(step, name, count, _share(count, counts[0]), _share(count, previous))
        for (step, name), count, previous in zip(names, counts, before, strict=True)
    )


def _share(part: int, whole: int) -> float | None:
    return round(part / whole, 4) if whole else None
