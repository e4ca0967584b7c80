"""Which two rows are worth a comparison: those that agree in something rare, or in two things.

A key that more than `MOST` rows have tells nothing and is passed over, so a row is compared with a
bounded number of others, however many there are.
"""

from collections.abc import Iterable, Iterator
from itertools import combinations, product

import numpy as np

from eventstore.likeness.columns import Codes, Column, Table, coded, looked_up
from eventstore.likeness.hashing import MIX, Hashes, mixed

MOST = 12
"""Rows that may have one key."""

_NOTHING = np.uint64(0)
_EVERY_TWO = {size: np.triu_indices(size, 1) for size in range(2, MOST + 1)}


def candidates(table: Table, persons: Codes) -> tuple[Codes, Codes]:
    """Pairs of rows of different persons, each once: the lower rows, the higher rows."""
    pairs = np.concatenate([np.empty(0, np.int64), *_pairs(table)])
    pairs.sort()
    pairs = pairs[np.append(True, pairs[1:] != pairs[:-1])[: len(pairs)]]
    low, high = np.divmod(pairs, max(table.rows, 1))
    apart = persons[low] != persons[high]
    return low[apart], high[apart]


def _pairs(table: Table) -> Iterator[Codes]:
    """Every two rows with one key, as one number each; some of them several times."""
    common: list[list[Hashes]] = []
    for source in _sources(table):
        rare, rest = _rare_and_common(source)
        yield from _every_two(*rare, table.rows)
        common.append(rest)
    # Rows that have two things in common, one of them rare, were found by that one alone.
    yield from _every_two(*_together(combinations(common[0], 2)), table.rows)
    for one, other in combinations(filter(None, common), 2):
        yield from _every_two(*_together(product(one, other)), table.rows)


def _rare_and_common(source: list[Hashes]) -> tuple[tuple[Hashes, Codes], list[Hashes]]:
    """Keys that few rows have, with these; and for each row what more have."""
    rows = len(source[0])
    hashes = np.concatenate(source)
    there = np.flatnonzero(hashes)
    order = there[np.argsort(hashes[there])]
    _, sizes = _runs(hashes[order])
    rare = order[np.repeat(sizes <= MOST, sizes)]
    found = hashes[rare], rare % max(rows, 1)
    hashes[rare] = _NOTHING
    return found, [atoms for atoms in np.split(hashes, len(source)) if atoms.any()]


def _together(atoms: Iterable[tuple[Hashes, Hashes]]) -> tuple[Hashes, Codes]:
    """Keys of two things, and the rows that have both, in the order of the keys."""
    keys, rows = [np.empty(0, np.uint64)], [np.empty(0, np.int64)]
    for one, other in atoms:
        both = np.flatnonzero((one != _NOTHING) & (other != _NOTHING))
        keys.append((one[both] + other[both]) * MIX)
        rows.append(both)
    found = np.concatenate(keys)
    order = np.argsort(found)
    return found[order], np.concatenate(rows)[order]


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
    found = mixed(codes.astype(np.uint64) + np.uint64(source << 40))
    found[codes < 0] = _NOTHING
    return found


def _pieces(column: Column, source: int, cut: slice) -> Hashes:
    """A piece of each value, hashed."""
    pieces, _ = coded([text[cut] for text in column.values])
    return _hashed(looked_up(pieces, column.codes), source)


def _every_two(keys: Hashes, rows: Codes, count: int) -> Iterator[Codes]:
    """Of ordered keys: every two of at most `MOST` rows that have one, as one number."""
    starts, sizes = _runs(keys)
    for size in _EVERY_TWO.keys() & set(sizes.tolist()):
        one, other = _EVERY_TWO[size]
        block = rows[starts[sizes == size, np.newaxis] + np.arange(size)]
        a, b = block[:, one].ravel(), block[:, other].ravel()
        yield np.minimum(a, b) * count + np.maximum(a, b)


def _runs(ordered: Hashes) -> tuple[Codes, Codes]:
    """Where each run of equal ones starts, and how many there are."""
    starts = np.flatnonzero(np.append(True, ordered[1:] != ordered[:-1])[: len(ordered)])
    return starts, np.diff(np.append(starts, len(ordered)))
