"""How alike names are, letter by letter."""

from collections.abc import Sequence
from typing import Final

from rapidfuzz.distance import OSA

_PREFIX: Final = 0.9
_COVERAGE: Final = 0.1


def alike(asked: Sequence[str], known: Sequence[str]) -> int:
    """How alike two names are, of 1000: every word asked for with the known one that fits best."""
    total = sum(map(len, asked))
    fits = sum(len(word) * max(fit(word, other) for other in known) for word in asked) / total
    covered = min(1.0, total / (sum(map(len, known)) or 1))
    return round(1000 * fits * (1 - _COVERAGE + _COVERAGE * covered))


def fit(word: str, other: str) -> float:
    """1 for the same word, less for its beginning, still less for its beginning mistyped."""
    if other.startswith(word):
        return _PREFIX + (1 - _PREFIX) * len(word) / len(other)
    whole = OSA.normalized_similarity(word, other)
    begun = OSA.normalized_similarity(word, other[: len(word)]) * _PREFIX
    return max(whole, begun)
