"""Outcomes as records of the log, and back."""

import base64
import hashlib
from collections.abc import Sequence
from typing import Any
from urllib.parse import urlsplit
from uuid import uuid5

import msgspec
from msgspec.structs import replace

from channels.sdk.adapter import Adapter, redact
from channels.sdk.delivery import Delivery, PollItem
from channels.sdk.ids import NAMESPACE
from channels.sdk.lead import Identity, LeadEvent
from channels.sdk.outcome import Accepted, Ignored, Outcome, Quarantined
from channels.sdk.sending import Receipt
from channels.sdk.times import Timestamp
from ingest.log.port import Head, Record, RecordType

_KEPT_HEADERS = frozenset({"content-type", "user-agent", "content-encoding", "x-retry-counter"})
_encode = msgspec.json.Encoder().encode


class _Keyed(msgspec.Struct, frozen=True):
    """As much of a lead event as its key needs."""

    identities: tuple[Identity, ...] = ()


_keyed = msgspec.json.Decoder(_Keyed).decode


class IgnoredDelivery(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """An authentic delivery that is no lead."""

    account: str
    channel: str
    received_at: Timestamp
    reason: str
    receipts: tuple[Receipt, ...] = ()


class QuarantinedDelivery(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """An authentic delivery that could not be read: everything needed to try it again."""

    id: str
    account: str
    channel: str
    received_at: Timestamp
    reason: str
    detail: str = ""
    method: str = ""
    path: str = ""
    headers: dict[str, str] = {}
    remote_ip: str = ""
    body: str = ""
    """Base64 of what the adapter keeps of the bytes that came: secrets are cut out."""


def records_of(
    outcomes: Sequence[Outcome], source: Delivery | PollItem, adapter: Adapter[Any]
) -> list[Record]:
    """One record for each outcome of what `adapter` was sent or has fetched."""
    return [_record(outcome, source, adapter) for outcome in outcomes]


def _record(outcome: Outcome, source: Delivery | PollItem, adapter: Adapter[Any]) -> Record:
    match outcome:
        case Accepted(lead):
            return lead_record(lead)
        case Ignored(reason, _, receipts):
            ignored = IgnoredDelivery(
                account=adapter.settings.name,
                channel=adapter.channel,
                received_at=source.received_at,
                reason=reason.value,
                receipts=receipts,
            )
            return Record(RecordType.IGNORED, _encode(ignored))
        case Quarantined():
            return Record(RecordType.QUARANTINED, _encode(_kept(outcome, source, adapter)))


def lead_record(lead: LeadEvent) -> Record:
    """The record of a lead event, keyed by its first attested, else its first identity."""
    head = Head(
        event_id=lead.event_id,
        lead_id=lead.lead_id,
        channel=lead.channel,
        account=lead.account,
        received_at=lead.received_at,
    )
    return Record(RecordType.LEAD, _encode(lead), _strongest(lead.identities), head)


def record_again(type_: RecordType, value: bytes) -> Record:
    """The record of a value that stood on a log before, keyed as it was then."""
    if type_ is not RecordType.LEAD:
        return Record(type_, value)
    try:
        return Record(type_, value, _strongest(_keyed(value).identities))
    except (msgspec.MsgspecError, RecursionError):
        return Record(type_, value)  # the processor puts it aside


def _strongest(identities: Sequence[Identity]) -> tuple[str, str] | None:
    for identity in identities:
        if identity.proof == "attested":
            return identity.kind, identity.value
    return (identities[0].kind, identities[0].value) if identities else None


def quarantine_id(account: str, body: bytes, received_at: Timestamp) -> str:
    """The same for a repeat of the same bytes within five minutes."""
    slot = f"{received_at[:14]}{int(received_at[14:16]) // 5}"
    digest = hashlib.sha256(body).hexdigest()
    return str(uuid5(NAMESPACE, f"quarantine/{account}/{slot}/{digest}"))


def _kept(
    outcome: Quarantined, source: Delivery | PollItem, adapter: Adapter[Any]
) -> QuarantinedDelivery:
    account = adapter.settings.name
    if outcome.item:
        source = replace(source, body=outcome.item)
    kept = QuarantinedDelivery(
        id=quarantine_id(account, source.body, source.received_at),
        account=account,
        channel=adapter.channel,
        received_at=source.received_at,
        reason=outcome.reason.value,
        detail=outcome.detail,
        body=_raw(source, adapter),
    )
    if not isinstance(source, Delivery):
        return kept
    path = redact(urlsplit(source.url).path.encode("utf-8", "replace"), adapter.settings.secrets())
    headers = {n: v for n, v in source.headers.items() if n in _KEPT_HEADERS}
    return msgspec.structs.replace(
        kept,
        method=source.method,
        path=path.decode(),
        headers=headers,
        remote_ip=source.remote_ip,
    )


def _raw(source: Delivery | PollItem, adapter: Adapter[Any]) -> str:
    """What the adapter keeps of it; bytes that it cannot even cut are cut by its secrets alone."""
    try:
        return adapter.raw(source).body
    except Exception:  # noqa: BLE001 - what comes here is broken, and must be kept all the same
        return base64.b64encode(redact(source.body, adapter.settings.secrets())).decode()
