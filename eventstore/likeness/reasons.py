"""Why two rows may be one person's, and what speaks against it, in words.

Only what weighs is told: a bit at least, that is what makes odds twice as good or half. Each is
said so that a page can tell it in its language (eventstore.said).
"""

from collections.abc import Iterable, Iterator
from itertools import repeat

import numpy as np
from rapidfuzz.distance import JaroWinkler
from rapidfuzz.process import cpdist

from eventstore.likeness.columns import Codes, Column
from eventstore.likeness.name_bits import Names
from eventstore.likeness.nearness import Flags
from eventstore.likeness.rarity import Bits
from eventstore.likeness.traits import Answer, Mailbox, Trait
from eventstore.likeness.weights import Weights
from eventstore.said import Said, said

_SAME, _NEAR, _AGAINST = range(3)
_WEIGHS = 1.0
"""Bits."""

_Told = tuple[int, Flags, Iterable[Said]]
"""Which of the three, of which pairs, and the words for each of them."""


def reasons(weights: Weights, low: Codes, high: Codes) -> list[list[Said]]:
    """Of each pair of rows: what agrees, then what nearly does, then what differs."""
    told = [*_names(weights.names, low, high), *_contacts(weights, low, high)]
    for answer in sorted(weights.answers, key=lambda answer: answer.name):
        told += _answers(answer, low, high)
    found: list[list[Said]] = [[] for _ in low]
    for _, pairs, texts in sorted(told, key=lambda one: one[0]):
        for pair, text in zip(np.flatnonzero(pairs).tolist(), texts, strict=False):
            found[pair].append(text)
    return found


def _alike(alike_by: float) -> Said:
    """The words for names that are spelled differently, with how alike they are."""
    return said("their names are alike (%(by)s)", by=f"{alike_by:.2f}")


def _names(names: Names, low: Codes, high: Codes) -> Iterator[_Told]:
    alike_by, bits = _names_alike(names.parts, low, high), names.bits(low, high)
    whole = alike_by == 1
    near = (bits >= _WEIGHS) & ~whole
    yield _SAME, (bits >= _WEIGHS) & whole, repeat(said("their names are the same"))
    yield _NEAR, near, map(_alike, alike_by[near].tolist())
    yield _AGAINST, bits <= -_WEIGHS, repeat(said("against it: their names differ"))


def _names_alike(parts: tuple[Column, Column], low: Codes, high: Codes) -> Bits:
    """As alike_names.names_alike has it, of many."""
    one, other = parts
    both = (other.codes[low] >= 0) & (other.codes[high] >= 0)
    straight = _similar(one, one, low, high) + _similar(other, other, low, high)
    turned = _similar(one, other, low, high) + _similar(other, one, low, high)
    return np.asarray(np.maximum(straight, turned) / np.where(both, 2, 1))


def _similar(mine: Column, theirs: Column, low: Codes, high: Codes) -> Bits:
    """How alike the two parts are; 0 where one is not there."""
    a, b = mine.codes[low], theirs.codes[high]
    there = np.flatnonzero((a >= 0) & (b >= 0))
    found = np.zeros(len(low))
    found[there] = cpdist(
        mine.values[a[there]],
        theirs.values[b[there]],
        scorer=JaroWinkler.similarity,
        dtype=np.float64,
    )
    return found


def _contacts(weights: Weights, low: Codes, high: Codes) -> Iterator[_Told]:
    if phone := weights.phone:
        same, by = _bits(phone, low, high)
        yield _SAME, same >= _WEIGHS, repeat(said("one number, which links nobody"))
        yield _NEAR, by >= _WEIGHS, repeat(said("their numbers are one slip apart"))
    if mailbox := weights.mailbox:
        yield from _mailboxes(mailbox, low, high)


def _mailboxes(mailbox: Mailbox, low: Codes, high: Codes) -> Iterator[_Told]:
    same, by = _bits(mailbox, low, high)
    here = mailbox.at_one_host(low, high)
    yield _SAME, (same >= _WEIGHS) & here, repeat(said("one address, which links nobody"))
    yield _SAME, (same >= _WEIGHS) & ~here, repeat(said("one mailbox at two hosts"))
    yield _NEAR, by >= _WEIGHS, repeat(said("their addresses are one slip apart"))


def _answers(answer: Answer, low: Codes, high: Codes) -> Iterator[_Told]:
    field = answer.name
    same, by = _bits(answer, low, high)
    yield _SAME, same >= _WEIGHS, repeat(said("the same %(field)s", field=field))
    yield _NEAR, by >= _WEIGHS, repeat(said("%(field)s nearly the same", field=field))
    yield _AGAINST, by <= -_WEIGHS, repeat(said("against it: another %(field)s", field=field))


def _bits(trait: Trait, low: Codes, high: Codes) -> tuple[Bits, Bits]:
    """What agreeing in it is worth, and what differing is; 0 where they don't."""
    other = np.flatnonzero(trait.differ(low, high))
    by = np.zeros(len(low))
    by[other] = trait.differing(low[other], high[other])
    return trait.agreeing(low, high), by
