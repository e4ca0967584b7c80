"""`leadlog feed`: lead events from files onto the lead log, as an adapter would put them."""

import base64
from collections.abc import Iterable
from datetime import UTC, datetime
from typing import Any

import msgspec

from channels.sdk.lead import LeadEvent
from channels.sdk.outcome import QuarantineReason
from channels.sdk.times import format_time, is_ahead
from ingest.log.port import Record, RecordType
from ingest.log.records import QuarantinedDelivery, lead_record, quarantine_id
from ingest.processor.checks import checked
from leadlog.system import System

_KNOWN = frozenset(LeadEvent.__struct_fields__)


def feed(system: System, lines: Iterable[tuple[str, int, str, bool]]) -> dict[str, Any]:
    """Append (file, line number, line, whether the same event came in an earlier line).

    Broken lines are named and go to quarantine. Repeats are appended, too: they are deliveries,
    and the processor counts them as duplicates.
    """
    records: list[Record] = []
    fresh: list[LeadEvent] = []
    broken: list[str] = []
    duplicates = 0
    now = datetime.now(UTC)
    for file, number, line, repeated in lines:
        try:
            lead = read_line(line, now)
        except (msgspec.MsgspecError, ValueError, RecursionError) as error:
            where = f"{file}:{number}"
            broken.append(f"{where}: {error}")
            records.append(_broken(line, f"{where}: {error}", now))
        else:
            records.append(lead_record(lead))
            if repeated:
                duplicates += 1
            else:
                fresh.append(lead)
    known = system.base.known_events(fresh)
    system.lead_log.append_now(records)
    return {
        "appended": len(fresh) - known,
        "duplicate": duplicates + known,
        "quarantined": len(broken),
        "broken": broken,
    }


def read_line(line: str, now: datetime) -> LeadEvent:
    """A lead event of JSON, its unknown fields kept; an error names what is wrong with it."""
    try:
        table = msgspec.json.decode(line)
    except UnicodeEncodeError:
        raise ValueError("these bytes are no UTF-8; save the file in it") from None
    if not isinstance(table, dict):
        raise ValueError(f"expected a JSON object, got {type(table).__name__}")
    unknown = {name: table.pop(name) for name in table.keys() - _KNOWN}
    if unknown:
        table["extra"] = {**table.get("extra", {}), **unknown}
    lead = checked(msgspec.convert(table, LeadEvent))
    if is_ahead(lead.received_at, format_time(now)):
        raise ValueError(f"received_at: {lead.received_at} is more than a day ahead of our clock")
    return lead


def _broken(line: str, detail: str, now: datetime) -> Record:
    received_at = format_time(now)
    body = line.encode("utf-8", "surrogatepass")
    kept = QuarantinedDelivery(
        id=quarantine_id("feed", body, received_at),
        account="feed",
        channel="feed",
        received_at=received_at,
        reason=QuarantineReason.BROKEN_JSON.value,
        detail=detail[:500],
        body=base64.b64encode(body).decode(),
    )
    return Record(RecordType.QUARANTINED, msgspec.json.encode(kept))
