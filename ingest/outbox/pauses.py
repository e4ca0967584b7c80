"""How long a message waits for its next try (SEMANTICS 7: growing, for three days)."""

from typing import Final

_FIRST_S: Final = 5.0
_TIMES: Final = 3.0
_LONGEST_S: Final = 6 * 3600.0


def pause_ms(tries: int, least_s: float) -> int:
    """After so many tries, of which the last failed too: 5 s, 15 s, 45 s … 6 h.

    At least what the provider asked for.
    """
    grown = min(_FIRST_S * _TIMES ** min(max(tries - 1, 0), 12), _LONGEST_S)
    return round(max(grown, least_s) * 1000)
