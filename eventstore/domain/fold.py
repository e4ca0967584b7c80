"""A lead is the fold of its events, the same in whatever order they came (SEMANTICS 1.5)."""

from collections.abc import Iterable, Sequence

import msgspec

from channels.sdk.identities import cap_identities, present
from channels.sdk.lead import (
    Call,
    Identity,
    LeadContent,
    Mention,
)

_MERGED = ("profile", "call", "order", "booking", "campaign")
_LAST = ("subject", "text", "attachments", "mentions", "consents", "thread")


def fold(events: Iterable[LeadContent]) -> LeadContent:
    """The lead that `events` (at least one) tell of, each counted in its newest revision.

    Time: the earliest. Identities: the union in order of happening, each with the better proof;
    those beyond 8, of one kind 4, are mentions (SEMANTICS 2.1.1). Every other field, and every part
    of an object: the last that is not empty by (`occurred_at`, `seq`, `event_id`). `raw` is the
    last event's.
    """
    ordered = in_order(events)
    if len(ordered) == 1:
        return ordered[0]
    last = ordered[-1]
    identities, beyond = _identities(ordered)
    changes: dict[str, object] = {
        "occurred_at": min(event.occurred_at for event in ordered),
        "received_at": min(event.received_at for event in ordered),
        "direction": "out" if any(e.direction == "out" for e in ordered) else "in",
        "amends": all(event.amends for event in ordered),
        "identities": identities,
        "fields": {name: text for event in ordered for name, text in event.fields.items() if text},
    }
    for name in _LAST:
        changes[name] = next(
            (value for e in reversed(ordered) if (value := getattr(e, name))), getattr(last, name)
        )
    changes["mentions"] = _mentions(changes["mentions"], beyond)  # type: ignore[arg-type] # by name
    for name in _MERGED:
        changes[name] = _merge([part for e in ordered if (part := getattr(e, name))])
    if changes["call"]:
        changes["call"] = _call(changes["call"], [e.call for e in ordered if e.call])  # type: ignore[arg-type] # _merge keeps the type
    return msgspec.structs.replace(last, **changes)


def in_order(events: Iterable[LeadContent]) -> list[LeadContent]:
    """Each event id once, in its newest revision, by (`occurred_at`, `seq`, `event_id`)."""
    newest: dict[str, LeadContent] = {}
    for event in events:
        known = newest.get(event.event_id)
        if known is None or event.revision > known.revision:
            newest[event.event_id] = event
    return sorted(newest.values(), key=lambda e: (e.occurred_at, e.seq, e.event_id))


def was_answered(call: Call) -> bool:
    """Whether this state of a call knows that somebody took it."""
    return call.state == "answered" or bool(call.answered_at) or bool(call.talk_s)


def _identities(
    ordered: Sequence[LeadContent],
) -> tuple[tuple[Identity, ...], tuple[Mention, ...]]:
    """Those that count, each with the better proof, and those beyond, as first spelled."""
    every = [identity for event in ordered for identity in event.identities]
    first = {(one.kind, one.value): one for one in reversed(every)}
    best = {(one.kind, one.value): one for one in present(*every)}
    kept, beyond = cap_identities([first[key] for key in best])
    return tuple(best[one.kind, one.value] for one in kept), beyond


def _mentions(said: Sequence[Mention], beyond: Iterable[Mention]) -> tuple[Mention, ...]:
    """What was mentioned, then the identities that do not count; each address once."""
    known = {(one.kind, one.value): one for one in said}
    for one in beyond:
        known.setdefault((one.kind, one.value), one)
    return tuple(known.values())


def _merge(parts: list[msgspec.Struct]) -> msgspec.Struct | None:
    if len(parts) <= 1:
        return parts[0] if parts else None
    found = {
        name: value
        for part in parts
        for name in part.__struct_fields__
        if (value := getattr(part, name)) not in ("", None, ())
    }
    return type(parts[0])(**found)


def _call(merged: Call, parts: Sequence[Call]) -> Call:
    """`missed` unless one of the events knows that the call was answered."""
    over = any(part.state in ("ended", "missed") for part in parts)
    if any(was_answered(part) for part in parts):
        state = "ended" if over else "answered"
    else:
        state = "missed" if over else (merged.state or "ringing")
    return msgspec.structs.replace(merged, state=state)
