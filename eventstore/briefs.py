"""Persons in a few words, for lists: at a cost that hardly grows with how often they wrote."""

from collections.abc import Callable, Collection, Sequence

from eventstore.awaiting import told_pending
from eventstore.domain.events import Id
from eventstore.queries import Cards
from eventstore.rows import LAST, Card, Source
from eventstore.told import Json, Told, text_id, time_text

_FEW = 40
"""Of a person with so many leads or fewer, all are read."""
MOST_COUNTED = 1000

Newest = Callable[[Collection[Id]], Collection[Id]]
"""Leaf cards → some of the newest leads that say a name and stand on them."""


def briefs(cards: Cards, persons: Sequence[Id], newest: Newest) -> list[Json]:
    """Name, identities, deals and number of leads of these persons, in this order.

    Of a person with many leads only those are read that opened a leaf card, and the `newest`, and
    they are counted up to a bound.
    """
    source = cards.base.recorder
    members = {leaf: card for leaf, (_, card) in source.members(persons).items()}
    members = {leaf: card for leaf, card in members.items() if not card.moved_to}
    leaves: dict[Id, dict[Id, Card]] = {person: {} for person in persons}
    for leaf, card in members.items():
        if card.person in leaves:
            leaves[card.person][leaf] = card
    counts = source.counted(members, most=_FEW + 1)
    many = {p for p in persons if sum(counts.get(leaf, 0) for leaf in leaves[p]) > _FEW}
    chosen: dict[Id, set[Id]] = {person: set() for person in persons}
    few = [leaf for leaf, card in members.items() if card.person not in many]
    for leaf, lead in source.appearances(few):
        chosen[members[leaf].person].add(lead)
    for person in many:
        openers = {card.opened_by for card in leaves[person].values()}
        chosen[person] = openers | set(newest(leaves[person]))
    wanted = {lead for leads in chosen.values() for lead in leads}
    streams = source.streams(wanted, personal=True)
    told = {lead: Told(events) for lead, events in streams.items()}
    values = cards.names(members)
    return [
        _brief(person, leaves[person], values, [told[i] for i in chosen[person] if i in told])
        | (_counted(source, leaves[person]) if person in many else {})
        | told_pending(source, leaves[person])
        for person in persons
        if person in leaves[person]
    ]


def _counted(source: Source, leaves: Collection[Id]) -> Json:
    """What is told of many leads without reading them."""
    touches = len(source.touches(leaves, before=LAST, most=MOST_COUNTED + 1))
    last = max((end.last for end in source.ends(leaves).values()), default=None)
    return {
        "leads": min(touches, MOST_COUNTED),
        "last_seen": time_text(last[0]) if last else None,
        **({"more_leads": True} if touches > MOST_COUNTED else {}),
    }


def _by_record(item: tuple[Id, Card]) -> tuple[bool, int]:
    """Leaf cards as leads brought them; mailboxes that none did come last."""
    return item[1].unbrought, item[1].opened_version


def _brief(person: Id, leaves: dict[Id, Card], values: dict[Id, str], leads: list[Told]) -> Json:
    leads.sort(key=lambda told: told.sort_key)
    standing = [told for told in leads if told.leaf in leaves]
    identities = [
        {"id": text_id(leaf), "kind": kind, "value": value, "shared": card.shared}
        for leaf, card in sorted(leaves.items(), key=_by_record)
        for kind, _, value in [values[leaf].partition(":")]
    ]
    return {
        "id": text_id(person),
        "name": next((told.name for told in reversed(standing) if told.name), ""),
        "leaves": identities,
        "deals": [
            {
                "id": text_id(deal.id),
                "pipeline": deal.pipeline,
                "status": deal.status,
                "stage": deal.stage,
            }
            for deal in leaves[person].deals
        ],
        "leads": len(standing),
        "last_seen": time_text(leads[-1].occurred_at) if leads else None,
    }
