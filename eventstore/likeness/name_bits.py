"""What two names say in bits, in whatever order their parts stand."""

import numpy as np

from eventstore.likeness.columns import Codes, Column
from eventstore.likeness.nearness import NEAR_BITS, alike
from eventstore.likeness.rarity import Bits, rarity_of_names
from eventstore.likeness.traits import agreed_bits, differ

_OTHER_NAME = -3.6


class Names:
    """The two parts of names, and their marks; asked for many pairs of rows at once."""

    def __init__(self, parts: tuple[Column, Column], mark: Column) -> None:
        self.parts = self._one, self._other = parts
        self._mark = mark
        self._rare = rarity_of_names(parts)

    def agreeing(self, low: Codes, high: Codes) -> Bits:
        """What every part is worth that is equal to one of the other name."""
        bits = np.zeros(len(low))
        for mine in (self._one, self._other):
            for theirs in (self._one, self._other):
                bits += agreed_bits(mine.codes[low], theirs.codes[high], self._rare)
        return bits

    def bits(self, low: Codes, high: Codes) -> Bits:
        """The better of the two ways in which two parts can stand beside two others.

        With another mark it is another name, however alike the parts are.
        """
        one, other = self._one, self._other
        straight = self._part(one, one, low, high) + self._part(other, other, low, high)
        # Where both parts are equal as they stand, no other order can be better.
        crossed = np.flatnonzero(straight < 2 * NEAR_BITS)
        turned = self._part(one, other, low[crossed], high[crossed])
        turned += self._part(other, one, low[crossed], high[crossed])
        straight[crossed] = np.maximum(straight[crossed], turned)
        marked = differ(self._mark, self._mark, low, high)
        return np.where(marked, np.minimum(straight, _OTHER_NAME), straight)

    def _part(self, mine: Column, theirs: Column, low: Codes, high: Codes) -> Bits:
        a, b = mine.codes[low], theirs.codes[high]
        bits = agreed_bits(a, b, self._rare)
        other = np.flatnonzero(differ(mine, theirs, low, high))
        near = alike(mine.values[a[other]], mine.values[b[other]])
        bits[other] = np.where(near, NEAR_BITS, _OTHER_NAME)
        return bits
