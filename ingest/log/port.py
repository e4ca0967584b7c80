"""The lead log: durable, ordered, replayable. The port that SQLite and Kafka implement."""

from collections.abc import Sequence
from enum import StrEnum
from typing import NamedTuple, Protocol

import msgspec


class RecordType(StrEnum):
    """What a record's value is."""

    LEAD = "lead"
    """A lead event as JSON (docs/lead-event.md)."""
    IGNORED = "ignored"
    """An `IgnoredDelivery` as JSON: counted, nothing else."""
    QUARANTINED = "quarantined"
    """A `QuarantinedDelivery` as JSON, raw bytes and all."""


class Head(msgspec.Struct, frozen=True, gc=False):
    """What a value tells of itself, whichever type it has."""

    event_id: str = ""
    lead_id: str = ""
    id: str = ""
    channel: str = ""
    account: str = ""
    received_at: str = ""


class Record(msgspec.Struct, frozen=True, gc=False):
    """What is appended."""

    type: RecordType
    value: bytes
    identity: tuple[str, str] | None = None
    """(kind, value) of the strongest identity: what a partitioned log keeps the order of."""
    head: Head | None = None
    """Where whoever made the value knows it; else it is read out of the value."""


class Logged(NamedTuple):
    """A record where it stands."""

    partition: str
    offset: int
    type: RecordType
    value: bytes


class LogUnavailable(Exception):
    """The log did not take the records, or nobody knows whether it did: answer 503.

    The sender repeats; ids make the repeat harmless.
    """


class RecordTooLarge(LogUnavailable):
    """The log will never take this record; a repeat does not help."""


class LogRewound(Exception):
    """The log ends before what was read of it: it was made anew, or lost its tail. Stop."""


class LeadLogWriter(Protocol):
    """Appends records. One writer a process; called on the event loop."""

    async def append(self, records: Sequence[Record]) -> None:
        """Return once all records are durable, in their order; else raise LogUnavailable.

        Never returns early, never blocks the loop longer than one commit. Cancelling the caller
        does not take records back.
        """

    async def close(self) -> None:
        """Flush what was given, then let go."""


class LeadLogReader(Protocol):
    """Reads records by position, as often as wanted. Safe from any thread."""

    def partitions(self) -> Sequence[str]: ...

    def read(self, partition: str, after: int, limit: int) -> Sequence[Logged]:
        """Up to `limit` records with an offset above `after` (-1: from the first), in order."""

    def end(self, partition: str) -> int:
        """The offset of the newest record, -1 while there is none."""

    def expired(self, partition: str) -> int:
        """How many records it held and holds no more, since their time of keeping is over.

        They are the oldest: the first that is left has this offset, or a higher one.
        """
