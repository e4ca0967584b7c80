"""The first page's numbers, counted once for all who look."""

import threading
import time
from collections.abc import Callable
from typing import Final

import msgspec

from eventstore.domain.pipeline import Pipeline
from projections.desk.services import Services
from projections.funnel.request import FunnelRequest
from projections.funnel.result import FunnelResult
from projections.overview import Overview

_AT_LEAST_S: Final = 0.5
_SHARE: Final = 5
"""Counting may take no more than a fifth of the time: with millions of leads it's less often."""


class Snapshot(msgspec.Struct, frozen=True):
    """All numbers of the first page, known at one position."""

    overview: Overview
    funnel: FunnelResult
    """By channel, all time."""
    pending: int = 0
    """Touches, links or cards of decisions that are still to follow: all this is without them."""


class Live:
    """Counts anew when somebody asks and the last count is old enough. For any thread."""

    def __init__(self, services: Services, clock: Callable[[], float] = time.monotonic) -> None:
        self._services = services
        self._clock = clock
        self._counting = threading.Lock()
        self._kept: dict[str, tuple[float, Snapshot]] = {}

    def snapshot(self, pipeline: Pipeline) -> Snapshot:
        """Raises what the services raise."""
        with self._counting:
            good_until, kept = self._kept.get(pipeline.id, (0.0, None))
            began = self._clock()
            if kept is None or began >= good_until:
                kept = self._count(pipeline)
                took = self._clock() - began
                good_until = began + took + max(_AT_LEAST_S, took * _SHARE)
                self._kept[pipeline.id] = (good_until, kept)
            return kept

    def _count(self, pipeline: Pipeline) -> Snapshot:
        overview = self._services.overview()
        request = FunnelRequest(pipeline=pipeline, by=("channel",), position=overview.position)
        return Snapshot(overview, self._services.funnel(request), self._services.pending())
