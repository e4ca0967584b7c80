"""Why two rows may be one person's, and what speaks against it, in words."""

from collections.abc import Iterable, Iterator
from itertools import repeat

import numpy as np
from rapidfuzz.distance import JaroWinkler
from rapidfuzz.process import cpdist

from eventstore.likeness.alike_names import NEAR_NAME
from eventstore.likeness.columns import Codes, Column, Table
from eventstore.likeness.rarity import Bits
from eventstore.likeness.traits import Flags, alike, differ, slipped

_SAME, _NEAR, _AGAINST = range(3)

_Said = tuple[int, Flags, Iterable[str]]
"""Which of the three, of which pairs, and the words for each of them."""


def reasons(table: Table, low: Codes, high: Codes) -> list[list[str]]:
    """Of each pair of rows: what agrees, then what nearly does, then what differs."""
    said = [*_names(table, low, high), *_contacts(table, low, high)]
    for column in sorted(table.fields, key=lambda column: column.name):
        said += _answers(column, low, high)
    found: list[list[str]] = [[] for _ in low]
    for _, pairs, texts in sorted(said, key=lambda one: one[0]):
        for pair, text in zip(np.flatnonzero(pairs).tolist(), texts, strict=False):
            found[pair].append(text)
    return found


def _names(table: Table, low: Codes, high: Codes) -> Iterator[_Said]:
    alike_by = _names_alike(table.names, low, high)
    there = (table.names[0].codes[low] >= 0) & (table.names[0].codes[high] >= 0)
    same, near = there & (alike_by == 1), there & (alike_by >= NEAR_NAME) & (alike_by != 1)
    yield _SAME, same, repeat("their names are the same")
    yield _NEAR, near, [f"their names are alike ({by:.2f})" for by in alike_by[near].tolist()]
    yield _AGAINST, there & (alike_by < NEAR_NAME), repeat("against it: their names differ")


def _names_alike(parts: tuple[Column, Column], low: Codes, high: Codes) -> Bits:
    """As alike_names.names_alike has it, of many."""
    one, other = parts
    both = (other.codes[low] >= 0) & (other.codes[high] >= 0)
    straight = _similar(one, one, low, high) + _similar(other, other, low, high)
    turned = _similar(one, other, low, high) + _similar(other, one, low, high)
    return np.asarray(np.maximum(straight, turned) / np.where(both, 2, 1))


def _similar(mine: Column, theirs: Column, low: Codes, high: Codes) -> Bits:
    """How alike the parts sound, from 0 to 1; 0 where one is not there."""
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


def _contacts(table: Table, low: Codes, high: Codes) -> Iterator[_Said]:
    phone, box, host = table.phone, table.mailbox, table.host
    yield _SAME, _equal(phone, low, high), repeat("one number, which links nobody")
    yield _NEAR, _slipped(phone, low, high), repeat("their numbers are one slip apart")
    same, here = _equal(box, low, high), host.codes[low] == host.codes[high]
    yield _SAME, same & here, repeat("one address, which links nobody")
    yield _SAME, same & ~here, repeat("one mailbox at two hosts")
    yield _NEAR, here & _slipped(box, low, high), repeat("their addresses are one slip apart")


def _answers(column: Column, low: Codes, high: Codes) -> Iterator[_Said]:
    other = differ(column, column, low, high)
    near = _slipped(column, low, high)
    left = np.flatnonzero(other & ~near)
    near[left] = alike(column.texts(low[left]), column.texts(high[left]))
    yield _SAME, _equal(column, low, high), repeat(f"the same {column.name}")
    yield _NEAR, near, repeat(f"{column.name} nearly the same")
    yield _AGAINST, other & ~near, repeat(f"against it: another {column.name}")


def _equal(column: Column, low: Codes, high: Codes) -> Flags:
    codes = column.codes[low]
    return np.asarray((codes >= 0) & (codes == column.codes[high]), bool)


def _slipped(column: Column, low: Codes, high: Codes) -> Flags:
    found = differ(column, column, low, high)
    found[found] = slipped(column.texts(low[found]), column.texts(high[found]))
    return found
