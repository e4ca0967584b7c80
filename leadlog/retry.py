"""`leadlog quarantine retry`: kept deliveries through today's parsers, once more."""

import base64
from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any

import msgspec

from channels.registry import make_adapter
from channels.sdk.adapter import PollingAdapter, WebhookAdapter
from channels.sdk.delivery import Delivery, PollItem
from channels.sdk.intake import Examined, Invalid, examine_item, read
from channels.sdk.outcome import Accepted, Quarantined
from eventstore.rows import Changes, Quarantine
from eventstore.touches import bytes_of
from ingest.log.port import Record
from ingest.log.records import QuarantinedDelivery, lead_record
from leadlog.feed import read_line
from leadlog.system import System

_kept = msgspec.json.Decoder(QuarantinedDelivery).decode


def retry(system: System, items: list[Quarantine]) -> Iterator[dict[str, Any]]:
    """Try each again; what can be read goes onto the lead log and leaves the quarantine.

    The log comes first: killed in between, the item is there twice, and its lead once.
    """
    for item in items:
        kept = _kept(item.content)
        try:
            records = list(_records(system, kept))
        except ValueError as error:
            yield {"id": kept.id, "outcome": "quarantined", "reason": str(error)}
            continue
        system.lead_log.append_now(records)
        system.base.recorder.save(Changes(released=[bytes_of(kept.id)]))
        yield {
            "id": kept.id,
            "outcome": "accepted" if records else "ignored",
            "leads": len(records),
        }


def _records(system: System, kept: QuarantinedDelivery) -> Iterator[Record]:
    """The lead events that it holds; ValueError says why it still cannot be read."""
    body = base64.b64decode(kept.body)
    if kept.channel in {"", "feed"}:
        try:
            line = body.decode("utf-8", "surrogateescape")
            yield lead_record(read_line(line, datetime.now(UTC)))
        except (msgspec.MsgspecError, RecursionError) as error:
            raise ValueError(str(error)) from error
        return
    for outcome in _read_again(system, kept, body).outcomes:
        if isinstance(outcome, Quarantined):
            raise ValueError(f"{outcome.reason.value}: {outcome.detail}")
        if isinstance(outcome, Accepted):
            yield lead_record(outcome.lead)


def _read_again(system: System, kept: QuarantinedDelivery, body: bytes) -> Examined:
    table = next((t for t in system.settings.accounts if t.get("name") == kept.account), None)
    if table is None:
        raise ValueError(f"no account {kept.account!r} is configured any more; add it and retry")
    adapter = make_adapter(dict(table))
    if not kept.method and isinstance(adapter, PollingAdapter):
        item = PollItem(item=body, body=body, received_at=kept.received_at)
        return examine_item(adapter, item)
    if not isinstance(adapter, WebhookAdapter):
        raise ValueError(f"account {kept.account!r} is not fed by webhooks any more")
    delivery = Delivery(
        method=kept.method,
        url=kept.path,
        headers=kept.headers,
        body=body,
        remote_ip=kept.remote_ip,
        received_at=kept.received_at,
    )
    found = read(adapter, delivery)
    if isinstance(found, Invalid):
        raise ValueError(found.message)
    return found
