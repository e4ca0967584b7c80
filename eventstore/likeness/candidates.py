"""Which two rows are worth a comparison: those that agree in something rare, or in two things.

A key that more than `MOST` rows have tells nothing and is passed over, so a row is compared with a
bounded number of others, however many there are.
"""

from collections.abc import Iterator, Sequence
from itertools import combinations

import numpy as np
from numpy.typing import NDArray

from eventstore.likeness.columns import Codes, Column, Table

MOST = 12
"""Rows that may have one key."""

Hashes = NDArray[np.uint64]
_MIX = np.uint64(0x9E3779B97F4A7C15)
_SHIFT = np.uint64(29)
_NOTHING = np.uint64(0)


def candidates(table: Table, persons: Codes) -> tuple[Codes, Codes]:
    """Pairs of rows of different persons, each once: the lower rows, the higher rows."""
    found = [pairs for keys, rows in _keys(table) for pairs in _pairs(keys, rows, table, persons)]
    if not any(len(pairs) for pairs in found):
        return np.empty(0, np.int64), np.empty(0, np.int64)
    pairs = np.sort(np.concatenate(found))
    pairs = pairs[np.concatenate(([True], pairs[1:] != pairs[:-1]))]
    return pairs // table.rows, pairs % table.rows


def _keys(table: Table) -> Iterator[tuple[Hashes, Codes]]:
    """Groups of (key, row): each two sources together, and each source alone."""
    sources = [source for source in _sources(table) if any(atoms.any() for atoms in source)]
    for source in sources:
        yield _together([(atoms, None) for atoms in source])
    names = sources[0] if sources else []
    if len(names) > 1:
        yield _together([(names[0], names[1])])
    for one, other in combinations(sources, 2):
        yield _together([(a, b) for a in one for b in other])


def _together(atoms: Sequence[tuple[Hashes, Hashes | None]]) -> tuple[Hashes, Codes]:
    keys, rows = [], []
    for one, other in atoms:
        there = one != _NOTHING if other is None else (one != _NOTHING) & (other != _NOTHING)
        keys.append(one[there] if other is None else (one[there] + other[there]) * _MIX)
        rows.append(np.flatnonzero(there))
    return np.concatenate(keys), np.concatenate(rows)


def _sources(table: Table) -> Iterator[list[Hashes]]:
    """What a row agrees in: hashes of its values or of pieces of them, 0 for nothing."""
    one, other = table.names
    yield [_hashed(one.codes, 1), _hashed(other.codes, 1)]
    # One digit wrong leaves two pieces of three as they were.
    yield [
        _pieces(table.phone, number, cut)
        for number, cut in enumerate((slice(7), slice(4, 10), slice(-3, 4, -1)), 2)
    ]
    yield [
        _hashed(table.mailbox.codes, 5),
        _pieces(table.mailbox, 6, slice(5)),
        _pieces(table.mailbox, 7, slice(-5, None)),
    ]
    for number, column in enumerate(table.fields, 8):
        yield [_hashed(column.codes, number)]


def _hashed(codes: Codes, source: int) -> Hashes:
    mixed = (codes.astype(np.uint64) + np.uint64(source << 40)) * _MIX
    mixed ^= mixed >> _SHIFT
    mixed[codes < 0] = _NOTHING
    return mixed


def _pieces(column: Column, source: int, cut: slice) -> Hashes:
    """A piece of each value, hashed."""
    known: dict[str, int] = {}
    of_value = np.fromiter(
        (known.setdefault(text[cut], len(known)) for text in column.values),
        np.int64,
        len(column.values),
    )
    if not len(of_value):
        return np.zeros(len(column.codes), np.uint64)
    return _hashed(np.where(column.codes < 0, -1, of_value[column.codes]), source)


def _pairs(keys: Hashes, rows: Codes, table: Table, persons: Codes) -> Iterator[Codes]:
    """Every two rows with one key, as one number each."""
    if len(keys) < 2:
        return
    order = np.argsort(keys)
    keys, rows = keys[order], rows[order]
    starts = np.flatnonzero(np.concatenate(([True], keys[1:] != keys[:-1])))
    sizes = np.diff(np.append(starts, len(keys)))
    several = (sizes > 1) & (sizes <= MOST)
    starts, sizes = starts[several], sizes[several]
    ends = np.repeat(starts + sizes, sizes)
    places = ends - np.repeat(np.cumsum(sizes), sizes) + np.arange(sizes.sum())
    for apart in range(1, int(sizes.max(initial=1))):
        left = places[places + apart < ends]
        one, other = rows[left], rows[left + apart]
        differ = persons[one] != persons[other]
        low, high = np.minimum(one, other)[differ], np.maximum(one, other)[differ]
        yield low * table.rows + high
