"""How alike two names are. Without numpy, which takes its time to load."""

from rapidfuzz.distance import JaroWinkler

NEAR_NAME = 0.88
"""Names at least so similar (Jaro and Winkler) are a slip apart."""


def names_alike(one: tuple[str, ...], other: tuple[str, ...]) -> float:
    """How alike two names sound, from 0 to 1, in the better order of their parts."""
    if not one or not other:
        return 0.0
    few, many = sorted((one, other), key=len)
    orders = (many, many[::-1])
    return max(
        sum(JaroWinkler.similarity(a, b) for a, b in zip(few, order, strict=False)) / len(few)
        for order in orders
    )
