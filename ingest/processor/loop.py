"""The plain runner: reads the log from where the event store stands, batch by batch."""

import threading
import time
from collections.abc import Callable, Sequence
from functools import partial
from typing import Protocol

from ingest.log.port import LeadLogReader, Logged
from ingest.metrics import PROCESSOR_LAG
from ingest.processor.batch import BatchHandler
from ingest.processor.patience import until_done

_BATCH = 500
_IDLE_S = 0.02
_LAG_EVERY_S = 1.0


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
        idle: float = _IDLE_S,
    ) -> None:
        """`idle`: seconds between looks at a log that had nothing new; a look at Kafka costs."""
        self._log = log
        self._handler = handler
        self._positions = positions
        self._batch = batch
        self._idle = idle
        self._after: dict[str, int] = {}
        self._ahead: dict[str, Sequence[Logged]] = {}
        """What was read while the batch before it was saved."""
        self._lag_due: dict[str, float] = {}

    def run(self, stop: threading.Event) -> None:
        """Process until `stop`; a store or a log that is away is waited for, however long."""
        done = 0

        def step() -> None:
            nonlocal done
            done = self.step(stop)

        while not stop.is_set():
            if until_done(step, stop) and not done:
                stop.wait(self._idle)

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
            records = self._ahead.pop(partition, None)
            if records is None or records[0].offset <= after:
                records = self._log.read(partition, after, self._batch)
            self._tell_lag(partition, after, more=bool(records))
            if records and until_done(self._handling(records), stop):
                self._after[partition] = records[-1].offset
                done += len(records)
        return done

    def _handling(self, records: Sequence[Logged]) -> Callable[[], None]:
        """To be called until it is done. Behind a whole batch there are mostly more."""
        if len(records) < self._batch:
            return partial(self._handler.handle, records)
        return partial(self._handler.handle, records, partial(self._look_ahead, records[-1]))

    def _look_ahead(self, last: Logged) -> None:
        """Read and decode what comes next, while a store writes; once, however often it tries."""
        if last.partition in self._ahead:
            return
        try:
            records = self._log.read(last.partition, last.offset, self._batch)
        except Exception:  # noqa: BLE001 - it will be read in its turn, and its fault told
            return
        self._handler.ahead(records)
        if records:  # to read them again would cost Kafka's consumer what it fetched beyond them
            self._ahead[last.partition] = records

    def _tell_lag(self, partition: str, after: int, *, more: bool) -> None:
        """Where there is more to come, at most once a second: to ask Kafka takes a while."""
        now = time.monotonic()
        if not more:
            PROCESSOR_LAG.labels(partition).set(0)
        elif now >= self._lag_due.get(partition, now):
            PROCESSOR_LAG.labels(partition).set(self._log.end(partition) - after)
            self._lag_due[partition] = now + _LAG_EVERY_S

    def _position(self, partition: str) -> int:
        if partition not in self._after:
            stored = self._positions.max_tracking_id(partition)
            self._after[partition] = -1 if stored is None else stored
        return self._after[partition]
