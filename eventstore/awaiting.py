"""Persons whose deals are awaited: a decision concerned too many touches for one transaction.

Who is whom has changed already. The deals and touches of these persons stay as they are until
`eventstore.following` has brought them after; a touch that comes meanwhile has no deal yet.
"""

from collections.abc import Collection, Mapping
from typing import Any

from eventstore.card_source import CardSource
from eventstore.domain.events import DealsAwaited, Id
from eventstore.rematch_pages import is_behind
from eventstore.rows import Card, Pending
from eventstore.work import Work


def await_deals(work: Work, persons: Collection[Id], *, because: Id, at: int) -> None:
    """The deals of these persons follow later; one that follows already is begun anew."""
    members = work.members(persons)
    fresh = {person for person in persons if not members[person].awaits}
    touches = _touches(work, {i: card for i, card in members.items() if card.person in fresh})
    for leaf in sorted(members):
        card = members[leaf]
        if card.deals or card.person == leaf:
            work.deals.spread(leaf)
        if card.person == leaf:
            known = work.pending(leaf)
            count = known.of if known and leaf not in fresh else touches.get(leaf, 0)
            work.emit_card(leaf, DealsAwaited(touches=count, because=because, at=at))
            card.awaits = card.events
            work.put_pending(leaf, Pending("deals", 0, count))
        elif card.awaits:  # the person is named after another leaf card by now
            work.changing(leaf).awaits = 0
            work.put_pending(leaf, None)


def _touches(work: Work, members: dict[Id, Card]) -> dict[Id, int]:
    """At least so many touches each person has: those with one of the identities."""
    found: dict[Id, int] = {}
    for leaf, count in work.appearance_counts(members).items():
        person = members[leaf].person
        found[person] = max(count, found.get(person, 0))
    return found


def told_pending(source: CardSource, cards: Mapping[Id, Card]) -> dict[str, dict[str, Any]]:
    """What an answer about these leaf cards says while a decision about them is carried out.

    How many touches have their deals by it, of how many; where there are such, likewise the
    items of evidence that it withdraws or gives back, and the cards that a rematch judges anew.
    """
    rows = {name: row for name, (_, row) in source.pending().items()}
    if not rows:
        return {}
    told = _told_deals(rows, cards) | _told_evidence(source, rows, cards) | _told_cards(rows, cards)
    return {"pending": {"touches": 0, "done": 0, **told}} if told else {}


def _told_deals(rows: Mapping[Id, Pending], cards: Mapping[Id, Card]) -> dict[str, Any]:
    heads = {card.person for card in cards.values() if card.awaits}
    ours = [rows[head] for head in heads & rows.keys()]
    if not ours:
        return {}
    return {"touches": sum(row.of for row in ours), "done": sum(row.done for row in ours)}


def _told_evidence(
    source: CardSource, rows: Mapping[Id, Pending], cards: Mapping[Id, Card]
) -> dict[str, Any]:
    """Of withdrawals, and undos of such, of which some item names one of these leaf cards."""
    decisions = {name for name, row in rows.items() if row.kind == "evidence"}
    if decisions:
        decisions &= {hand.decision for hand in source.hands_ever(cards)}
    ours = [rows[decision] for decision in decisions]
    if not ours:
        return {}
    of = sum(row.of for row in ours)
    return {"evidence": {"of": of, "done": of - sum(row.left for row in ours)}}


def _told_cards(rows: Mapping[Id, Pending], cards: Mapping[Id, Card]) -> dict[str, Any]:
    """Of a rematch that has not come to one of these leaf cards yet: it goes by their ids."""
    for row in rows.values():
        if row.kind == "rematch" and not all(is_behind(leaf, row.after) for leaf in cards):
            return {"rematch": {"of": row.of, "done": row.done}}
    return {}
