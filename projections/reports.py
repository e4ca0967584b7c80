"""Reports over `facts`: each resolves what it may know, waits for it, and only then counts."""

import time
from collections.abc import Callable
from functools import partial

from projections.clickhouse.client import ClickHouse
from projections.facts.table import FactTable
from projections.funnel.query import count_funnel
from projections.funnel.request import FunnelRequest
from projections.funnel.result import FunnelResult
from projections.moments import AsOf, resolve
from projections.runner import Projector

Wait = Callable[[int], bool]
"""Returns True once the facts have reached the position, False when that takes too long."""

_LOOK_S = 0.05


class NotYetProjected(Exception):
    """The facts are behind the event store: ask again in a moment."""


class Reports:
    """Answers questions. Safe to call from any thread.

    `latest` tells the event store's newest position; `wait` is one of the three below. Methods
    raise NotYetProjected, ClickHouseError or OSError.
    """

    def __init__(self, clickhouse: ClickHouse, *, latest: Callable[[], int], wait: Wait) -> None:
        self._clickhouse = clickhouse
        self._latest = latest
        self._wait = wait

    def funnel(self, request: FunnelRequest) -> FunnelResult:
        as_of = self.as_of(position=request.position, time=request.time)
        return count_funnel(self._clickhouse, request, as_of)

    def as_of(self, *, position: int | None = None, time: int | None = None) -> AsOf:
        """What a report may know, once the facts are there. Neither is: all that is known now."""
        latest = self._latest()
        goal = latest if position is None else min(position, latest)
        if not self._wait(goal):
            raise NotYetProjected(f"position {goal} of the event store is not projected yet")
        return resolve(self._clickhouse, position=goal, time=time)


def by_projecting(projector: Projector) -> Wait:
    """Where no projector runs (a command of its own): project here and now."""
    return lambda position: projector.project_available() >= position


def by_running(projector: Projector, *, timeout: float = 10.0) -> Wait:
    """Where the projector runs in a thread of this process."""
    return partial(projector.reach, timeout=timeout)


def by_looking(table: FactTable, *, timeout: float = 10.0) -> Wait:
    """Where the projector runs in another process."""

    def wait(position: int) -> bool:
        end = time.monotonic() + timeout
        while table.last_position() < position:
            if time.monotonic() > end:
                return False
            time.sleep(_LOOK_S)
        return True

    return wait
