"""The traits that two rows may agree or differ in, and what each says in bits.

See `scoring` for what bits are. Every trait is asked for many pairs of rows at once.
"""

from typing import Protocol

import numpy as np
from numpy.typing import NDArray
from rapidfuzz.distance import OSA, JaroWinkler
from rapidfuzz.process import cpdist

from eventstore.likeness.alike_names import NEAR_NAME
from eventstore.likeness.columns import Codes, Column, Texts
from eventstore.likeness.rarity import MOST_BITS, Bits, rarity

NEAR_BITS = 4.5
OTHER_VALUE = -2.5
_OTHER_CONTACT = -1.0
"""Many people have two numbers, or two addresses."""
_SAME_CONTACT = 6.0
"""At most: an equal number or address that links nobody is shared, or somebody said no."""
_SLIPS_OF_NUMBER = 100.0
"""Numbers that are one wrong digit, or two neighbours exchanged, away from one of ten digits."""
_FEW_NUMBERS = 10_000
"""Fewer numbers say nothing of how densely a region is known."""
_SLIP = 0.05
"""How often one person's two numbers are a slip apart, where they are not one."""
_SHORTEST = 5
"""Mailboxes of fewer letters are a slip apart by chance."""

Flags = NDArray[np.bool_]


class Trait(Protocol):
    """One thing that rows say."""

    most: float
    """What `differing` gives at most."""

    def agreeing(self, low: Codes, high: Codes) -> Bits:
        """For pairs that are equal in it; 0 for the others."""

    def differ(self, low: Codes, high: Codes) -> Flags:
        """Which pairs both say something, and not the same."""

    def differing(self, low: Codes, high: Codes) -> Bits:
        """For pairs that differ in it: whether it is by a slip."""


class _OfColumn:
    def __init__(self, column: Column, most: float) -> None:
        self._column = column
        self._rare = rarity(column, most)

    def agreeing(self, low: Codes, high: Codes) -> Bits:
        return agreed_bits(self._column.codes[low], self._column.codes[high], self._rare)

    def differ(self, low: Codes, high: Codes) -> Flags:
        return differ(self._column, self._column, low, high)

    def _texts(self, low: Codes, high: Codes) -> tuple[Texts, Texts]:
        return self._column.texts(low), self._column.texts(high)


class Answer(_OfColumn):
    """What a form asked: numbers may have one wrong digit, words may be misspelled."""

    most = NEAR_BITS

    def __init__(self, column: Column) -> None:
        super().__init__(column, MOST_BITS)
        self._is_number = np.array([text.isdigit() and len(text) > 2 for text in column.values])

    def differing(self, low: Codes, high: Codes) -> Bits:
        x, y = self._texts(low, high)
        numbers = self._is_number[self._column.codes[low]]
        near = np.empty(len(x), bool)
        near[numbers] = slipped(x[numbers], y[numbers])
        near[~numbers] = alike(x[~numbers], y[~numbers])
        return np.where(near, NEAR_BITS, OTHER_VALUE)


class Phone(_OfColumn):
    """Numbers may have one wrong digit, or two neighbours exchanged."""

    def __init__(self, column: Column) -> None:
        super().__init__(column, _SAME_CONTACT)
        self.most = bits_of_a_slip(column)

    def differing(self, low: Codes, high: Codes) -> Bits:
        return np.where(slipped(*self._texts(low, high)), self.most, _OTHER_CONTACT)


class Mailbox(_OfColumn):
    """A mailbox of the same name elsewhere says much, a slip in it less; numbers in it are own."""

    most = 2 * NEAR_BITS

    def __init__(self, boxes: Column, hosts: Column) -> None:
        super().__init__(boxes, MOST_BITS)
        self._hosts = hosts
        texts = [str(text) for text in boxes.values]
        self._digits = np.array(["".join(filter(str.isdigit, text)) for text in texts], object)
        self._long = np.array([len(text) > _SHORTEST for text in texts], bool)

    def agreeing(self, low: Codes, high: Codes) -> Bits:
        bits = super().agreeing(low, high)
        whole = self._hosts.codes[low] == self._hosts.codes[high]
        bits[whole] = np.minimum(bits[whole], _SAME_CONTACT)
        return bits

    def differing(self, low: Codes, high: Codes) -> Bits:
        codes, hosts = self._column.codes, self._hosts.codes
        near = slipped(*self._texts(low, high)) & self._long[codes[low]]
        near &= hosts[low] == hosts[high]
        near &= self._digits[codes[low]] == self._digits[codes[high]]
        return np.where(near, self.most, _OTHER_CONTACT)


def bits_of_a_slip(numbers: Column) -> float:
    """The denser the numbers of a region are known, the less a number beside one says."""
    blocks: dict[str, int] = {}
    for number in numbers.values:
        blocks[number[:-3]] = blocks.get(number[:-3], 0) + 1
    known = max(len(numbers.values), _FEW_NUMBERS)
    # Two numbers of one block of a thousand: how often, of all pairs of numbers.
    in_a_block = sum(count * (count - 1) for count in blocks.values()) / known**2
    by_chance = _SLIPS_OF_NUMBER * in_a_block / 1000
    return float(np.clip(np.log2(_SLIP / max(by_chance, 1e-12)), 0, MOST_BITS))


def agreed_bits(a: Codes, b: Codes, rare: Bits) -> Bits:
    """What pairs of equal values are worth, by the rarity of each value; 0 for the others."""
    return np.where(a == b, rare[a], 0.0)


def differ(mine: Column, theirs: Column, low: Codes, high: Codes) -> Flags:
    """Which pairs both say something, and not the same."""
    a, b = mine.codes[low], theirs.codes[high]
    return np.asarray((a != b) & (a >= 0) & (b >= 0), bool)


def alike(x: Texts, y: Texts) -> Flags:
    """Which of each two texts are at least `NEAR_NAME` similar."""
    if not len(x):
        return np.empty(0, bool)
    found = cpdist(x, y, scorer=JaroWinkler.similarity, score_cutoff=NEAR_NAME, dtype=np.float32)
    return np.asarray(found >= NEAR_NAME, bool)


def slipped(x: Texts, y: Texts) -> Flags:
    """Which of each two texts have one letter more, less, changed, or exchanged with the next."""
    if not len(x):
        return np.empty(0, bool)
    return np.asarray(cpdist(x, y, scorer=OSA.distance, score_cutoff=1, dtype=np.int32) == 1, bool)
