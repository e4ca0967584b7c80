"""The plain runner: reads the log from where the event store stands, batch by batch."""

import threading
from collections.abc import Sequence
from itertools import chain, repeat
from typing import Protocol

import structlog

from eventstore.customer_base import TRANSIENT
from ingest.log.port import LeadLogReader, Logged
from ingest.metrics import PROCESSOR_LAG, PROCESSOR_RETRIES
from ingest.processor.batch import BatchHandler

_log = structlog.get_logger()
_BATCH = 500
_IDLE_S = 0.02
_PAUSES_S = (0.05, 0.1, 0.2, 0.5, 1.0, 2.0, 5.0)


class Positions(Protocol):
    """Where the event store stands in each partition of the log."""

    def max_tracking_id(self, application_name: str) -> int | None: ...


class ProcessorLoop:
    """One thread's loop over all partitions of a log."""

    def __init__(
        self,
        log: LeadLogReader,
        handler: BatchHandler,
        positions: Positions,
        *,
        batch: int = _BATCH,
    ) -> None:
        self._log = log
        self._handler = handler
        self._positions = positions
        self._batch = batch
        self._after: dict[str, int] = {}

    def run(self, stop: threading.Event) -> None:
        """Process until `stop`; a store that is away is waited for, however long."""
        while not stop.is_set():
            if not self.step(stop):
                stop.wait(_IDLE_S)

    def drain(self) -> int:
        """Process everything that is on the log now; gives how many records that were."""
        never = threading.Event()
        done = 0
        while count := self.step(never):
            done += count
        return done

    def step(self, stop: threading.Event) -> int:
        """Process at most one batch of each partition; gives the number of records."""
        done = 0
        for partition in self._log.partitions():
            after = self._position(partition)
            records = self._log.read(partition, after, self._batch)
            PROCESSOR_LAG.labels(partition).set(self._log.end(partition) - after if records else 0)
            if records and self._handle(records, stop):
                self._after[partition] = records[-1].offset
                done += len(records)
        return done

    def _position(self, partition: str) -> int:
        if partition not in self._after:
            stored = self._positions.max_tracking_id(partition)
            self._after[partition] = -1 if stored is None else stored
        return self._after[partition]

    def _handle(self, records: Sequence[Logged], stop: threading.Event) -> bool:
        for pause in chain(_PAUSES_S, repeat(_PAUSES_S[-1])):
            try:
                self._handler.handle(records)
            except TRANSIENT as error:
                PROCESSOR_RETRIES.inc()
                _log.warning("store_away", error=str(error), next_try_s=pause)
                if stop.wait(pause):
                    return False
            else:
                return True
        return False
