"""Identities that crossed the limit, and whom that parted, for the team's queue (SEMANTICS 2.3.8).

Made from what is stored at the moment of asking: an item stands until somebody marks the identity,
as shared or as not shared.
"""

from collections.abc import Iterable
from typing import Final, NamedTuple

from eventstore.domain.events import Id
from eventstore.rows import Card
from eventstore.work import Work

MOST_LOOKED_AT: Final = 1000
"""Of an identity that came with more others, so many are looked at."""


class Crossing(NamedTuple):
    """An identity that counts as shared by the limit alone."""

    leaf: Id
    kind: str
    partners: int
    """Different identities of the kind of which there are most."""
    of_kind: str
    limit: int
    parted: dict[Id, Id]
    """Persons who would be one with it → the leaf card that links them."""
    more: bool
    """There may be more of them than were looked for."""


def crossing(work: Work, leaf: Id) -> Crossing | None:
    """What crossed the limit; None where nobody is parted by it, or somebody has marked it."""
    parted = links_stopped(work, leaf)
    if not parted:
        return None
    card = work.known_card(leaf)
    partners, of_kind = _most(card)
    limit = work.policy.matching.limit(card.kind)
    more = sum(card.degrees.values()) > MOST_LOOKED_AT
    return Crossing(leaf, card.kind, partners, of_kind, limit, parted, more)


def links_stopped(work: Work, leaf: Id, *, most: int = MOST_LOOKED_AT) -> dict[Id, Id]:
    """Persons whom an identity over its limit links no more → by which leaf card of theirs."""
    card = work.known_card(leaf)
    if not _by_limit(work, card):
        return {}
    pairs = work.source.some_pairs(leaf, most=most)
    others = sorted(
        other for key, pair in pairs.items() if pair.key for other in key if other != leaf
    )
    work.load_cards(others)
    parted: dict[Id, Id] = {}
    for other in others:
        met = work.known_card(other)
        if not met.shared and met.person != card.person:
            parted.setdefault(met.person, other)
    return parted


def _by_limit(work: Work, card: Card) -> bool:
    """Shared by its partners' number: neither by a mark nor by the list."""
    limit = work.policy.matching.limit(card.kind)
    return card.shared and card.mark is None and not card.listed and _most(card)[0] > limit


def _most(card: Card) -> tuple[int, str]:
    counts: Iterable[tuple[int, str]] = ((count, kind) for kind, count in card.degrees.items())
    return max(counts, default=(0, ""))
