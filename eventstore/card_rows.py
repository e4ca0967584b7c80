"""Rows of leaf cards in the working set of one transaction: those read so far and those changed.

Apart from the rest of the working set (`eventstore.work`), so that its parts refer to each other
in one direction: whatever goes round in a circle is freed only when Python's collector comes by,
and that was a twentieth of what a lead cost.
"""

from collections.abc import Collection, Iterable

from eventstore.domain.events import Id
from eventstore.rows import Card, Changes, Source


class CardRows:
    """What a batch knows of leaf cards; a decision sees those before it in the same batch."""

    def __init__(self, source: Source, changes: Changes) -> None:
        self.source = source
        self.changes = changes
        self._cards: dict[Id, Card] = {}
        self._versions: dict[Id, int] = {}
        self._absent: set[Id] = set()

    def load(self, leaves: Iterable[Id]) -> None:
        """Read these leaf cards and the heads of their persons, in two queries at most."""
        for _ in range(2):
            wanted = {i for i in leaves if i not in self._cards and i not in self._absent}
            if wanted:
                found = self.source.cards(wanted)
                self._absent |= wanted - found.keys()
                self._adopt(found)
            leaves = [self._cards[i].person for i in leaves if i in self._cards]

    def card(self, leaf: Id) -> Card | None:
        """The row of a leaf card, or None where nobody has recorded it."""
        card = self._cards.get(leaf)
        if card is None and leaf not in self._absent:
            self.load([leaf])
            card = self._cards.get(leaf)
        return card

    def known(self, leaf: Id) -> Card:
        """The row of a leaf card that is there."""
        try:
            return self._cards[leaf]
        except KeyError:
            card = self.card(leaf)
        if card is None:
            raise LookupError(f"leaf card {leaf.hex()} has no row")
        return card

    def head(self, leaf: Id) -> Card:
        """The row of the person that the leaf card belongs to."""
        return self.known(self.known(leaf).person)

    def has_many_deals(self, leaf: Id) -> bool:
        """Whether the leaf card is there, of a person whose deals stand in rows of their own."""
        card = self._cards.get(leaf)
        head = self._cards.get(card.person) if card else None
        return head is not None and head.many_deals

    def changing(self, leaf: Id) -> Card:
        """The same row, to be written with this batch."""
        card = self.known(leaf)
        self.changes.cards[leaf] = (self._versions.get(leaf, 0), card)
        return card

    def open(self, leaf: Id, card: Card) -> None:
        """A leaf card that nobody had recorded."""
        self._absent.discard(leaf)
        self._cards[leaf] = card
        self.changes.cards[leaf] = (0, card)

    def members(self, persons: Collection[Id]) -> dict[Id, Card]:
        """All leaf cards of these persons."""
        self._adopt(self.source.members(persons))
        return {leaf: card for leaf, card in self._cards.items() if card.person in persons}

    def _adopt(self, found: dict[Id, tuple[int, Card]]) -> None:
        for leaf, (version, card) in found.items():
            if leaf not in self._cards:
                self._cards[leaf] = card
                self._versions[leaf] = version
