"""Persons whose deals are awaited: a decision concerned too many touches for one transaction.

Who is whom has changed already. The deals and touches of these persons stay as they are until
`eventstore.following` has brought them after; a touch that comes meanwhile has no deal yet.
"""

from collections.abc import Collection

from eventstore.domain.events import DealsAwaited, Id
from eventstore.rows import Card, Pending, Source
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


def told_pending(source: Source, cards: Collection[Card]) -> dict[str, dict[str, int]]:
    """What an answer about the persons of these leaf cards says while their deals are awaited."""
    heads = {card.person for card in cards if card.awaits}
    rows = [row for _, row in source.pending(heads).values()] if heads else []
    if not rows:
        return {}
    touches, done = sum(row.of for row in rows), sum(row.done for row in rows)
    return {"pending": {"touches": touches, "done": done}}
