"""Which touches a deal has: its own, and those of the deals that are joined into it."""

from collections.abc import Collection

from eventstore.card_source import CardSource
from eventstore.domain.events import Id


def roots(source: CardSource, deals: Collection[Id]) -> dict[Id, Id]:
    """Each of these deals that is joined → the deal that stands for it in the end."""
    into: dict[Id, Id] = {}
    pending = set(deals)
    while pending:
        found = source.joined(pending)
        into |= found
        pending = set(found.values()) - into.keys()
    return {deal: _end(deal, into) for deal in deals if deal in into}


def joined_groups(source: CardSource, deals: Collection[Id]) -> dict[Id, set[Id]]:
    """Each of these deals, which stand for themselves → itself and all that are joined into it."""
    root = {deal: deal for deal in deals}
    pending = set(deals)
    while pending:
        found = {deal: into for deal, into in source.joined_into(pending).items()
                 if deal not in root}  # fmt: skip
        root |= {deal: root[into] for deal, into in found.items()}
        pending = set(found)
    groups: dict[Id, set[Id]] = {deal: set() for deal in deals}
    for deal, top in root.items():
        groups[top].add(deal)
    return groups


def _end(deal: Id, into: dict[Id, Id]) -> Id:
    while deal in into:
        deal = into[deal]
    return deal
