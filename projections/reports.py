"""Reports over `facts`: each resolves what it may know, waits for it, and only then counts."""

import time
from collections.abc import Callable
from typing import Protocol

from eventstore.said import said, text_of
from projections.clickhouse.client import ClickHouse
from projections.funnel.query import count_funnel
from projections.funnel.request import FunnelRequest, WrongRequest
from projections.funnel.result import FunnelResult
from projections.moments import AsOf, resolve, write_moment
from projections.overview import Overview, count_overview
from projections.runner import Projector

Wait = Callable[[int], bool]
"""Returns True once the facts have reached the position, False when that takes too long."""

_LOOK_S = 0.05
_CLOCKS_DIFFER_MS = 60_000


class Projected(Protocol):
    """What somebody projects into."""

    def last_position(self) -> int: ...


class NotYetProjected(Exception):
    """The facts are behind the event store: ask again in a moment."""


class Ahead(ValueError):
    """What will be known then nobody can tell: the answer would be another one later."""


class Reports:
    """Answers questions. Safe to call from any thread.

    `latest` tells the event store's newest position; `wait` is one of the two below; `clock`
    gives nanoseconds since 1970. Methods raise NotYetProjected, ClickHouseError or OSError.
    """

    def __init__(
        self,
        clickhouse: ClickHouse,
        *,
        latest: Callable[[], int],
        wait: Wait,
        clock: Callable[[], int] = time.time_ns,
    ) -> None:
        self._clickhouse = clickhouse
        self._latest = latest
        self._wait = wait
        self._clock = clock

    def funnel(self, request: FunnelRequest) -> FunnelResult:
        """Raises WrongRequest, too, where what is asked for lies ahead."""
        try:
            as_of = self.as_of(position=request.position, time=request.time)
        except Ahead as error:
            raise WrongRequest("as_of", text_of(error)) from error
        return count_funnel(self._clickhouse, request, as_of)

    def overview(self, now: int) -> Overview:
        """What there is, at `now` in milliseconds since 1970. Waits for nothing."""
        return count_overview(self._clickhouse, latest=self._latest(), now=now)

    def as_of(self, *, position: int | None = None, time: int | None = None) -> AsOf:
        """What a report may know, once the facts are there. Neither is: all that is known now.

        Raises Ahead for a position that the store has not reached, and for a time to come.
        """
        latest = self._latest()
        if position is not None and position > latest:
            raise Ahead(
                said(
                    "position %(asked)s is in the future: the newest is %(newest)s; leave it out"
                    " to see what is known now",
                    asked=str(position),
                    newest=str(latest),
                )
            )
        goal = latest if position is None else position
        if not self._wait(goal):
            raise NotYetProjected(f"position {goal} of the event store is not projected yet")
        found = resolve(self._clickhouse, position=goal, time=time)
        if time is not None and found.position == goal and time > found.recorded_at:
            self._refuse_ahead(time)  # nothing was recorded later
        return found

    def _refuse_ahead(self, moment: int) -> None:
        """A minute is left to clocks that differ."""
        now = self._clock() // 1_000_000
        if moment > now + _CLOCKS_DIFFER_MS:
            raise Ahead(
                said(
                    "%(asked)s is in the future: it is %(now)s now; leave it out to see what is"
                    " known now",
                    asked=write_moment(moment),
                    now=write_moment(now),
                )
            )


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
