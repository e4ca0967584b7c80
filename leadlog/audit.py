"""`leadlog audit`: nothing lost, nothing counted twice, or the first place where it breaks."""

import base64
from collections import Counter
from typing import Any

import msgspec

from eventstore.touches import bytes_of
from ingest.log.port import RecordType
from leadlog.system import System
from projections.facts.counts import fact_counts, holes, repeated

_PAGE = 5000


class _Ids(msgspec.Struct):
    lead_id: str


_ids = msgspec.json.Decoder(_Ids).decode


def audit(system: System, *, full: bool = False) -> dict[str, Any]:
    """Compare what the log holds with what the event store and the analytics have made of it.

    Deliveries: every record of the log that is processed is in the ledger exactly once; the
    ledger outlives what the log keeps, so that records that have expired there still count.
    Leads: the lead ids on the log, in the event store and in the analytics are the same (once
    something has expired: those on the log are in the event store). Positions: every one of the
    event store is in the analytics exactly once.
    """
    recorder = system.base.recorder
    passed = {p: recorder.max_tracking_id(p) for p in system.log.partitions()}
    ledger: Counter[str] = Counter()
    for (_, _, outcome), count in recorder.ledger().items():
        ledger[outcome] += count
    expired = {p: system.log.expired(p) for p in passed}
    on_log, records = _log_leads(system, passed)
    gone = sum(expired.values())
    unread = {bytes_of(item) for item in _unprocessable(system)}
    in_events = set(recorder.lead_ids())
    events_position = recorder.last_position()
    analytics = fact_counts(system.analytics)
    difference = _first(
        _compare(
            "deliveries in the ledger", sum(ledger.values()), "records on the log", records + gone
        ),
        _compare_sets("event store", in_events, "log", on_log - unread, only_missing=gone > 0),
        _compare("analytics: last position", analytics.last, "event store", events_position),
        _compare("analytics: leads", analytics.leads, "event store: leads", len(in_events)),
        _compare("analytics: facts", analytics.facts, "event store: events", events_position),
        _positions(system) if full or analytics.facts != analytics.positions else None,
    )
    return {
        "ok": difference is None,
        "pending": system.pending(),
        "deliveries": {
            name: ledger.get(name, 0)
            for name in ("accepted", "ignored", "quarantined", "duplicate")
        },
        "leads": {
            "log": len(on_log),
            "events": len(in_events),
            "analytics": analytics.leads,
        },
        "expired": gone,
        "positions": {"events": events_position, "analytics": analytics.last},
        "difference": difference,
    }


def _log_leads(system: System, passed: dict[str, int | None]) -> tuple[set[bytes], int]:
    """The distinct lead ids among the processed records, and how many records those are."""
    found: set[bytes] = set()
    count = 0
    for partition, end in passed.items():
        after = -1
        while end is not None and (records := system.log.read(partition, after, _PAGE)):
            after = records[-1].offset
            records = [record for record in records if record.offset <= end]
            count += len(records)
            for record in records:
                if record.type is RecordType.LEAD:
                    found |= _lead_id(record.value)
            if after >= end:
                break
    return found, count


def _lead_id(value: bytes) -> set[bytes]:
    try:
        return {bytes_of(_ids(value).lead_id)}
    except (msgspec.MsgspecError, ValueError):
        return set()  # it is in the quarantine: the processor could not read it either


def _unprocessable(system: System) -> set[str]:
    """Lead ids of records that the processor put aside."""
    found = set()
    for item in system.base.recorder.quarantined():
        kept = msgspec.json.decode(item.content)
        if kept["channel"]:
            continue
        try:
            found.add(_ids(base64.b64decode(kept["body"])).lead_id)
        except (msgspec.MsgspecError, ValueError):
            continue
    return found


def _positions(system: System) -> dict[str, Any] | None:
    """The first position that analytics have twice or not at all."""
    if twice := repeated(system.analytics, limit=1):
        return {"what": "analytics: position there more than once", "first": twice[0]}
    if missing := holes(system.analytics, limit=1):
        return {"what": "analytics: positions missing", "first": missing[0]}
    return None


def _compare(what: str, is_: int, other: str, should: int) -> dict[str, Any] | None:
    return None if is_ == should else {"what": what, "is": is_, "against": other, "should": should}


def _compare_sets(
    what: str, is_: set[bytes], other: str, should: set[bytes], *, only_missing: bool
) -> dict[str, Any] | None:
    for name, ids in (
        (f"missing in the {what}", should - is_),
        (f"not on the {other}", set() if only_missing else is_ - should),
    ):
        if ids:
            return {"what": name, "count": len(ids), "first": min(ids).hex()}
    return None


def _first(*found: dict[str, Any] | None) -> dict[str, Any] | None:
    return next((difference for difference in found if difference), None)
