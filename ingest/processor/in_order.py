"""Every record once and in order, whatever the transport that brings them does.

A transport may bring a record twice, out of turn or never (Faust acknowledges what it lost). The
event store's positions say what was processed; what is missing before a record is read from the
log itself.
"""

import threading
import time
from collections import deque
from collections.abc import Callable, Iterable, Sequence
from functools import partial
from itertools import chain, islice, repeat
from typing import Final

import structlog

from ingest.log.port import LeadLogReader, Logged
from ingest.processor.batch import BatchHandler
from ingest.processor.loop import Positions
from ingest.processor.patience import PASSES, PAUSES_S, until_done

BATCH: Final = 500
_FIRST: Final = 20
_LONG_S: Final = 5.0
_SHORT_S: Final = 1.0
_log = structlog.get_logger(__name__)


class InOrder:
    """Between a transport and the batch handler. Called by one thread at a time."""

    def __init__(
        self,
        handler: BatchHandler,
        positions: Positions,
        log: LeadLogReader,
        *,
        batch: int = BATCH,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        """`batch`: at most so many records at once; `clock` in seconds."""
        self._handler = handler
        self._positions = positions
        self._log = log
        self._most = batch
        self._batch = min(_FIRST, batch)
        """As many as take some seconds, however slow store and machine are: a rebalance and a stop
        wait for a batch, and a watchdog sees nothing of it before it is done."""
        self._clock = clock
        self._after: dict[str, int] = {}
        self.waiting = False
        """A store or the log is away and is tried again: no progress, and no fault of ours."""

    def take(self, records: Iterable[Logged], stop: threading.Event) -> bool:
        """Process these, and what is missing before them. False: `stop` came first.

        A batch that is begun is ended. Never raises: what passes by itself is waited for, and
        anything else is tried again until the watchdog ends the process.
        """
        waiting = deque(records)
        while waiting:
            if stop.is_set() or not self._insist(partial(self._step, waiting), stop):
                return False
        return True

    def done(self, partition: str) -> int:
        """The offset up to which this process knows everything to be processed; -1 for nothing."""
        return self._after.get(partition, -1)

    def resume_after(self, partition: str) -> int:
        """The same as the event store has it now, other processes' work included."""
        stored = self._positions.max_tracking_id(partition)
        self._after[partition] = -1 if stored is None else stored
        return self._after[partition]

    def _insist(self, attempt: Callable[[], None], stop: threading.Event) -> bool:
        for pause in chain(PAUSES_S, repeat(PAUSES_S[-1])):
            try:
                return until_done(partial(self._watched, attempt), stop)
            except Exception:  # noqa: BLE001 - one that left here would be a lead lost
                _log.exception("processing_failed", next_try_s=pause)
            if stop.wait(pause):
                return False
        return False

    def _watched(self, attempt: Callable[[], None]) -> None:
        try:
            attempt()
        except PASSES:
            self.waiting = True
            raise
        except Exception:
            self.waiting = False
            raise
        self.waiting = False

    def _step(self, waiting: "deque[Logged]") -> None:
        """One batch. What fails can be called again: nothing is taken off before it is done."""
        batch, used = self._next(waiting)
        if batch:
            began = self._clock()
            coming = list(islice(waiting, used, used + self._batch))
            self._handler.handle(batch, partial(self._handler.ahead, coming) if coming else None)
            self._fit(self._clock() - began)
        self._after |= {record.partition: record.offset for record in batch}
        for _ in range(used):
            waiting.popleft()

    def _fit(self, took_s: float) -> None:
        if took_s > _LONG_S:
            self._batch = max(1, self._batch // 2)
        elif took_s < _SHORT_S:
            self._batch = min(self._most, self._batch * 2)

    def _next(self, waiting: Iterable[Logged]) -> tuple[Sequence[Logged], int]:
        """Up to a batch of new records, and how many of those that wait it covers."""
        batch: list[Logged] = []
        reached: dict[str, int] = {}
        used = 0
        for record in waiting:
            after = reached.get(record.partition)
            if after is None:
                after = self._known(record.partition)
            if record.offset > after:
                if record.offset > after + 1 and (missing := self._missing(record)):
                    return (batch, used) if batch else (missing, used)
                batch.append(record)
                reached[record.partition] = record.offset
            used += 1
            if len(batch) == self._batch:
                break
        return batch, used

    def _known(self, partition: str) -> int:
        if partition not in self._after:
            self.resume_after(partition)
        return self._after[partition]

    def _missing(self, record: Logged) -> Sequence[Logged]:
        """What the log has before this record and nobody has processed, at most a batch of it."""
        after = self.resume_after(record.partition)
        if record.offset <= after + 1:
            return ()
        found = self._log.read(record.partition, after, self._batch)
        missing = [older for older in found if older.offset < record.offset]
        if missing:
            _log.warning(
                "transport_skipped",
                partition=record.partition,
                after=after,
                records=record.offset - after - 1,
            )
        return missing
