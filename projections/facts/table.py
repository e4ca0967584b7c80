"""The table `facts` as the projector sees it: where it ends, and a block more."""

import time
from collections.abc import Callable, Sequence

from eventstore.faults import faultpoint
from eventstore.reading import Recorded
from projections.clickhouse.client import ClickHouse
from projections.clickhouse.migrate import migrate
from projections.facts.rows import block

_LAST = "SELECT max(position) FROM facts WHERE position > {after:UInt64}"
_NAMES = 8
_LOOKS = 3
_PAUSE_S = 0.05


class BlockRefused(Exception):
    """The engine took a block and has none of it, whatever it was called: see its own log."""


class FactTable:
    """Blocks of facts, each exactly once, whoever is killed when, and however often one is sent.

    A block is named by the position that it follows, not by its end. So of all blocks that were
    ever sent to follow one position - by a projector that was cut off and began anew with more
    events at hand, or by two projectors at once - the engine takes the first and drops the
    others; where the table ends now is then read from the table itself. The engine notes the name
    before the rows: a kill between the two leaves a name without rows, which would refuse the
    block for ever. Hence another name after some looks.
    """

    def __init__(
        self,
        clickhouse: ClickHouse,
        *,
        sleep: Callable[[float], None] = time.sleep,
    ) -> None:
        self._clickhouse = clickhouse
        self._sleep = sleep

    def prepare(self) -> int:
        """Bring the schema up to date and tell the last position."""
        migrate(self._clickhouse)
        return self.last_position()

    def last_position(self, after: int = 0) -> int:
        """The last position in the table; `after` when there is none above it."""
        [(last,)] = self._clickhouse.select(_LAST, after=after)
        return max(int(last), after)

    def append(self, events: Sequence[Recorded], after: int) -> int:
        """Add `events`, the ones that follow position `after`; the last position from now on.

        That may be another than the last of `events`, if somebody else was first.
        """
        rows = block(events)
        for name in range(_NAMES):
            faultpoint("projector.before_insert")
            self._clickhouse.insert("facts", rows, token=f"facts:{after}:{name}")
            faultpoint("projector.after_insert")
            if (last := self._look(after)) > after:
                return last
        raise BlockRefused(
            f"the block after position {after} was inserted and isn't there; what does the log of"
            " the analytics' server say? embedded: is the disk sound?"
        )

    def _look(self, after: int) -> int:
        for pause in range(_LOOKS):
            if (last := self.last_position(after)) > after:
                return last
            self._sleep(_PAUSE_S * 2**pause)
        return after
