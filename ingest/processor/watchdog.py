"""Notices a processor that lives and yet does nothing: there are records, and none is processed.

Consumers of Kafka are known to end so (Faust issues 175, 523, 532; aiokafka 847, 1154),
and only a new process helps.
"""

import os
import threading
import time
from collections.abc import Callable, Collection
from typing import Final

import structlog

from ingest.log.port import LeadLogReader, LogRewound
from ingest.metrics import PROCESSOR_LAG
from ingest.processor.loop import Positions
from ingest.processor.patience import PASSES

STUCK_AFTER_S: Final = 60.0
EXIT_STATUS: Final = 70
_LOOK_S: Final = 5.0
_log = structlog.get_logger(__name__)


def end_process(why: str) -> None:
    """Without a farewell: the loop that would say it may be what hangs."""
    _log.error(
        "processor_ends",
        why=why,
        remedy="its supervisor starts a new process, which goes on at the event store's position",
    )
    os._exit(EXIT_STATUS)


class Watchdog:
    """Looks from a thread of its own, so that a loop that hangs does not blind it."""

    def __init__(
        self,
        log: LeadLogReader,
        positions: Positions,
        *,
        mine: Callable[[], Collection[str]],
        excused: Callable[[], bool],
        stuck_after: float = STUCK_AFTER_S,
        bite: Callable[[str], None] = end_process,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        """`mine`: the partitions of this process. `excused`: it waits for a store by design."""
        self._log = log
        self._positions = positions
        self._mine = mine
        self._excused = excused
        self._stuck_after = stuck_after
        self._bite = bite
        self._clock = clock
        self._moved: dict[str, tuple[int, float]] = {}

    def run(self, stop: threading.Event) -> None:
        while not stop.wait(min(_LOOK_S, self._stuck_after / 4)):
            try:
                self.look()
            except LogRewound as rewound:
                self._bite(str(rewound))
            except Exception:  # noqa: BLE001 - a watchdog that died would guard nothing
                _log.exception("watchdog_failed")

    def look(self) -> None:
        """Once. A log or a store that does not answer says nothing about the processor.

        Raises LogRewound.
        """
        try:
            every = {p: self._lagging(p) for p in self._log.partitions()}
        except PASSES:
            self._moved.clear()
            return
        if self._excused():
            self._moved.clear()
            return
        lagging = {p: since for p, since in every.items() if since is not None}
        stuck = [p for p, since in lagging.items() if self._clock() - since >= self._stuck_after]
        if mine := set(self._mine()):
            stuck = [p for p in stuck if p in mine]
        elif len(stuck) < len(lagging):
            return  # nothing is ours, and others work
        if stuck:
            self._bite(f"nothing of {stuck[0]} was processed for {self._stuck_after:.0f} s")

    def _lagging(self, partition: str) -> float | None:
        """Since when the partition has stood still with records to process; None: it has none."""
        stored = self._positions.max_tracking_id(partition)
        position = -1 if stored is None else stored
        end = self._log.end(partition)
        if end < position:
            raise LogRewound(f"partition {partition} ends at {end}, but {position} was processed")
        PROCESSOR_LAG.labels(partition).set(end - position)
        seen, since = self._moved.get(partition, (position, self._clock()))
        if end == position or seen != position:
            seen, since = position, self._clock()
        self._moved[partition] = (seen, since)
        return since if end > position else None
