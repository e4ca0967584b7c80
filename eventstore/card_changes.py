"""What changed a card since somebody looked: decisions about it, and leads that moved its parts.

A card's version is the position of the event store at which it was read. Leads that change
neither whose leaf cards these are nor which are shared are no change in this sense.
"""

from collections.abc import Collection
from typing import Any, Final, NamedTuple

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
    PersonFormed,
    ReturnsLeft,
    SharedChanged,
    TouchParted,
)
from eventstore.orders import Change, Orders, StaleVersion
from eventstore.reading import Recorded
from eventstore.rows import Source
from eventstore.told import text_id, time_text
from eventstore.work import Work

_NAMES: Final[dict[type[Event], str]] = {
    CardsMerged: "merge",
    CardsVetoed: "veto",
    EvidenceWithdrawn: "withdraw",
    DecisionUndone: "undo",
    DealsJoined: "join",
    DealsParted: "part",
    TouchParted: "split",
    ReturnsLeft: "leave",
    LeadRecorded: "lead",
}


class _Cause(NamedTuple):
    """A decision or a lead that changed one of some cards."""

    position: int
    id: Id
    recorded_at: int
    """When what followed from it was recorded; 0 for when it was itself."""


def decision_word(event: Event | None) -> str:
    """What kind of decision it is, in a word."""
    if isinstance(event, CardMarked):
        return "share" if event.shared else "unshare"
    if isinstance(event, TouchParted) and event.anew:
        return "anew"
    return _NAMES.get(type(event), "rematch") if event else "rematch"


def refuse_stale(work: Work, by: Orders, named: Collection[Id]) -> None:
    """Raise StaleVersion if the persons of these leaf cards changed since what the sender saw.

    Every decision passes here, so that each refuses a version that the store has not reached.
    """
    expected = by.expected_version
    if expected is None:
        return
    last = work.source.last_position()
    if expected > last:
        raise StaleVersion("card", expected, last, [])
    members = work.members({work.known_card(work.bears_on(leaf)).person for leaf in named})
    leaves = {*members, *(alias for card in members.values() for alias in card.aliases)}
    changes = changes_since(work.source, leaves, expected, but=by.command)
    if changes:
        raise StaleVersion("card", expected, changes[-1].version, changes)


def changes_since(
    source: Source, leaves: Collection[Id], after: int, *, but: Id = b""
) -> list[Change]:
    """What changed the persons of these leaf cards after a position, oldest first."""
    causes = sorted(c for c in _causes(source, leaves, after) if c.id != but)
    first = source.first_events([cause.id for cause in causes], personal=False)
    return [_change(cause, first.get(cause.id)) for cause in causes]


def _causes(source: Source, leaves: Collection[Id], after: int) -> Collection[_Cause]:
    found: dict[Id, _Cause] = {}
    named, seen = set(leaves), set[Id]()
    while named:  # what names these cards, what takes that back, what takes that back, and so on
        hands = source.hands_ever(named)
        for hand in hands:
            if hand.position > after:
                found.setdefault(hand.decision, _Cause(hand.position, hand.decision, 0))
        seen |= named
        named = {hand.decision for hand in hands} - seen
    for recorded in source.formed(leaves, after):
        if isinstance(recorded.event, PersonFormed | SharedChanged):
            because = recorded.event.because
            found.setdefault(because, _Cause(recorded.position, because, recorded.recorded_at))
    return found.values()


def _change(cause: _Cause, first: Recorded | None) -> Change:
    """A cause and the first event of its stream; a rematch has none of its own."""
    event = first.event if first else None
    what = decision_word(event)
    moment = time_text(cause.recorded_at or (first.recorded_at if first else 0))
    actor = event.actor if isinstance(event, Decision) else ""
    channel = event.channel if isinstance(event, LeadRecorded) else ""
    facts: dict[str, Any] = {"what": what, "actor": actor or None, "recorded_at": moment}
    facts["lead" if channel else "decision"] = text_id(cause.id)
    if channel:
        facts["channel"] = channel
    whence = f" by {actor or channel}" if actor or channel else ""
    return Change(cause.position, f"{what} {text_id(cause.id)}{whence} at {moment}", facts)
