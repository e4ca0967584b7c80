"""Reports over `facts`: each resolves what it may know, waits for it, and only then counts."""

import time
from collections.abc import Callable
from typing import Protocol

from projections.clickhouse.client import ClickHouse
from projections.funnel.query import count_funnel
from projections.funnel.request import FunnelRequest
from projections.funnel.result import FunnelResult
from projections.moments import AsOf, resolve
from projections.overview import Overview, count_overview
from projections.runner import Projector

Wait = Callable[[int], bool]
"""Returns True once the facts have reached the position, False when that takes too long."""

_LOOK_S = 0.05


class Projected(Protocol):
    """What somebody projects into."""

    def last_position(self) -> int: ...


class NotYetProjected(Exception):
    """The facts are behind the event store: ask again in a moment."""


class Reports:
    """Answers questions. Safe to call from any thread.

    `latest` tells the event store's newest position; `wait` is one of the two below. Methods
    raise NotYetProjected, ClickHouseError or OSError.
    """

    def __init__(self, clickhouse: ClickHouse, *, latest: Callable[[], int], wait: Wait) -> None:
        self._clickhouse = clickhouse
        self._latest = latest
        self._wait = wait

    def funnel(self, request: FunnelRequest) -> FunnelResult:
        as_of = self.as_of(position=request.position, time=request.time)
        return count_funnel(self._clickhouse, request, as_of)

    def overview(self, now: int) -> Overview:
        """What there is, at `now` in milliseconds since 1970. Waits for nothing."""
        return count_overview(self._clickhouse, latest=self._latest(), now=now)

    def as_of(self, *, position: int | None = None, time: int | None = None) -> AsOf:
        """What a report may know, once the facts are there. Neither is: all that is known now."""
        latest = self._latest()
        goal = latest if position is None else min(position, latest)
        if not self._wait(goal):
            raise NotYetProjected(f"position {goal} of the event store is not projected yet")
        return resolve(self._clickhouse, position=goal, time=time)


def by_projector(projector: Projector, *, timeout: float = 10.0) -> Wait:
    """Where the projector is in this process: wait for its thread, or project here and now."""

    def wait(position: int) -> bool:
        if projector.running:
            return projector.reach(position, timeout=timeout)
        return projector.project_available() >= position

    return wait


def by_looking(table: Projected, *, timeout: float = 10.0) -> Wait:
    """Where the projector runs in another process."""

    def wait(position: int) -> bool:
        end = time.monotonic() + timeout
        while table.last_position() < position:
            if time.monotonic() > end:
                return False
            time.sleep(_LOOK_S)
        return True

    return wait
