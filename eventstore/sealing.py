"""What of an event is sealed, and with the keys of which leaf cards (SEMANTICS 6.1)."""

from typing import Final

from eventstore.domain.events import (
    CardMarked,
    CardsMerged,
    CardsVetoed,
    DealsJoined,
    DealsParted,
    Decision,
    DecisionUndone,
    Event,
    EvidenceWithdrawn,
    Id,
    LeadRecorded,
    MatchingApplied,
    NoteAdded,
    ReplyWritten,
    ReturnsLeft,
    TouchParted,
)

_DECISIONS: Final = (
    CardsMerged, CardsVetoed, CardMarked, EvidenceWithdrawn, DecisionUndone, DealsJoined,
    DealsParted, TouchParted, ReturnsLeft, MatchingApplied,
)  # fmt: skip

TYPED: Final[dict[type[Event], str]] = {NoteAdded: "text", **dict.fromkeys(_DECISIONS, "reason")}
"""Fields of texts that people type, by kind of event: a text may name anybody. Stored sealed;
events from before that have them open."""


def typed(event: Event) -> str:
    """The text of the event that somebody typed; empty where there is none."""
    name = TYPED.get(type(event))
    return str(getattr(event, name)) if name else ""


def sealed_with(event: Event) -> tuple[Id, ...]:
    """The leaf cards whose keys seal what the event has of persons: it takes all to read it."""
    match event:
        case LeadRecorded() | ReplyWritten() | CardMarked():
            return (event.leaf,)
        case CardsMerged() | CardsVetoed():
            return (event.one, event.other)
        case NoteAdded():
            return (event.leaf,) if event.leaf else ()
        case Decision():
            return event.about
    return ()
