"""What people decided about a person, its leaf cards and deals: each with its reason and its id."""

from collections.abc import Collection, Iterable
from typing import Final

from eventstore.card_changes import decision_word
from eventstore.card_source import CardSource
from eventstore.domain.events import Decision, Id, MatchingApplied
from eventstore.reading import Recorded
from eventstore.rows import Hand
from eventstore.told import Json, text_id, time_text
from eventstore.versions import STREAM

_OF_DEALS: Final = frozenset({"join", "part", "leave"})
"""Rows that name two deals; of one deal, it twice."""
_OF_TOUCHES: Final = frozenset({"own", "anew"})
"""Rows that name a lead, and the deal of its own."""


class CardDecisions:
    """Tells decisions as entries of a timeline. Reads only.

    They are found by what they name: leaf cards, and deals.
    """

    def __init__(self, source: CardSource) -> None:
        self._source = source

    def in_force(self, cards: Collection[Id], deals: Collection[Id] = ()) -> list[Json]:
        """Those that were not undone; one that has no effect now is told as not in force.

        So is a merge that a veto leaves out, and a join of deals that are two persons'.
        """
        hands = _by_decision(self._source.hands({*cards, *deals}))
        every = [hand for of in hands.values() for hand in of]
        merges = {leaf for h in every if h.kind == "merge" for leaf in (h.a, h.b)}
        rows = self._source.cards(merges)
        here = {leaf for leaf, (_, row) in rows.items() if leaf in cards or row.moved_to in cards}
        joined = self._source.joined({h.a for h in every if h.kind in {"join", "part"}})

        def holds(hand: Hand) -> bool:
            match hand.kind:
                case "merge":
                    return {hand.a, hand.b} <= here
                case "join":
                    return hand.a in joined
                case "part":
                    return joined.get(hand.a) != hand.b
            return True

        return [
            _entry(decision, first, hands[decision], in_force=all(map(holds, hands[decision])))
            for decision, first in self._first(hands).items()
        ]

    def taken_back(self, cards: Collection[Id], deals: Collection[Id] = ()) -> list[Json]:
        """Those that are undone, and the undos: of each `undoes` says of which."""
        rows = _by_decision(self._source.hands_ever({*cards, *deals}))
        standing = {hand.decision for hand in self._source.hands({*cards, *deals})}
        undoes: dict[Id, Id] = {}
        pending = set(rows)
        while pending:  # what takes them back, what takes that back, and so on
            undos = [h for h in self._source.hands_ever(pending) if h.kind == "undo"]
            standing |= {hand.decision for hand in self._source.hands(pending)}
            pending = {hand.decision for hand in undos} - undoes.keys()
            undoes |= {hand.decision: hand.a for hand in undos}
            rows |= {hand.decision: rows[hand.a] for hand in undos}
        gone = [d for d in rows if d in undoes or d not in standing]
        found = []
        for decision, first in self._first(gone).items():
            entry = _entry(decision, first, rows[decision], in_force=decision in standing)
            undone = undoes.get(decision)
            found.append(entry | ({"undoes": text_id(undone)} if undone else {}))
        return found

    def rematches(self, cards: Collection[Id]) -> list[Json]:
        """The rematches that changed who these leaf cards are, or which of them are shared."""
        applied: dict[Id, Recorded] = {}
        for recorded in self._source.streams([STREAM], personal=True).get(STREAM, ()):
            if isinstance(recorded.event, MatchingApplied) and recorded.event.command:
                applied.setdefault(recorded.event.command, recorded)
        leaves: dict[Id, dict[Id, None]] = {}
        for recorded in self._source.formed(cards, 0) if applied else ():
            because = getattr(recorded.event, "because", b"")
            if because in applied:
                leaves.setdefault(because, {})[recorded.stream] = None
        return [_told(one, applied[one], sorted(of), in_force=True) for one, of in leaves.items()]

    def _first(self, decisions: Collection[Id]) -> dict[Id, Recorded]:
        """The events of these decisions, in the order in which they were recorded."""
        first = self._source.first_events(decisions, personal=True)
        in_order = sorted(first.items(), key=lambda found: found[1].position)
        return {d: recorded for d, recorded in in_order if isinstance(recorded.event, Decision)}


def _entry(decision: Id, first: Recorded, rows: Iterable[Hand], *, in_force: bool) -> Json:
    """A decision with what its rows name: leaf cards, or deals and the touch that was parted."""
    leaves: dict[Id, None] = {}
    deals: dict[Id, None] = {}
    leads: dict[Id, None] = {}
    for hand in sorted(rows):
        if hand.kind in _OF_DEALS:
            deals |= dict.fromkeys((hand.a, hand.b))
        elif hand.kind in _OF_TOUCHES:
            leads[hand.a], deals[hand.b] = None, None
        else:
            leaves |= dict.fromkeys((hand.a, hand.b))
    about = first.event.about if deals and isinstance(first.event, Decision) else ()
    more = {"deals": [text_id(deal) for deal in deals]} if deals else {}
    return {
        **_told(decision, first, leaves or about, in_force=in_force),
        **more,
        **({"lead": text_id(next(iter(leads)))} if leads else {}),
    }


def _told(decision: Id, first: Recorded, leaves: Iterable[Id], *, in_force: bool) -> Json:
    event = first.event
    if not isinstance(event, Decision):
        raise TypeError(f"{decision.hex()} is no decision: {type(event)}")
    return {
        "type": "decision",
        "decision": text_id(decision),
        "what": decision_word(event),
        "in_force": in_force,
        "leaves": [text_id(leaf) for leaf in leaves],
        "actor": event.actor or None,
        "reason": event.reason,
        "at": time_text(event.at),
        "recorded_at": time_text(first.recorded_at),
    }


def _by_decision(hands: Iterable[Hand]) -> dict[Id, list[Hand]]:
    """Decision → its rows that name one of these cards or deals; withdrawals, by their pairs."""
    found: dict[Id, list[Hand]] = {}
    for hand in hands:
        found.setdefault(hand.decision, []).append(hand)
    return found
