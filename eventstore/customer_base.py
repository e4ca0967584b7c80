"""The application: lead events in, decisions out, in one transaction a batch.

Used by the processor (batches from the log), and by commands and queries of people. Thread-safe:
each call has a working set of its own, and the recorder lets one writer in at a time.
"""

import threading
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace
from typing import NamedTuple, TypeVar

import msgspec
from eventsourcing.persistence import IntegrityError, OperationalError

from channels.sdk.lead import LeadContent
from channels.sdk.sending import Receipt
from eventstore.domain.events import Id
from eventstore.incoming import Incoming
from eventstore.keyring import Keyring
from eventstore.policy import Policy
from eventstore.receipts import note_receipt
from eventstore.recorders.port import CustomerRecorder, Meanwhile
from eventstore.recording import is_known, prefetch, record
from eventstore.rows import Quarantine, Source
from eventstore.touches import milliseconds
from eventstore.versions import STREAM, history, in_force
from eventstore.work import Work

T = TypeVar("T")

HOUR_MS = 3_600_000
_MOST_TRIES = 50


class Lead(msgspec.Struct, frozen=True, gc=False):
    """A lead event off the log."""

    content: LeadContent


class Ignored(msgspec.Struct, frozen=True, gc=False):
    """An authentic delivery that is no lead: only counted, but for what it tells of ours."""

    account: str
    received_at: int
    channel: str = ""
    receipts: tuple[Receipt, ...] = ()


class Aside(msgspec.Struct, frozen=True, gc=False):
    """A delivery for the quarantine."""

    item: Quarantine


Delivered = Lead | Ignored | Aside


class Entry(NamedTuple):
    """A delivery and where it stands on the log."""

    partition: str
    offset: int
    delivered: Delivered


class Contended(Exception):
    """Other writers were faster every time; try again with less at once."""


class CustomerBase:
    """The truth about customers. See eventstore.rows.Source for what it reads by."""

    def __init__(self, recorder: CustomerRecorder, keyring: Keyring, policy: Policy) -> None:
        self.recorder = recorder
        self.keyring = keyring
        self.policy = policy
        self.in_hand: set[Id] = set()
        """See `carrying_out`."""
        self._told = 0
        self._applying = threading.Lock()

    def work(self, *, whole: bool = False) -> Work:
        """A working set on the last commit; `whole`: nothing in it is left to follow in pieces."""
        policy = replace(self.policy, most_touches_at_once=None) if whole else self.policy
        return Work(self.recorder, self.keyring, policy)

    def handle(self, batch: Sequence[Entry], meanwhile: Meanwhile | None = None) -> dict[str, int]:
        """Decide about deliveries and save; gives how many ended in each outcome.

        `meanwhile` as in `CustomerRecorder.save`.

        Entries that the event store has passed already (another worker's) are left out. Tries
        again, reading anew, whenever another writer was first. Anything that a delivery's own
        content makes fail is raised, and nothing of the batch is saved.
        """
        return self.attempt(lambda work: self._decide(work, batch), meanwhile)

    @contextmanager
    def carrying_out(self, name: Id) -> Iterator[None]:
        """A command carries this out piece by piece meanwhile, and nobody else in this process."""
        self.in_hand.add(name)
        try:
            yield
        finally:
            self.in_hand.discard(name)

    def known_events(self, leads: Sequence[LeadContent]) -> int:
        """How many of these lead events have had their effect already."""
        work = self.work()
        return sum(is_known(work, lead) for lead in prefetch(work, leads))

    def attempt(self, decide: Callable[[Work], T], meanwhile: Meanwhile | None = None) -> T:
        """Run a decision on a fresh working set and save it, until nobody was faster.

        Raises Contended after many tries in a row: smaller batches collide less.
        """
        for _ in range(_MOST_TRIES):
            with self.recorder.snapshot() as source:
                work = Work(source, self.keyring, self._policy_now(source))
                result = decide(work)
            try:
                self.recorder.save(work.changes, meanwhile)
            except IntegrityError:
                continue
            return result
        raise Contended(f"{_MOST_TRIES} times in a row another writer was first")

    def _policy_now(self, source: Source) -> Policy:
        """The policy with the version that is applied to the past: any process may apply one."""
        told = len(source.streams([STREAM], personal=False).get(STREAM, ()))
        with self._applying:
            if told == self._told:
                return self.policy
            known = history(source, self.keyring)
            policy = in_force(known, known.applied, self.policy)
            if told > self._told:  # else another thread has seen more: it has the last word
                self.policy, self._told = policy, told
        return policy

    def _decide(self, work: Work, batch: Sequence[Entry]) -> dict[str, int]:
        passed = self._passed({entry.partition for entry in batch})
        entries = [entry for entry in batch if entry.offset > passed[entry.partition]]
        contents = [e.delivered.content for e in entries if isinstance(e.delivered, Lead)]
        leads = iter(prefetch(work, contents))
        outcomes: dict[str, int] = {}
        ledger = work.changes.ledger
        for entry in entries:
            account, received_at, outcome = _decide_one(work, entry.delivered, leads)
            outcomes[outcome] = outcomes.get(outcome, 0) + 1
            line = (account, received_at // HOUR_MS, outcome)
            ledger[line] = ledger.get(line, 0) + 1
            work.changes.positions[entry.partition] = (passed[entry.partition], entry.offset)
        return outcomes

    def _passed(self, partitions: Iterable[str]) -> dict[str, int]:
        """Up to which offset each is processed; -1 for nothing."""
        found = {partition: self.recorder.max_tracking_id(partition) for partition in partitions}
        return {name: -1 if offset is None else offset for name, offset in found.items()}


def _decide_one(
    work: Work, delivered: Delivered, leads: Iterator[Incoming]
) -> tuple[str, int, str]:
    """Account, time of receipt and outcome; `leads` has the batch's leads that are left."""
    match delivered:
        case Lead(content):
            outcome = "accepted" if record(work, next(leads)) else "duplicate"
            return content.account, milliseconds(content.received_at), outcome
        case Ignored(account, received_at, channel, receipts):
            for receipt in receipts:
                note_receipt(work, receipt, channel=channel, account=account, at=received_at)
            return account, received_at, "ignored"
        case Aside(item):
            work.changes.quarantine.append(item)
            return item.account, item.received_at, "quarantined"


TRANSIENT = (OperationalError,)
"""Faults of the store that pass by themselves: try the same again after a pause."""
