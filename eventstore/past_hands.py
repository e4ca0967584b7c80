"""Which decisions by hand were in force at a position (SEMANTICS 2.3.10, 5.4)."""

from collections.abc import Collection

from eventstore.domain.events import Id
from eventstore.rows import Hand, Source

Undos = dict[Id, set[Id]]
"""Decision → the undos of it."""


def hands_then(source: Source, leaves: Collection[Id], upto: int) -> list[Hand]:
    """The decisions on these leaf cards that were made by then, and were not undone then."""
    made = [hand for hand in source.hands_ever(leaves) if hand.position <= upto]
    undos = _undos(source, {hand.decision for hand in made}, upto)
    return [hand for hand in made if _stands(hand.decision, undos)]


def _undos(source: Source, decisions: Collection[Id], upto: int) -> Undos:
    """What undid these by then, and what undid that."""
    found: Undos = {}
    pending = set(decisions)
    while pending:
        more = [h for h in source.hands_ever(pending) if h.kind == "undo" and h.position <= upto]
        for hand in more:
            found.setdefault(hand.a, set()).add(hand.decision)
        pending = {hand.decision for hand in more} - pending
    return found


def _stands(decision: Id, undos: Undos) -> bool:
    return not any(_stands(undo, undos) for undo in undos.get(decision, ()))
