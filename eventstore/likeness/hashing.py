"""Numbers mixed into numbers that are equal by chance once in 10^19 times."""

import numpy as np
from numpy.typing import NDArray

Hashes = NDArray[np.uint64]

MIX = np.uint64(0x9E3779B97F4A7C15)
_SHIFT = np.uint64(29)


def mixed(numbers: NDArray[np.uint64]) -> Hashes:
    """Each number, spread over 64 bits."""
    found = numbers * MIX
    found ^= found >> _SHIFT
    return found
