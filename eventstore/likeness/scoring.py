"""How likely two rows are one person: Fellegi and Sunter's weights, by how rare what agrees is.

Weights are bits, base-2 logarithms of odds: agreeing in what one of a thousand has is worth ten.
Their sum, less the bits that it takes to choose one of all persons who has a second card, is the
odds that two rows are one person's. The constants say how often one person's rows agree, or nearly
do; they were taken from what people type, not fitted to a data set (docs/identity-quality.md). What
a field of a form is worth is read off the rows themselves (ADR 0029).
"""

from typing import NamedTuple

import numpy as np

from eventstore.likeness.columns import Codes
from eventstore.likeness.nearness import NEAR_BITS
from eventstore.likeness.rarity import Bits
from eventstore.likeness.weights import Weights

_AT_LEAST = 50
"""A store of fewer persons is judged as if it had so many."""
_FEW_HAVE_TWO = 2.5
"""Bits: about one person of six has a second card that no rule found."""
_SUREST = 10.0
_ENOUGH = 4.0
"""Rows that agree in less are not compared any further."""

_BLOCK = 16384
"""Pairs that are looked at together: their numbers stay in the processor's cache."""


class Scored(NamedTuple):
    """Pairs of rows with the bits that speak for one person."""

    low: Codes
    high: Codes
    bits: Bits


def scored(weights: Weights, low: Codes, high: Codes, *, persons: int) -> Scored:
    """Those of these pairs that more speaks for than against, with how much."""
    choosing = float(np.log2(max(persons, _AT_LEAST))) + _FEW_HAVE_TWO
    blocks = [
        _scored(weights, low[start : start + _BLOCK], high[start : start + _BLOCK], choosing)
        for start in range(0, max(len(low), 1), _BLOCK)
    ]
    return Scored(*map(np.concatenate, zip(*blocks, strict=True)))


def _scored(weights: Weights, low: Codes, high: Codes, choosing: float) -> Scored:
    """What costs least is looked at first; a pair is left as soon as nothing could save it."""
    agreed, hope = _at_most(weights, low, high)
    worth = (agreed >= _ENOUGH) & (agreed + hope > choosing)
    low, high = low[worth], high[worth]
    bits, hope = weights.names.bits(low, high) - choosing, np.zeros(len(low))
    for trait in weights.traits:
        bits += trait.agreeing(low, high)
        hope += trait.most * trait.differ(low, high)
    for trait in weights.traits:
        likely = bits + hope > 0
        low, high, bits, hope = low[likely], high[likely], bits[likely], hope[likely]
        other = np.flatnonzero(trait.differ(low, high))
        bits[other] += trait.differing(low[other], high[other])
        hope[other] -= trait.most
    likely = bits > 0
    return Scored(low[likely], high[likely], bits[likely])


def probability(bits: float) -> float:
    """Odds in bits as a probability; never 1, for nothing here is proof."""
    return float(1 / (1 + 2.0 ** -min(max(bits, -_SUREST), _SUREST)))


def _at_most(weights: Weights, low: Codes, high: Codes) -> tuple[Bits, Bits]:
    """What two rows agree in without any slip, and what some slips could add at most.

    Of answers, one may be misspelled in a pair that is worth a closer look.
    """
    agreed, hope = weights.names.agreeing(low, high), np.full(len(low), 2 * NEAR_BITS)
    best_slip = np.zeros(len(low))
    for answer in weights.answers:
        other = answer.differ(low, high)
        agreed += answer.agreeing(low, high)
        hope += answer.least * other
        np.maximum(best_slip, (answer.most - answer.least) * other, out=best_slip)
    for contact in weights.contacts:
        agreed += contact.agreeing(low, high)
        hope += contact.most * contact.differ(low, high)
    return agreed, hope + best_slip
