"""What an event store is to the rest: the port that SQLite and PostgreSQL implement.

One contract suite holds both to it (tests/contracts/test_event_store.py).
"""

from collections.abc import Callable, Collection, Iterable, Sequence
from contextlib import AbstractContextManager
from typing import Protocol

from eventstore.domain.events import Id
from eventstore.reading import EventReader, Recorded
from eventstore.rows import Changes, Pair, Quarantine, Source
from eventstore.vault import Key

Meanwhile = Callable[[], None]
"""What there is to do while a store writes: a wait for somebody else, on a core of our own."""


class CustomerRecorder(Source, EventReader, Protocol):
    """Events, keys, rows and positions of the log, saved together. Safe from any thread.

    Every method may raise `eventsourcing.persistence.OperationalError` while the store is away:
    the same call can be made again. No other fault of the store itself is told otherwise, so that
    a store that is away is never taken for a lead that cannot be saved.
    """

    def save(self, changes: Changes, meanwhile: Meanwhile | None = None) -> int:
        """Write everything or nothing; gives the position of the last event (or 0 for none).

        `meanwhile` is called once while the store makes it durable, and may be called after that.
        It raises nothing and asks nothing of this recorder.

        Raises IntegrityError where another writer was first: read again and decide again. After
        an OperationalError it may have been saved or not; deciding again makes it one effect.
        """

    def snapshot(self) -> AbstractContextManager[Source]:
        """What was committed at one moment, for all that one decision reads.

        Without it, a decision between another writer's commits would see half of each and fail
        over it. For one thread, and soon ended: the store keeps old rows for it.
        """

    def max_tracking_id(self, application_name: str) -> int | None:
        """The offset up to which this partition of the log is processed; None for nothing."""

    def pairs_apart(self, after: tuple[Id, Id], limit: int) -> list[tuple[tuple[Id, Id], Pair]]:
        """Pairs of leaf cards of two persons, in the order of these, above `after`."""

    def pairs_after(self, after: tuple[Id, Id], limit: int) -> list[tuple[Id, Id]]:
        """Every two leaf cards that came together, in the order of these, above `after`."""

    def said(self, after: int, limit: int) -> Sequence[Recorded]:
        """As `read`, with the personal parts, but only what leads say and where they stand."""

    def persons(self, leaves: Collection[Id]) -> dict[Id, Id]:
        """The person of each of these leaf cards."""

    def keys(self, leaves: Collection[Id]) -> dict[Id, Key]:
        """The keys of leaf cards; forgotten ones have none."""

    def heads(self, after: Id, limit: int) -> list[Id]:
        """Leaf cards that head a person, in the order of their ids, above `after`."""

    def leaves(self, after: Id, limit: int) -> list[Id]:
        """Leaf cards in the order of their ids, above `after`."""

    def ledger(self) -> dict[tuple[str, int, str], int]:
        """(account, hour, outcome) → deliveries, over all that was ever processed."""

    def quarantined(self, ids: Collection[Id] | None = None) -> list[Quarantine]:
        """Deliveries that are kept aside, oldest first; all of them, or those named."""

    def lead_ids(self) -> Iterable[Id]:
        """Every lead that was ever recorded."""

    def close(self) -> None: ...
