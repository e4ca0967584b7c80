"""Persons in a few words, for lists: at a cost that hardly grows with how often they wrote."""

from collections.abc import Callable, Collection, Sequence

from eventstore.awaiting import told_pending
from eventstore.domain.events import Id
from eventstore.queries import Cards
from eventstore.rows import Card
from eventstore.told import Json, Told, text_id, time_text

_FEW = 40
"""Of a person with so many leads or fewer, all are read."""

Newest = Callable[[Collection[Id]], Collection[Id]]
"""Leaf cards → some of the newest leads that say a name and stand on them."""


def briefs(cards: Cards, persons: Sequence[Id], newest: Newest) -> list[Json]:
    """Name, identities, deals and number of leads of these persons, in this order.

    Of a person with many leads only those are read that opened a leaf card, and the `newest`.
    """
    source = cards.base.recorder
    members = {leaf: card for leaf, (_, card) in source.members(persons).items()}
    members = {leaf: card for leaf, card in members.items() if not card.moved_to}
    leaves: dict[Id, dict[Id, Card]] = {person: {} for person in persons}
    for leaf, card in members.items():
        if card.person in leaves:
            leaves[card.person][leaf] = card
    brought: dict[Id, set[Id]] = {person: set() for person in persons}
    for leaf, lead in source.appearances(members):
        brought[members[leaf].person].add(lead)
    chosen = {person: _chosen(leaves[person], brought[person], newest) for person in persons}
    wanted = {lead for leads in chosen.values() for lead in leads}
    streams = source.streams(wanted, personal=True)
    told = {lead: Told(events) for lead, events in streams.items()}
    values = cards.names(members)
    return [
        _brief(
            person,
            leaves[person],
            values,
            [told[lead] for lead in chosen[person] if lead in told],
            len(brought[person]),
        )
        | told_pending(source, leaves[person])
        for person in persons
        if person in leaves[person]
    ]


def _chosen(leaves: dict[Id, Card], brought: set[Id], newest: Newest) -> set[Id]:
    if len(brought) <= _FEW:
        return brought
    return {card.opened_by for card in leaves.values()} | set(newest(leaves)) & brought


def _brief(
    person: Id, leaves: dict[Id, Card], values: dict[Id, str], leads: list[Told], brought: int
) -> Json:
    leads.sort(key=lambda told: told.sort_key)
    standing = [told for told in leads if told.leaf in leaves]
    identities = [
        {"id": text_id(leaf), "kind": kind, "value": value, "shared": card.shared}
        for leaf, card in sorted(leaves.items(), key=lambda item: item[1].opened_version)
        for kind, _, value in [values[leaf].partition(":")]
    ]
    return {
        "id": text_id(person),
        "name": next((told.name for told in reversed(standing) if told.name), ""),
        "leaves": identities,
        "deals": [
            {"id": text_id(deal.id), "status": deal.status, "stage": deal.stage}
            for deal in leaves[person].deals
        ],
        "leads": len(standing) if len(leads) == brought else brought,
        "last_seen": time_text(leads[-1].occurred_at) if leads else None,
    }
