"""What agreeing in a value says: the rarer the value, the more.

In bits: for one person, against two who have it by chance.
"""

import numpy as np
from numpy.typing import NDArray

from eventstore.likeness.columns import Column
from eventstore.likeness.short_names import FIRST_NAMES

Bits = NDArray[np.float64]

MOST_BITS = 12.0
"""One agreement decides nothing: it may be one mistake, twice."""
_LIKELY = 0.8
"""How often one person's two rows agree in what both say."""
_FIRST_NAME = 1 / 60
"""A first name that everybody knows is at least so frequent, wherever it is."""
_NAMES = (1 / 1000, 300.0)
"""How frequent a part of a name is before any is seen, and how many seen ones outweigh that."""
_TEXTS = (1 / 50, 100.0)
"""The same of other texts, of which we know nothing: an answer may be that of a list of few."""


def rarity(column: Column, most: float = MOST_BITS) -> Bits:
    """Of each value of a column, at most so many bits; in the end 0, of no value."""
    return _bits(_frequency((column,), _TEXTS), most)


def rarity_of_names(parts: tuple[Column, Column]) -> Bits:
    """The same of each part of a name, wherever in a name it stands."""
    frequency = _frequency(parts, _NAMES)
    known = np.array([text in FIRST_NAMES for text in parts[0].values], bool)
    frequency[known] = np.maximum(frequency[known], _FIRST_NAME)
    return _bits(frequency, MOST_BITS)


def _frequency(columns: tuple[Column, ...], before: tuple[float, float]) -> Bits:
    """Of each value: the share of rows that have it, of those that say something.

    Without the two rows that are compared: they are the question, not the evidence.
    """
    usual, weight = before
    counts = sum(
        np.bincount(column.codes[column.codes >= 0], minlength=len(column.values))
        for column in columns
    )
    others = np.maximum(counts - 2, 0)
    return np.asarray((others + usual * weight) / (max(columns[0].said - 2, 0) + weight))


def _bits(frequency: Bits, most: float) -> Bits:
    return np.append(np.minimum(np.log2(_LIKELY / frequency), most), 0.0)
