"""What a lead event must be before it is decided about, whoever put it on the log."""

import re
from typing import TypeVar
from uuid import UUID

import msgspec

from channels.sdk.identities import cap_identities, normalise, present
from channels.sdk.lead import Identity, LeadContent
from channels.sdk.times import OLDEST_SANE, canonical_time, sane_time
from eventstore.touches import bytes_of, milliseconds

L = TypeVar("L", bound=LeadContent)
VISITOR = "visitor"
_IDS = ("lead_id", "event_id")
_TIMES = ("occurred_at", "received_at")
_ID = r"[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}"
_TIME = r"[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2}\.[0-9]{3}Z"
_ONE_TIME = re.compile(_TIME).fullmatch
_CANONICAL = re.compile(f"{_ID}{_ID}{_TIME}{_TIME}").fullmatch
"""Both ids and both times, one after the other: the common case by one look."""


def checked(lead: L) -> L:
    """The lead with canonical ids, times and identities; ValueError names the field that is wrong.

    Adapters of ours write nothing else; what others put on the log may be anything.
    """
    if not _CANONICAL(lead.lead_id + lead.event_id + lead.occurred_at + lead.received_at):
        lead = _canonical(lead)
    for field in _TIMES:
        _check_day(field, getattr(lead, field))
    if not OLDEST_SANE <= lead.occurred_at <= lead.received_at:
        lead = _at_a_sane_time(lead)
    proven = False
    for identity in lead.identities:
        if normalise(identity.kind, identity.value) != identity.value:
            raise ValueError(
                f"identity of kind {identity.kind!r} is not normalised;"
                " make it as channels.sdk.identities does"
            )
        proven = proven or (identity.kind == VISITOR and identity.proof == "attested")
    if proven:
        lead = msgspec.structs.replace(lead, identities=tuple(map(_claimed, lead.identities)))
    return _capped(lead) if len(lead.identities) > 1 else lead


def _capped(lead: L) -> L:
    """Each identity once, at most 8 and 4 of a kind; what is beyond is a mention."""
    once = present(*lead.identities)
    kept, beyond = cap_identities(once)
    if len(kept) == len(lead.identities):
        return lead
    return msgspec.structs.replace(lead, identities=kept, mentions=(*lead.mentions, *beyond))


def _at_a_sane_time(lead: L) -> L:
    """As adapters have it (docs/lead-event.md); no other time can stand for that of receipt."""
    if lead.received_at < OLDEST_SANE:
        raise ValueError(f"received_at: {lead.received_at} is before 2000")
    sane = sane_time(lead.occurred_at, lead.received_at)
    return msgspec.structs.replace(lead, occurred_at=sane)


def _canonical(lead: L) -> L:
    ids = {name: _id(name, getattr(lead, name)) for name in _IDS}
    times = {name: _time(name, getattr(lead, name)) for name in _TIMES}
    return msgspec.structs.replace(lead, **ids, **times)


def _id(field: str, text: str) -> str:
    try:
        return str(UUID(bytes=bytes_of(text)))
    except ValueError:
        raise ValueError(f"{field}: {text!r} is no UUID") from None


def _time(field: str, text: str) -> str:
    try:
        return text if _ONE_TIME(text) else canonical_time(text)
    except ValueError:
        raise _no_time(field, text) from None


def _check_day(field: str, text: str) -> None:
    """What has the form of a time may still be the 31st of February."""
    try:
        milliseconds(text)
    except ValueError:
        raise _no_time(field, text) from None


def _no_time(field: str, text: str) -> ValueError:
    return ValueError(f"{field}: {text!r} is no time; write it in UTC, as 2026-01-31T09:00:00.000Z")


def _claimed(identity: Identity) -> Identity:
    """Anybody can send a site's client id: a visitor is always claimed (SEMANTICS 2.1.1)."""
    if identity.kind != VISITOR:
        return identity
    return msgspec.structs.replace(identity, proof="claimed")
