"""All leaf cards and pairs in one order, in pages that take about the same to judge anew.

A leaf card, then its pairs with later ones, then the next: so a page begins where another ended, in
the middle of a leaf card's pairs if these are many.
"""

from collections.abc import Sequence
from typing import NamedTuple

from eventstore.domain.events import Id
from eventstore.policy import Policy
from eventstore.recorders.port import CustomerRecorder
from eventstore.rows import Pairing

_LEAVES = 200
"""Leaf cards in a page."""
_LAST: Id = b"\xff" * 16
_ID_BYTES = 16


class Page(NamedTuple):
    """What is to be judged anew at once."""

    leaves: Sequence[Id]
    pairs: Sequence[Pairing]
    after: bytes
    """Where the next page begins: behind a leaf card and the pair of it with another."""


def is_behind(leaf: Id, after: bytes) -> bool:
    """Whether all of this leaf card is on the pages that end there; its pairs are, too."""
    return leaf + _LAST <= after


def page_after(recorder: CustomerRecorder, policy: Policy, after: bytes) -> Page | None:
    """The next page; None where there is none.

    It has no more than `most_items_at_once` pairs, and but for a single one no more than
    `most_leads_at_once` leads bring their identities: those of more are judged without reading all.
    """
    most = policy.most_items_at_once
    begun, paired = after[:_ID_BYTES], after[_ID_BYTES:] or _LAST
    leaves = recorder.leaves(begun, min(most, _LEAVES))
    found = recorder.pairs_after((begun, paired), most)
    last = leaves[-1] if leaves else _LAST
    pairs = [pair for pair in found if pair[0] <= last]
    here = _readable(recorder, pairs, policy.most_leads_at_once)
    if len(here) < len(pairs) or len(pairs) == most:
        a, b = here[-1]
        return Page([leaf for leaf in leaves if leaf <= a], here, a + b)
    return Page(leaves, here, last + _LAST) if leaves or here else None


def _readable(recorder: CustomerRecorder, pairs: Sequence[Pairing], most: int) -> Sequence[Pairing]:
    """The first of these, as far as their leads can be read at once."""
    counts = recorder.counted({leaf for pair in pairs for leaf in pair}, most=most + 1)
    seen: set[Id] = set()
    leads = 0
    for place, pair in enumerate(pairs):
        fresh = set(pair) - seen
        leads += sum(count for leaf in fresh if (count := counts.get(leaf, 0)) <= most)
        if place and leads > most:
            return pairs[:place]
        seen |= fresh
    return pairs
