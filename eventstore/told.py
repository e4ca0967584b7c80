"""A lead with everything that its events tell, as people read it (SEMANTICS 3.6)."""

from collections.abc import Collection, Iterable, Mapping, Sequence
from typing import Any
from uuid import UUID

import msgspec

from channels.sdk.lead import LeadContent
from channels.sdk.times import time_from_epoch
from eventstore.domain.events import Id, LeadRecorded
from eventstore.domain.fold import fold
from eventstore.reading import Recorded
from eventstore.touches import own_leaf

Json = dict[str, Any]

_SHOWN = (
    "subject", "text", "fields", "profile", "attachments", "mentions", "call", "order", "booking",
    "campaign", "consents", "thread", "extra",
)  # fmt: skip

FILLED_IN = frozenset({"form", "order", "booking"})
"""Kinds of leads whose fields a person filled in."""


def text_id(value: Id) -> str:
    return str(UUID(bytes=value)) if value else ""


def time_text(milliseconds: int) -> str:
    return time_from_epoch(milliseconds / 1000)


class Told:
    """A lead as its events have it; without content where its personal part is forgotten."""

    __slots__ = (
        "content", "deal", "lead", "leaf", "leaves", "newest", "occurred_at", "position",
        "proofs", "recorded_at", "sort_key",
    )  # fmt: skip

    def __init__(self, events: Collection[Recorded]) -> None:
        recorded = list(events)
        told = [e.event for e in recorded if isinstance(e.event, LeadRecorded)]
        newest, last = told[-1], recorded[-1].event
        contents = [event.personal for event in told if event.personal]
        self.lead = recorded[0].stream
        self.content: LeadContent | None = fold(contents) if contents else None
        self.newest = newest
        self.leaf: Id = getattr(last, "leaf", newest.leaf)
        self.deal: Id = getattr(last, "deal", newest.deal)
        self.occurred_at = newest.occurred_at
        self.recorded_at = recorded[0].recorded_at
        self.position = recorded[0].position
        self.proofs = [(i.leaf, i.attested) for i in newest.identities]
        self.leaves = [i.leaf for i in newest.identities] or [own_leaf(self.lead)]
        self.sort_key = (self.occurred_at, self.lead)

    @property
    def name(self) -> str:
        profile = self.content.profile if self.content else None
        if profile is None:
            return ""
        return profile.name or f"{profile.first_name} {profile.last_name}".strip()

    def shown(self) -> Json:
        """An entry of the timeline: every field that the lead brought."""
        newest, content = self.newest, self.content
        shown: Json = {
            "type": "touch",
            "lead": text_id(self.lead),
            "at": time_text(self.occurred_at),
            "recorded_at": time_text(self.recorded_at),
            "channel": newest.channel,
            "account": newest.account,
            "kind": newest.kind,
            "direction": newest.direction,
            "deal": text_id(self.deal),
        }
        if newest.call_state:
            shown["call_state"] = newest.call_state
        if content is not None:
            plain = msgspec.to_builtins(content)
            shown |= {name: plain[name] for name in _SHOWN if plain.get(name)}
            shown["identities"] = plain["identities"]
        return shown


def told_of(streams: Mapping[Id, Collection[Recorded]]) -> dict[Id, Told]:
    """The leads of these streams; those of others are left out."""
    return {
        stream: Told(events)
        for stream, events in streams.items()
        if isinstance(next(iter(events)).event, LeadRecorded)
    }


def newest_name(touches: Sequence[Told]) -> str:
    """What the newest of these touches (oldest first) that says a name calls the person."""
    return next((told.name for told in reversed(touches) if told.name), "")


def carried(touches: Collection[Told]) -> Json:
    """What these leads (oldest first) carry to their card or deal, each field as last told.

    `fields` are all that have no place of their own, known or not; `answers` are those of them that
    somebody filled in, and not what a call or a message brings; `consents` every different one,
    oldest first.
    """
    contents = [told.content for told in touches if told.content]
    fields = _fields(contents)
    consents: list[Any] = []
    for consent in (consent for one in contents for consent in one.consents):
        if consent not in consents:
            consents.append(consent)
    found: Json = {"fields": fields}
    if answers := _fields(one for one in contents if one.kind in FILLED_IN):
        found["answers"] = answers
    for name in ("profile", "campaign", "order", "booking"):
        parts = [part for one in contents if (part := getattr(one, name))]
        if parts:
            found[name] = _newest_of_each(parts)
    if consents:
        found["consents"] = msgspec.to_builtins(tuple(consents))
    extra = {name: value for one in contents for name, value in one.extra.items()}
    if extra:
        found["extra"] = extra
    return found


def _fields(contents: Iterable[LeadContent]) -> Json:
    return {name: text for one in contents for name, text in one.fields.items() if text}


def _newest_of_each(parts: Collection[Any]) -> Json:
    return {name: value for part in parts for name, value in msgspec.to_builtins(part).items()}
