"""What people decided about a person's leaf cards, each with its reason and its id for an undo."""

from collections.abc import Collection, Iterable

from eventstore.card_changes import decision_word
from eventstore.card_source import CardSource
from eventstore.domain.events import Decision, Id, MatchingApplied
from eventstore.reading import Recorded
from eventstore.rows import Hand
from eventstore.told import Json, text_id, time_text
from eventstore.versions import STREAM


class CardDecisions:
    """Tells decisions as entries of a timeline. Reads only."""

    def __init__(self, source: CardSource) -> None:
        self._source = source

    def in_force(self, cards: Collection[Id]) -> list[Json]:
        """Those that were not undone; a merge that a veto leaves out is told as not in force."""
        hands = _by_decision(self._source.hands(cards))
        merges = {
            leaf for of in hands.values() for h in of if h.kind == "merge" for leaf in (h.a, h.b)
        }
        rows = self._source.cards(merges)
        here = {leaf for leaf, (_, row) in rows.items() if leaf in cards or row.moved_to in cards}
        found = []
        for decision, first in self._first(hands).items():
            of = hands[decision]
            apart = [h for h in of if h.kind == "merge" and not {h.a, h.b} <= here]
            found.append(_entry(decision, first, _leaves_of(of), in_force=not apart))
        return found

    def taken_back(self, cards: Collection[Id]) -> list[Json]:
        """Those that are undone, and the undos: of each `undoes` says of which."""
        every = _by_decision(self._source.hands_ever(cards))
        standing = {hand.decision for hand in self._source.hands(cards)}
        leaves = {decision: list(_leaves_of(of)) for decision, of in every.items()}
        undoes: dict[Id, Id] = {}
        pending = set(every)
        while pending:  # what takes them back, what takes that back, and so on
            undos = [h for h in self._source.hands_ever(pending) if h.kind == "undo"]
            standing |= {hand.decision for hand in self._source.hands(pending)}
            pending = {hand.decision for hand in undos} - undoes.keys()
            undoes |= {hand.decision: hand.a for hand in undos}
            leaves |= {hand.decision: leaves[hand.a] for hand in undos}
        gone = [d for d in leaves if d in undoes or d not in standing]
        found = []
        for decision, first in self._first(gone).items():
            entry = _entry(decision, first, leaves[decision], in_force=decision in standing)
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
        return [_entry(one, applied[one], sorted(of), in_force=True) for one, of in leaves.items()]

    def _first(self, decisions: Collection[Id]) -> dict[Id, Recorded]:
        first = self._source.first_events(decisions, personal=True)
        return {
            d: recorded for d, recorded in first.items() if isinstance(recorded.event, Decision)
        }


def _entry(decision: Id, first: Recorded, leaves: Iterable[Id], *, in_force: bool) -> Json:
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
    """Decision → its rows that name one of these leaf cards; withdrawals, by their pairs."""
    found: dict[Id, list[Hand]] = {}
    for hand in hands:
        found.setdefault(hand.decision, []).append(hand)
    return found


def _leaves_of(hands: Iterable[Hand]) -> Iterable[Id]:
    return dict.fromkeys(leaf for hand in sorted(hands) for leaf in (hand.a, hand.b))
