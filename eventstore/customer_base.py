"""The application: lead events in, decisions out, in one transaction a batch.

Used by the processor (batches from the log), and by commands and queries of people. Thread-safe:
each call has a working set of its own, and the recorder lets one writer in at a time.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import TypeVar

from eventsourcing.persistence import IntegrityError, OperationalError

from channels.sdk.lead import LeadContent
from eventstore.keyring import Keyring
from eventstore.recorders.sqlite import SQLiteCustomerRecorder
from eventstore.recording import prefetch, record
from eventstore.rows import Quarantine
from eventstore.touches import milliseconds
from eventstore.work import Policy, Work

T = TypeVar("T")

HOUR_MS = 3_600_000
_TRIES = 5


@dataclass(frozen=True, slots=True)
class Lead:
    """A lead event off the log."""

    content: LeadContent


@dataclass(frozen=True, slots=True)
class Ignored:
    """An authentic delivery that is no lead: only counted."""

    account: str
    received_at: int


@dataclass(frozen=True, slots=True)
class Aside:
    """A delivery for the quarantine."""

    item: Quarantine


Delivered = Lead | Ignored | Aside


@dataclass(frozen=True, slots=True)
class Batch:
    """Deliveries in the order of the log, and where that leaves its partitions."""

    deliveries: Sequence[Delivered]
    positions: dict[str, int] = field(default_factory=dict)


class Undecidable(Exception):
    """This one delivery, alone, cannot be decided about; it belongs into the quarantine."""


class CustomerBase:
    """The truth about customers. See eventstore.rows.Source for what it reads by."""

    def __init__(self, recorder: SQLiteCustomerRecorder, keyring: Keyring, policy: Policy) -> None:
        self.recorder = recorder
        self.keyring = keyring
        self.policy = policy

    def work(self) -> Work:
        return Work(self.recorder, self.keyring, self.policy)

    def handle(self, batch: Batch) -> dict[str, int]:
        """Decide about a batch and save it; gives how many deliveries ended in each outcome.

        Tries again, reading anew, whenever another writer was first. Raises Undecidable for a
        batch of one that fails by itself; a larger one fails as a whole with what its lead
        raised, and changes nothing.
        """
        return self.attempt(lambda work: _decide(work, batch))

    def attempt(self, decide: Callable[[Work], T]) -> T:
        """Run a decision on a fresh working set and save it, until nobody was faster."""
        while True:
            work = self.work()
            result = decide(work)
            try:
                self.recorder.save(work.changes)
            except IntegrityError:
                continue
            return result


def _decide(work: Work, batch: Batch) -> dict[str, int]:
    prefetch(work, [d.content for d in batch.deliveries if isinstance(d, Lead)])
    outcomes: dict[str, int] = {}
    ledger = work.changes.ledger
    for delivery in batch.deliveries:
        match delivery:
            case Lead(content):
                account, received_at = content.account, milliseconds(content.received_at)
                outcome = "accepted" if record(work, content) else "duplicate"
            case Ignored(account, received_at):
                outcome = "ignored"
            case Aside(item):
                account, received_at = item.account, item.received_at
                work.changes.quarantine.append(item)
                outcome = "quarantined"
        outcomes[outcome] = outcomes.get(outcome, 0) + 1
        entry = (account, received_at // HOUR_MS, outcome)
        ledger[entry] = ledger.get(entry, 0) + 1
    work.changes.positions = dict(batch.positions)
    return outcomes


TRANSIENT = (OperationalError,)
"""Faults of the store that pass by themselves: try the same again after a pause."""
