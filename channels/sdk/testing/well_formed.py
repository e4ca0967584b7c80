"""What must hold for every lead event, whoever made it (docs/lead-event.md, SEMANTICS 2.1)."""

import base64
import binascii
import re
from collections import Counter
from collections.abc import Iterator
from datetime import timedelta
from uuid import UUID

import msgspec

from channels.sdk.identities import normalise
from channels.sdk.lead import (
    MAX_IDENTITIES,
    MAX_IDENTITIES_OF_A_KIND,
    SCHEMA,
    LeadEvent,
)
from channels.sdk.testing.doors import AnyAdapter
from channels.sdk.times import OLDEST_SANE, canonical_time, format_time, parse_time

_AMOUNT = re.compile(r"-?[0-9]+(\.[0-9]+)?")
_CURRENCY = re.compile(r"[A-Z]{3}")
_SECRET_URL = re.compile(
    r"https?://\S*[?&/](access_)?(token|sig|signature|auth|api_?key)=", re.IGNORECASE
)
_LARGEST_SEQ = 2**63
_decode = msgspec.json.Decoder(LeadEvent).decode


def faults_of(lead: LeadEvent, adapter: AnyAdapter) -> Iterator[str]:
    """What is wrong with a lead event of this adapter, each in a line."""
    yield from _of_writing(lead)
    yield from _of_names(lead, adapter)
    yield from _of_times(lead)
    yield from _of_identities(lead)
    yield from _of_contents(lead)
    yield from _of_raw(lead)


def _of_writing(lead: LeadEvent) -> Iterator[str]:
    try:
        read = _decode(msgspec.json.encode(lead))
    except (msgspec.MsgspecError, UnicodeError) as error:
        yield f"it cannot be written or read back: {error}"
    else:
        if read != lead:
            yield "it is another one when it is read back"


def _of_names(lead: LeadEvent, adapter: AnyAdapter) -> Iterator[str]:
    if (lead.channel, lead.account) != (adapter.channel, adapter.settings.name):
        yield f"channel and account are {lead.channel}/{lead.account}, not the adapter's"
    for name in ("lead_id", "event_id"):
        if not _is_ours(getattr(lead, name)):
            yield f"{name} {getattr(lead, name)!r} is not made by `self.lead` from a key"
    if lead.schema != SCHEMA or lead.revision != 0:
        yield f"schema and revision are {lead.schema}, {lead.revision}, not {SCHEMA}, 0"
    if not 0 <= lead.seq < _LARGEST_SEQ:
        yield f"seq {lead.seq} is none that every store can hold"


def _is_ours(text: str) -> bool:
    try:
        uuid = UUID(text)
    except ValueError:
        return False
    return uuid.version == 5 and str(uuid) == text


def _of_times(lead: LeadEvent) -> Iterator[str]:
    times = {"occurred_at": lead.occurred_at, "received_at": lead.received_at}
    if lead.call:
        times |= {"answered_at": lead.call.answered_at or "", "ended_at": lead.call.ended_at or ""}
    if lead.booking:
        times["starts_at"] = lead.booking.starts_at or ""
    times |= {f"given_at of {c.purpose}": c.given_at or "" for c in lead.consents}
    for name, text in times.items():
        if text and not _is_canonical(text):
            yield f"{name} {text!r} is not spelled like 2026-01-31T09:00:00.000Z"
            return
    latest = format_time(parse_time(lead.received_at) + timedelta(days=1))
    if not OLDEST_SANE <= lead.occurred_at <= latest:
        yield f"occurred_at {lead.occurred_at} is before 2000 or over a day ahead"


def _is_canonical(text: str) -> bool:
    try:
        return canonical_time(text) == text
    except ValueError:
        return False


def _of_identities(lead: LeadEvent) -> Iterator[str]:
    of_kind = Counter(identity.kind for identity in lead.identities)
    if len(lead.identities) > MAX_IDENTITIES or any(
        count > MAX_IDENTITIES_OF_A_KIND for count in of_kind.values()
    ):
        yield f"{len(lead.identities)} identities are more than count: make it by `self.lead`"
    seen = {(identity.kind, identity.value) for identity in lead.identities}
    if len(seen) != len(lead.identities):
        yield "an identity is there twice: use `identities.present`"
    for identity in lead.identities:
        if normalise(identity.kind, identity.value) != identity.value:
            yield f"identity {identity.kind} {identity.value!r} is not normalised"
        if identity.kind == "visitor" and identity.proof != "claimed":
            yield "a visitor is attested: anybody can send a client id"
    if any((mention.kind, mention.value) in seen for mention in lead.mentions):
        yield "a mention is an identity of the same lead"


def _of_contents(lead: LeadEvent) -> Iterator[str]:
    if lead.kind == "call" and not (lead.call and lead.call.id):
        yield "a lead of kind call has no call.id"
    if lead.call and any((n or 0) < 0 for n in (lead.call.wait_s, lead.call.talk_s)):
        yield "wait_s or talk_s is below 0"
    if lead.order and lead.order.amount and not _AMOUNT.fullmatch(lead.order.amount):
        yield f"order.amount {lead.order.amount[:40]!r} is no decimal number"
    if lead.order and lead.order.currency and not _CURRENCY.fullmatch(lead.order.currency):
        yield f"order.currency {lead.order.currency[:40]!r} is no ISO 4217 code"
    if any(_SECRET_URL.search(file.ref) for file in lead.attachments):
        yield "the ref of an attachment is an address with a secret in it"
    if any((file.size or 0) < 0 for file in lead.attachments):
        yield "the size of an attachment is below 0"
    if "" in lead.fields:
        yield "a field has no name"


def _of_raw(lead: LeadEvent) -> Iterator[str]:
    if lead.raw is None:
        yield "raw is missing: it must be kept for a later, better parser"
        return
    try:
        base64.b64decode(lead.raw.body, validate=True)
    except binascii.Error:
        yield "raw.body is no base64"
