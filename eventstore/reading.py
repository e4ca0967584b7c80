"""How projections read the truth: pages of one order, by polling. The port and its value."""

from collections.abc import Sequence
from typing import Protocol

import msgspec

from eventstore.domain.events import AnyEvent, Id


class Recorded(msgspec.Struct, frozen=True, gc=False):
    """One event where it stands in the event store's one order."""

    position: int
    """Strictly rising; on PostgreSQL with holes."""
    recorded_at: int
    """Milliseconds since 1970, UTC, when we learnt it; never falls as positions rise."""
    stream: Id
    version: int
    event: AnyEvent


class EventReader(Protocol):
    """Reads committed events. Safe to call from any thread; never blocks a writer.

    A position that was once returned stays what it was; nothing is ever inserted before it, so
    `read(after=last seen)` misses nothing (DESIGN §3 says what that takes on PostgreSQL).
    """

    def read(self, after: int, limit: int, *, personal: bool = False) -> Sequence[Recorded]:
        """Up to `limit` events with a position above `after`, in order.

        Without `personal` the sealed parts are left out (None): faster, and what analytics needs.
        """

    def last_position(self) -> int:
        """The newest committed position, 0 in an empty store."""
