"""The projector: reads the event store in pages and keeps `facts` at its heels.

It has no checkpoint of its own: it resumes at the last position of the data. Whatever fails, it
tries again with growing pauses; it never passes over an event. Where several run, one has the
lease and writes; the others stand by, and know how far it is.
"""

import random
import threading
import time
from collections.abc import Callable, Sequence
from contextlib import suppress
from typing import Final, Protocol

import structlog

from eventstore.lease import Alone, Lease
from eventstore.reading import EventReader, Recorded
from projections.clickhouse.client import StoreInUse
from projections.metrics import PROJECTOR_LAG

BLOCK: Final = 40_000
"""Most rows at once: with 10,000 the engine spends twice the time on merging what it was given."""
POLL_S: Final = 0.1
"""How often an idle projector looks."""
GATHER_S: Final = 0.3
"""How long a live one waits for a block to fill: some three parts a second, visible within 1 s."""
STAND_BY_S: Final = 1.0
"""How often one that stands by asks for the lease, and looks how far the other one is."""
LOOK_AGAIN_S: Final = 60.0
"""One that was paused for longer asks the table where it ends before it writes: the engine does
not remember the names of blocks for ever."""
TELL_EVERY_S: Final = 5.0
"""How old the lag in the metrics may be."""
_LONGEST_PAUSE_S: Final = 5.0
_UNKNOWN: Final = -1
"""Before the first look at the table, which need not exist."""

_log = structlog.get_logger(__name__)


class ReadModel(Protocol):
    """What a projector keeps at the heels of the event store, with its position in itself."""

    def prepare(self) -> int:
        """Bring the schema up to date and tell the last position."""

    def append(self, page: Sequence[Recorded], after: int, /) -> int:
        """Take in the events that follow position `after`; the last position from now on.

        Everything or nothing. After an error it may be there or not: `prepare` tells.
        """


class StandingBy(Exception):
    """Another process projects: wait until it has, or ask again."""


class Projector:
    """One for a read model. `run` is for a thread; the other methods are for any thread."""

    def __init__(
        self,
        reader: EventReader,
        table: ReadModel,
        *,
        name: str = "facts",
        personal: bool = False,
        lease: Lease | None = None,
        block: int = BLOCK,
        gather: float = GATHER_S,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        """`name`: of the read model, in metrics."""
        self._name = name
        self._reader = reader
        self._table = table
        self._personal = personal
        self._lease = lease or Alone()
        self._block = block
        self._gather = gather
        self._clock = clock
        self._working = threading.RLock()
        self._moved = threading.Condition()
        self._position = _UNKNOWN
        self._certain = False
        self._flushed = float("-inf")
        self._looked = float("-inf")
        self._told = float("-inf")
        self.standing_by = False
        """Another process has the lease, as far as `run` knows."""
        self.running = False
        """A thread is in `run`."""
        self.failures = 0
        """Failed tries in a row; 0 while all is well."""

    @property
    def position(self) -> int:
        """The last position known to be in the table; 0 before the first look."""
        return max(0, self._position)

    def lag(self) -> int:
        """How many positions the table is behind the event store."""
        return max(0, self._reader.last_position() - self.position)

    def project_available(self) -> int:
        """Project all that is there now, in this thread, and tell the position reached.

        Raises StandingBy, and what the stores raise; whatever was inserted stays and a repeat
        doubles nothing.
        """
        goal = self._reader.last_position()
        with self._working:
            if not self._lease.held():
                raise StandingBy("another process projects into this store")
            self._resume()
            while self.position < goal and (page := self._read(self.position)):
                self._append(page)
        return self.position

    def reach(self, position: int, *, timeout: float) -> bool:
        """Wait until `run` in another thread has projected `position`; False when it's too long."""
        with self._moved:
            return self._moved.wait_for(lambda: self._position >= position, timeout)

    def run(self, stop: threading.Event) -> None:
        """Follow the event store until `stop` is set. Raises only StoreInUse."""
        self.running = True
        try:
            while not stop.is_set():
                self._follow_or_wait(stop)
        finally:
            self.running = False
            with self._working:
                self._lease.release()

    def _follow_or_wait(self, stop: threading.Event) -> None:
        try:
            self._follow(stop)
            self._stand_by(stop)
        except StoreInUse:
            raise
        except Exception as error:  # noqa: BLE001 - two stores behind ports: any error may pass
            self._pause(stop, error)

    def _follow(self, stop: threading.Event) -> None:
        while not stop.is_set():
            with self._working:
                if not self._lease.held():
                    return
                self._resume()
                if page := self._gathered(stop):
                    self._append(page)
            self._recovered()
            self._leads(True)
            self._tell_lag()
            if not page:
                stop.wait(POLL_S)

    def _stand_by(self, stop: threading.Event) -> None:
        if not stop.is_set():
            self._leads(False)
            self._certain = False
            self._reached(self._table.prepare())
            self._recovered()
            self._tell_lag()
            stop.wait(STAND_BY_S)

    def _leads(self, ours: bool) -> None:
        if self.standing_by == ours:
            _log.info("projector.leads" if ours else "projector.stands_by")
        self.standing_by = not ours

    def _gathered(self, stop: threading.Event) -> Sequence[Recorded]:
        """A page; if it's a small one soon after the last, with what has come a little later."""
        page = self._read(self.position)
        rest = self._flushed + self._gather - self._clock()
        if page and len(page) < self._block and rest > 0:
            stop.wait(rest)
            page = [*page, *self._read(page[-1].position, self._block - len(page))]
        return page

    def _read(self, after: int, limit: int = 0) -> Sequence[Recorded]:
        return self._reader.read(after, limit or self._block, personal=self._personal)

    def _resume(self) -> None:
        if not self._certain:
            self._reached(self._table.prepare())
            self._looked = self._clock()
        self._certain = True

    def _append(self, page: Sequence[Recorded]) -> None:
        """Add the page that follows the position; nothing, if it turns out to be elsewhere."""
        self._certain = False  # after an error the block may be there or not: ask the table
        position = self.position
        if self._clock() > self._looked + LOOK_AGAIN_S:
            self._resume()
            if self.position != position:
                return
        last = self._table.append(page, position)
        self._certain = True
        self._flushed = self._looked = self._clock()
        self._reached(last)

    def _reached(self, position: int) -> None:
        with self._moved:
            self._position = position
            self._moved.notify_all()

    def _tell_lag(self) -> None:
        if self._clock() > self._told + TELL_EVERY_S:
            self._told = self._clock()
            PROJECTOR_LAG.labels(self._name).set(self.lag())

    def _recovered(self) -> None:
        if self.failures:
            _log.warning("projector.recovered", failures=self.failures, position=self.position)
        self.failures = 0

    def _pause(self, stop: threading.Event, error: Exception) -> None:
        self._certain = False
        self.failures += 1
        if self.failures == 1:
            _log.warning("projector.waits", error=type(error).__name__, detail=str(error)[:500])
        with suppress(Exception):  # the event store may be what is away
            self._tell_lag()
        pause = min(_LONGEST_PAUSE_S, POLL_S * 2 ** min(self.failures, 10))
        stop.wait(pause * random.uniform(0.5, 1.0))  # noqa: S311 - spreads retries, no secret
