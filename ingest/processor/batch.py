"""The batch handler: records of the log → one transaction in the event store.

Both runners call it: the plain loop (`loop.py`) and Faust. A record that cannot be read or decided
about goes to the quarantine; the partition moves on.
"""

import base64
from collections.abc import Sequence
from typing import Final

import msgspec
import structlog

from channels.sdk.lead import LeadContent
from channels.sdk.outcome import QuarantineReason
from eventstore.customer_base import (
    TRANSIENT,
    Aside,
    Contended,
    CustomerBase,
    Delivered,
    Entry,
    Ignored,
    Lead,
)
from eventstore.faults import faultpoint
from eventstore.recorders.port import Meanwhile
from eventstore.rows import Quarantine
from eventstore.touches import bytes_of, milliseconds
from ingest.log.port import Logged, RecordType
from ingest.log.records import IgnoredDelivery, QuarantinedDelivery, quarantine_id
from ingest.metrics import PROCESSED, PROCESSOR_BATCHES
from ingest.processor.checks import checked

_MOST_AHEAD: Final = 100
Place = tuple[str, int]
"""Partition and offset of a record."""

_lead = msgspec.json.Decoder(LeadContent).decode
_ignored = msgspec.json.Decoder(IgnoredDelivery).decode
_quarantined = msgspec.json.Decoder(QuarantinedDelivery).decode
_encode = msgspec.json.Encoder().encode
_log = structlog.get_logger()


class BatchHandler:
    """Decodes, decides, saves. Called by one thread at a time for each partition."""

    def __init__(self, base: CustomerBase) -> None:
        self._base = base
        self._ahead: dict[Place, Sequence[tuple[Logged, Entry]]] = {}
        """By the place of the first of them."""

    def ahead(self, records: Sequence[Logged]) -> None:
        """Decode what will be handled next; call it while a store writes (`meanwhile`)."""
        if len(self._ahead) > _MOST_AHEAD:  # of partitions that have gone to others
            self._ahead.clear()
        if records:
            self._ahead[_place(records[0])] = [(r, _entry(r)) for r in records]

    def handle(self, records: Sequence[Logged], meanwhile: Meanwhile | None = None) -> None:
        """Process records in the order of their partitions; on return they are done for good.

        `meanwhile` is done once or more often, or not at all, while the store writes.

        Raises what `eventstore.customer_base.TRANSIENT` lists while the store is away: call again
        with the same records. Every other fault is the fault of single leads and is put aside.
        """
        faultpoint("processor.after_read")
        self._decide(self._entries(records), records, meanwhile)

    def _entries(self, records: Sequence[Logged]) -> list[Entry]:
        ahead = self._ahead.pop(_place(records[0]), ())
        pairs = zip(records, ahead, strict=False)
        entries = [entry for record, (known, entry) in pairs if record == known]
        if len(entries) < min(len(records), len(ahead)):  # others than were expected
            entries = []
        return entries + [_entry(record) for record in records[len(entries) :]]

    def _decide(
        self,
        entries: Sequence[Entry],
        records: Sequence[Logged],
        meanwhile: Meanwhile | None = None,
    ) -> None:
        faultpoint("processor.before_commit")
        try:
            outcomes = self._handled(entries, meanwhile)
        except TRANSIENT:
            raise
        except Contended:  # smaller batches collide less
            self._halve(entries, records)
            return
        except Exception as error:  # noqa: BLE001 - one lead's fault must not stop the others
            _log.exception("batch_failed", leads=len(entries), offset=records[0].offset)
            if len(records) > 1:
                self._halve(entries, records)
                return
            outcomes = self._base.handle([_put_aside(entries[0], records[0], error)])
        faultpoint("processor.after_commit")
        PROCESSOR_BATCHES.inc()
        for outcome, count in outcomes.items():
            PROCESSED.labels(outcome).inc(count)

    def _handled(self, entries: Sequence[Entry], meanwhile: Meanwhile | None) -> dict[str, int]:
        """Decide and save; a delivery alone tries without end while others are faster."""
        while True:
            try:
                return self._base.handle(entries, meanwhile)
            except Contended:
                if len(entries) > 1:
                    raise

    def _halve(self, entries: Sequence[Entry], records: Sequence[Logged]) -> None:
        """Find the lead that fails by halving the batch; the others are saved on the way."""
        middle = len(records) // 2
        for part in (slice(0, middle), slice(middle, None)):
            self._decide(entries[part], records[part])


def _put_aside(entry: Entry, record: Logged, error: Exception) -> Entry:
    aside = _aside(record, QuarantineReason.UNPROCESSABLE, type(error).__name__)
    return entry._replace(delivered=aside)


def _place(record: Logged) -> Place:
    return record.partition, record.offset


def _entry(record: Logged) -> Entry:
    return Entry(record.partition, record.offset, _decoded(record))


def _decoded(record: Logged) -> Delivered:
    try:
        match record.type:
            case RecordType.LEAD:
                return Lead(checked(_lead(record.value)))
            case RecordType.IGNORED:
                ignored = _ignored(record.value)
                return Ignored(
                    ignored.account,
                    milliseconds(ignored.received_at),
                    ignored.channel,
                    ignored.receipts,
                )
            case RecordType.QUARANTINED:
                kept = _quarantined(record.value)
                return Aside(
                    Quarantine(
                        bytes_of(kept.id),
                        kept.account,
                        kept.reason,
                        milliseconds(kept.received_at),
                        record.value,
                    )
                )
    except (msgspec.MsgspecError, ValueError, RecursionError) as error:
        return _aside(record, QuarantineReason.WRONG_TYPE, str(error)[:200])


def _aside(record: Logged, reason: QuarantineReason, detail: str) -> Aside:
    received_at = "1970-01-01T00:00:00.000Z"
    kept = QuarantinedDelivery(
        id=quarantine_id(record.partition, record.value, received_at),
        account="",
        channel="",
        received_at=received_at,
        reason=reason.value,
        detail=detail,
        body=_base64(record.value),
    )
    item = Quarantine(bytes_of(kept.id), "", kept.reason, 0, _encode(kept))
    return Aside(item)


def _base64(value: bytes) -> str:
    return base64.b64encode(value).decode()
