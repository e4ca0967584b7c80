"""Identities that crossed the limit, and whom that parted, for the team's queue (SEMANTICS 2.3.8).

Made from what is stored at the moment of asking: an item stands until somebody marks the identity,
as shared or as not shared.
"""

from collections import defaultdict
from collections.abc import Iterable
from typing import NamedTuple

from eventstore.customer_base import CustomerBase
from eventstore.domain.events import Id
from eventstore.rows import Card
from eventstore.work import Work

_PAGE = 2000


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

    @property
    def id(self) -> str:
        """Short and stable, as those of suggestions."""
        return self.leaf.hex()[:8]


def crossings(base: CustomerBase) -> list[Crossing]:
    """Every identity over its limit that nobody has marked, in the order of their leaf cards."""
    work = base.work()
    parted: dict[Id, dict[Id, Id]] = defaultdict(dict)
    after: tuple[Id, Id] = (b"", b"")
    while page := base.recorder.pairs_apart(after, _PAGE):
        after = page[-1][0]
        linked = [key for key, pair in page if pair.key]
        work.load_cards({leaf for key in linked for leaf in key})
        for a, b in linked:
            for leaf, other in ((a, b), (b, a)):
                card, met = work.known_card(leaf), work.known_card(other)
                if _by_limit(work, card) and not met.shared and met.person != card.person:
                    parted[leaf].setdefault(met.person, other)
    return [_crossing(work, leaf, found) for leaf, found in sorted(parted.items())]


def _by_limit(work: Work, card: Card) -> bool:
    """Shared by its partners' number: neither by a mark nor by the list."""
    limit = work.policy.matching.limit(card.kind)
    return card.shared and card.mark is None and not card.listed and _most(card)[0] > limit


def _most(card: Card) -> tuple[int, str]:
    counts: Iterable[tuple[int, str]] = ((count, kind) for kind, count in card.degrees.items())
    return max(counts, default=(0, ""))


def _crossing(work: Work, leaf: Id, parted: dict[Id, Id]) -> Crossing:
    card = work.known_card(leaf)
    partners, of_kind = _most(card)
    limit = work.policy.matching.limit(card.kind)
    return Crossing(leaf, card.kind, partners, of_kind, limit, parted)
