"""The traits that two rows may agree or differ in, and what each says in bits.

See `scoring` for what bits are. Every trait is asked for many pairs of rows at once.
"""

from typing import Protocol

import numpy as np

from eventstore.likeness.columns import Codes, Column, Texts
from eventstore.likeness.nearness import NEAR_BITS, SLIP, Flags, Nearness, digits_of, slipped
from eventstore.likeness.rarity import LIKELY, MOST_BITS, Bits, by_chance, rarity

OTHER_VALUE = -2.5
_OTHER_CONTACT = -1.0
"""Many people have two numbers, or two addresses."""
_SAME_CONTACT = 6.0
"""At most: an equal number or address that links nobody is shared, or somebody said no."""
_SLIPS_OF_NUMBER = 100.0
"""Numbers that are one wrong digit, or two neighbours exchanged, away from one of ten digits."""
_FEW_NUMBERS = 10_000
"""Fewer numbers say nothing of how densely a region is known."""
_SHORTEST = 5
"""Mailboxes of fewer letters are a slip apart by chance."""


class Trait(Protocol):
    """One thing that rows say."""

    most: float
    """What `differing` gives at most."""
    least: float
    """And what it gives where they are not near."""

    def agreeing(self, low: Codes, high: Codes) -> Bits:
        """For pairs that are equal in it; 0 for the others."""

    def differ(self, low: Codes, high: Codes) -> Flags:
        """Which pairs both say something, and not the same."""

    def differing(self, low: Codes, high: Codes) -> Bits:
        """For pairs that differ in it: whether it is by a slip."""


class _OfColumn:
    def __init__(self, column: Column, most: float, likely: float = LIKELY) -> None:
        self._column = column
        self._rare = rarity(column, most, likely)

    def agreeing(self, low: Codes, high: Codes) -> Bits:
        return agreed_bits(self._column.codes[low], self._column.codes[high], self._rare)

    def differ(self, low: Codes, high: Codes) -> Flags:
        return differ(self._column, self._column, low, high)

    def _texts(self, low: Codes, high: Codes) -> tuple[Texts, Texts]:
        return self._column.texts(low), self._column.texts(high)


class Answer(_OfColumn):
    """What a form asked: numbers may have one wrong digit, words may be misspelled."""

    def __init__(self, column: Column, own: float | None = None) -> None:
        """`own`: how often one person's leads agree in it, where the store shows it."""
        super().__init__(column, MOST_BITS, LIKELY if own is None else own)
        self.name = column.name
        self._nearness = Nearness(column)
        self.most = self._nearness.bits()
        self.least = OTHER_VALUE if own is None else bits_of_another(column, own)

    def differing(self, low: Codes, high: Codes) -> Bits:
        return np.where(self._nearness.near(low, high), self.most, self.least)


class Phone(_OfColumn):
    """Numbers may have one wrong digit, or two neighbours exchanged."""

    least = _OTHER_CONTACT

    def __init__(self, column: Column) -> None:
        super().__init__(column, _SAME_CONTACT)
        self.most = bits_of_a_slip(column)

    def differing(self, low: Codes, high: Codes) -> Bits:
        return np.where(slipped(*self._texts(low, high)), self.most, self.least)


class Mailbox(_OfColumn):
    """A mailbox of the same name elsewhere says much, a slip in it less; numbers in it are own."""

    most = 2 * NEAR_BITS
    least = _OTHER_CONTACT

    def __init__(self, boxes: Column, hosts: Column) -> None:
        super().__init__(boxes, MOST_BITS)
        self._hosts = hosts
        texts = [str(text) for text in boxes.values]
        self._digits = np.array([digits_of(text) for text in texts], object)
        self._long = np.array([len(text) > _SHORTEST for text in texts], bool)

    def agreeing(self, low: Codes, high: Codes) -> Bits:
        bits = super().agreeing(low, high)
        whole = self.at_one_host(low, high)
        bits[whole] = np.minimum(bits[whole], _SAME_CONTACT)
        return bits

    def differing(self, low: Codes, high: Codes) -> Bits:
        codes = self._column.codes
        near = slipped(*self._texts(low, high)) & self._long[codes[low]]
        near &= self.at_one_host(low, high)
        near &= self._digits[codes[low]] == self._digits[codes[high]]
        return np.where(near, self.most, self.least)

    def at_one_host(self, low: Codes, high: Codes) -> Flags:
        hosts = self._hosts.codes
        return np.asarray(hosts[low] == hosts[high], bool)


def bits_of_a_slip(numbers: Column) -> float:
    """The denser the numbers of a region are known, the less a number beside one says."""
    blocks: dict[str, int] = {}
    for number in numbers.values:
        blocks[number[:-3]] = blocks.get(number[:-3], 0) + 1
    known = max(len(numbers.values), _FEW_NUMBERS)
    # Two numbers of one block of a thousand: how often, of all pairs of numbers.
    in_a_block = sum(count * (count - 1) for count in blocks.values()) / known**2
    slips = _SLIPS_OF_NUMBER * in_a_block / 1000
    return float(np.clip(np.log2(SLIP / max(slips, 1e-12)), 0, MOST_BITS))


def bits_of_another(column: Column, own: float) -> float:
    """What another value says against one person, by how often one has another and two have."""
    two = max(1 - by_chance(column), 1e-6)
    return float(np.clip(np.log2((1 - own) / two), OTHER_VALUE, 0))


def agreed_bits(a: Codes, b: Codes, rare: Bits) -> Bits:
    """What pairs of equal values are worth, by the rarity of each value; 0 for the others."""
    return np.where(a == b, rare[a], 0.0)


def differ(mine: Column, theirs: Column, low: Codes, high: Codes) -> Flags:
    """Which pairs both say something, and not the same."""
    a, b = mine.codes[low], theirs.codes[high]
    return np.asarray((a != b) & (a >= 0) & (b >= 0), bool)
