"""Profiles as columns of small numbers, so that equal is cheap and rare is known."""

from collections.abc import Iterable, Sequence
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from eventstore.likeness.profiles import Profile
from eventstore.likeness.short_names import FIRST_NAMES

Codes = NDArray[np.int64]
Bits = NDArray[np.float64]
Texts = NDArray[np.object_]

_FIRST_NAME = 1 / 60
"""A first name that everybody knows is at least so frequent, wherever it is."""
_NAMES = (1 / 1000, 300.0)
"""How frequent a part of a name is before any is seen, and how many seen ones outweigh that."""
_TEXTS = (1 / 50, 100.0)
"""The same of other texts, of which we know nothing: an answer may be that of a list of few."""
_MOST_FIELDS = 12
"""Fields that are compared: those that most leads have."""


class Column(NamedTuple):
    """One thing that profiles say, row by row."""

    name: str
    codes: Codes
    """The number of each row's value; -1 where the row says nothing."""
    values: Texts
    frequency: Bits
    """Of each value: the share of rows that have it, of those that say something."""

    def rarity(self, likely: float) -> Bits:
        """Of each value: what agreeing in it says for one person, in bits.

        `likely`: how often one person's two rows agree.
        """
        return np.log2(likely / self.frequency)


class Table(NamedTuple):
    """All columns of all rows."""

    rows: int
    names: tuple[Column, Column]
    """The two parts of names; both have the same values, so that parts can change places."""
    phone: Column
    mailbox: Column
    host: Column
    fields: Sequence[Column]


def table_of(profiles: Sequence[Profile]) -> Table:
    """The columns of these rows, in their order."""
    first = [profile.names[0] if profile.names else "" for profile in profiles]
    second = [profile.names[1] if len(profile.names) > 1 else "" for profile in profiles]
    both, counts = _coded([*first, *second])
    rows = len(profiles)
    frequency = _frequency(counts, sum(map(bool, first)), _NAMES)
    known = np.array([text in FIRST_NAMES for text in both.values], bool)
    frequency[known] = np.maximum(frequency[known], _FIRST_NAME)
    one, other = (
        Column("name", codes, both.values, frequency)
        for codes in (both.codes[:rows], both.codes[rows:])
    )
    return Table(
        rows,
        (one, other),
        _column("phone", [profile.phone for profile in profiles]),
        _column("mailbox", [profile.mailbox for profile in profiles]),
        _column("host", [profile.host for profile in profiles]),
        [
            _column(name, [profile.fields.get(name, "") for profile in profiles])
            for name in _common_fields(profiles)
        ],
    )


def _common_fields(profiles: Iterable[Profile]) -> list[str]:
    counts: dict[str, int] = {}
    for profile in profiles:
        for name in profile.fields:
            counts[name] = counts.get(name, 0) + 1
    return sorted(sorted(counts), key=lambda name: -counts[name])[:_MOST_FIELDS]


class _Coded(NamedTuple):
    codes: Codes
    values: Texts


def _column(name: str, texts: Sequence[str]) -> Column:
    coded, counts = _coded(texts)
    return Column(name, *coded, _frequency(counts, int(counts.sum()), _TEXTS))


def _coded(texts: Sequence[str]) -> tuple[_Coded, Codes]:
    """Numbers and values, and how many rows have each value."""
    known = dict.fromkeys(texts)
    known.pop("", None)
    numbers = dict(zip(known, range(len(known)), strict=True)) | {"": -1}
    codes = np.fromiter(map(numbers.__getitem__, texts), np.int64, len(texts))
    values = np.array([*known, ""], dtype=object)[: len(known)]
    return _Coded(codes, values), np.bincount(codes[codes >= 0], minlength=len(known))


def _frequency(counts: Codes, rows: int, before: tuple[float, float]) -> Bits:
    """Without the two rows that are compared: they are the question, not the evidence."""
    usual, weight = before
    others = np.maximum(counts - 2, 0)
    return (others + usual * weight) / (max(rows - 2, 0) + weight)
