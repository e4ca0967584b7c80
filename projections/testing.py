"""For tests: a store of analytics of one's own, and an event store in memory."""

import atexit
import shutil
import tempfile
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from functools import cache
from itertools import count

from eventstore.domain.events import AnyEvent, Id
from eventstore.reading import Recorded
from projections.clickhouse.client import ClickHouse

_numbers = count(1)


@cache
def _folder() -> str:
    """The one directory that the engine of this process may use."""
    folder = tempfile.mkdtemp(prefix="leadlog-analytics-")
    atexit.register(shutil.rmtree, folder, ignore_errors=True)
    return folder


@contextmanager
def fresh_store() -> Iterator[ClickHouse]:
    """An empty database in the engine of this process, dropped in the end."""
    store = ClickHouse(f"chdb://{_folder()}?database=test_{next(_numbers)}")
    try:
        yield store
        store.command(f"DROP DATABASE {store.target.database}")
    finally:
        store.close()


class MemoryReader:
    """An `EventReader` over a list. `gap` leaves holes between positions, as PostgreSQL does."""

    def __init__(self, events: Iterable[Recorded] = ()) -> None:
        self.events = list(events)

    def record(
        self, stream: Id, version: int, event: AnyEvent, *, at: int = 0, gap: int = 0
    ) -> Recorded:
        """Add one event, recorded at `at` or when the last one was, if that is later."""
        last = self.events[-1] if self.events else Recorded(0, 0, b"", 0, event)
        recorded = Recorded(
            last.position + 1 + gap, max(at, last.recorded_at), stream, version, event
        )
        self.events.append(recorded)
        return recorded

    def read(self, after: int, limit: int, *, personal: bool = False) -> Sequence[Recorded]:
        del personal
        newer = (recorded for recorded in self.events if recorded.position > after)
        return [recorded for recorded, _ in zip(newer, range(limit), strict=False)]

    def last_position(self) -> int:
        return self.events[-1].position if self.events else 0
