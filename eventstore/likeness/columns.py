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

AT_LEAST = 10_000
"""A store of fewer rows is judged as if it were so large: two of five say nothing of rarity."""
_FIRST_NAMES = 60
"""A first name that everybody knows counts as had by one of so many, at least."""
_MOST_FIELDS = 12
"""Fields that are compared: those that most leads have."""


class Column(NamedTuple):
    """One thing that profiles say, row by row."""

    name: str
    codes: Codes
    """The number of each row's value; -1 where the row says nothing."""
    values: Texts
    counts: Codes
    """How many rows have each value."""

    def rarity(self, likely: float) -> Bits:
        """Of each value: what agreeing in it says for one person, in bits.

        `likely`: how often one person's two rows agree.
        """
        rows = max(len(self.codes), AT_LEAST)
        return np.log2(likely * rows / np.maximum(self.counts, 1))


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
    both = _column("name", [*first, *second])
    rows = len(profiles)
    known = np.array([text in FIRST_NAMES for text in both.values], bool)
    counts = np.maximum(both.counts, known * (max(rows, AT_LEAST) // _FIRST_NAMES))
    one, other = (
        Column("name", codes, both.values, counts)
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


def _column(name: str, texts: Sequence[str]) -> Column:
    known = {"": -1}
    codes = np.fromiter(
        (known.setdefault(text, len(known) - 1) for text in texts), np.int64, len(texts)
    )
    del known[""]
    values = np.array([*known, ""], dtype=object)[: len(known)]
    return Column(name, codes, values, np.bincount(codes[codes >= 0], minlength=len(known)))
