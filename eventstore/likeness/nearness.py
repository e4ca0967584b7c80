"""Values that are a slip apart, and how many are by chance.

What a near-miss is worth follows from how often two different values of a column, drawn at random,
are near: numbers that were given out in order nearly always are, so there it tells nothing.
"""

import numpy as np
from numpy.typing import NDArray
from rapidfuzz.distance import OSA, JaroWinkler
from rapidfuzz.process import cpdist

from eventstore.likeness.alike_names import NEAR_NAME
from eventstore.likeness.columns import Codes, Column, Texts, coded

NEAR_BITS = 4.5
"""At most: a slip decides nothing by itself."""
SLIP = 0.05
"""How often one person's two values are a slip apart."""
_PAIRS = 4096
"""Pairs that are drawn of a column; where there are fewer, all of them."""
_BEFORE_ANY = (SLIP / 2**NEAR_BITS, 500.0)
"""The share of near ones before any pair is seen, and how many seen pairs outweigh that."""
_SEED = 1

Flags = NDArray[np.bool_]


class Nearness:
    """Which values of a column are near: numbers by one slip, words by how they are spelled.

    Other digits within words are another house, another flat, another `anna_82`: not near.
    """

    def __init__(self, column: Column) -> None:
        self._column = column
        self._is_number = np.array(
            [text.isdigit() and len(text) > 2 for text in column.values], bool
        )
        self._digits, _ = coded(map(digits_of, column.values))

    def near(self, low: Codes, high: Codes) -> Flags:
        """Of pairs of rows that differ."""
        a, b = self._column.codes[low], self._column.codes[high]
        x, y = self._column.values[a], self._column.values[b]
        numbers = self._is_number[a] & self._is_number[b]
        words = ~numbers & (self._digits[a] == self._digits[b])
        found = np.zeros(len(x), bool)
        found[numbers] = slipped(x[numbers], y[numbers])
        found[words] = alike(x[words], y[words])
        return found

    def bits(self) -> float:
        """What it says for one person that two of their values are near."""
        low, high = _drawn(np.flatnonzero(self._column.codes >= 0))
        other = self._column.codes[low] != self._column.codes[high]
        near = int(np.count_nonzero(self.near(low[other], high[other])))
        usual, weight = _BEFORE_ANY
        # Less one: where few are known, the pair in question is among them.
        by_chance = (max(near - 1, 0) + usual * weight) / (np.count_nonzero(other) + weight)
        return float(np.clip(np.log2(SLIP / by_chance), 0, NEAR_BITS))


def _drawn(rows: Codes) -> tuple[Codes, Codes]:
    """Pairs of rows: all of them, or so many by chance, the same ones each time."""
    if len(rows) * (len(rows) - 1) // 2 <= _PAIRS:
        low, high = np.triu_indices(len(rows), 1)
        return rows[low], rows[high]
    one, other = np.random.default_rng(_SEED).integers(len(rows), size=(2, _PAIRS))
    return rows[one], rows[other]


def digits_of(text: str) -> str:
    """The digits of a text, in a row."""
    return "".join(filter(str.isdigit, text))


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
