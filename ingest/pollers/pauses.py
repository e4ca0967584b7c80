"""How long to wait before the next try: growing pauses, at random so that none beat in time."""

from random import Random
from typing import Final

_FIRST_S: Final = 1.0
_LONGEST_S: Final = 300.0
_SPREAD: Final = 0.25


def pause(failures: int, least_s: float, chance: Random) -> float:
    """Seconds after so many failures in a row; at least what the provider asked for.

    1, 2, 4 … 300 s, and up to a quarter more.
    """
    grown = min(_FIRST_S * 2.0 ** min(max(failures - 1, 0), 16), _LONGEST_S)
    return max(grown, least_s) * (1.0 + _SPREAD * chance.random())
