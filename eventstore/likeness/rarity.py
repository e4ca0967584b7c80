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
LIKELY = 0.8
"""How often one person's two rows agree in what both say, where the store doesn't show it."""
_FIRST_NAME = 1 / 60
"""A first name that everybody knows is at least so frequent, wherever it is."""
_NAMES = (0.3, 300.0)
"""So many of so many have a part of a name before any is seen: one of a thousand."""
_TEXTS = (2.0, 100.0)
"""The same of other texts, of which we know nothing: an answer may be that of a list of few."""


def rarity(column: Column, most: float = MOST_BITS, likely: float = LIKELY) -> Bits:
    """Of each value of a column, at most so many bits; in the end 0, of no value.

    `likely`: how often one person's two rows agree in it.
    """
    seen, usual = _TEXTS
    # Where rows say but a few different things, fewer of them tell how frequent each is.
    different = min(1.0, len(column.values) / max(min(column.said, usual), 1))
    return _bits(_frequency((column,), (seen, usual * different)), most, likely)


def by_chance(column: Column) -> float:
    """How often two rows agree in it that say something, whoever's they are."""
    counts = np.bincount(column.codes[column.codes >= 0]).astype(float)
    pairs = column.said * (column.said - 1)
    return float((counts * (counts - 1)).sum() / pairs) if pairs else 0.0


def rarity_of_names(parts: tuple[Column, Column]) -> Bits:
    """The same of each part of a name, wherever in a name it stands."""
    frequency = _frequency(parts, _NAMES)
    known = np.array([text in FIRST_NAMES for text in parts[0].values], bool)
    frequency[known] = np.maximum(frequency[known], _FIRST_NAME)
    return _bits(frequency, MOST_BITS, LIKELY)


def _frequency(columns: tuple[Column, ...], before: tuple[float, float]) -> Bits:
    """Of each value: the share of rows that have it, of those that say something.

    Without the two rows that are compared: they are the question, not the evidence.
    """
    seen, of = before
    counts = sum(
        np.bincount(column.codes[column.codes >= 0], minlength=len(column.values))
        for column in columns
    )
    others = np.maximum(counts - 2, 0)
    return np.asarray((others + seen) / (max(columns[0].said - 2, 0) + of))


def _bits(frequency: Bits, most: float, likely: float) -> Bits:
    return np.append(np.clip(np.log2(likely / frequency), 0, most), 0.0)
