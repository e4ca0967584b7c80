"""Profiles as columns of small numbers, so that equal is cheap and rare is known.

What a text costs, it costs once for each different one, however many leads say the same.
"""

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from itertools import chain, count
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from eventstore.likeness.marks import mark_of
from eventstore.likeness.names import parts_of
from eventstore.likeness.profiles import Profile

Codes = NDArray[np.int64]
Texts = NDArray[np.object_]

_MOST_FIELDS = 12
"""Fields that are compared: those that most leads have."""
_LOOKED_AT = 3 * _MOST_FIELDS
"""A field may be there in most leads and say nothing."""


class Column(NamedTuple):
    """One thing that profiles say, row by row."""

    name: str
    codes: Codes
    """The number of each row's value; -1 where the row says nothing."""
    values: Texts

    @property
    def said(self) -> int:
        """How many rows say something."""
        return int(np.count_nonzero(self.codes >= 0))

    def texts(self, rows: Codes) -> Texts:
        """What these rows say, each of which says something."""
        return self.values[self.codes[rows]]

    def only(self, rows: Codes) -> "Column":
        """The same of these rows."""
        return self._replace(codes=self.codes[rows])


class Table(NamedTuple):
    """All columns of all rows."""

    names: tuple[Column, Column]
    """The two parts of names; both have the same values, so that parts can change places."""
    mark: Column
    """The number of a name, or whatever else is in its place."""
    phone: Column
    mailbox: Column
    host: Column
    fields: Sequence[Column]

    @property
    def rows(self) -> int:
        return len(self.phone.codes)

    @property
    def columns(self) -> tuple[Column, ...]:
        return (*self.names, self.mark, self.phone, self.mailbox, self.host, *self.fields)

    def only(self, rows: Codes) -> "Table":
        """The same of these rows, in their order."""
        one, other, mark, phone, mailbox, host, *fields = (c.only(rows) for c in self.columns)
        return Table((one, other), mark, phone, mailbox, host, fields)


def table_of(profiles: Sequence[Profile]) -> Table:
    """The columns of these rows, in their order."""
    names = coded([profile.name for profile in profiles])
    return Table(
        _names(*names),
        _marks(*names),
        Column("phone", *coded([profile.phone for profile in profiles])),
        Column("mailbox", *coded([profile.mailbox for profile in profiles])),
        Column("host", *coded([profile.host for profile in profiles])),
        _fields([profile.fields for profile in profiles]),
    )


def _names(codes: Codes, different: Texts) -> tuple[Column, Column]:
    heard = parts_of(different.tolist())
    first = [parts[0] if parts else "" for parts in heard]
    second = [parts[1] if len(parts) > 1 else "" for parts in heard]
    of_both, values = coded([*first, *second])
    one, other = (
        Column("name", looked_up(of_part, codes), values)
        for of_part in (of_both[: len(first)], of_both[len(first) :])
    )
    return one, other


def _marks(codes: Codes, different: Texts) -> Column:
    of_name, values = coded(map(mark_of, different.tolist()))
    return Column("mark", looked_up(of_name, codes), values)


def _fields(answers: Sequence[Mapping[str, str]]) -> list[Column]:
    """The fields in which most rows say something."""
    there = Counter(chain.from_iterable(answers)).most_common(_LOOKED_AT)
    found = [_answers(name, [given.get(name, "") for given in answers]) for name, _ in there]
    found.sort(key=lambda column: (-column.said, column.name))
    return [column for column in found[:_MOST_FIELDS] if column.said]


def _answers(name: str, texts: Sequence[str]) -> Column:
    codes, different = coded(texts)
    of_text, values = coded(map(str.casefold, map(str.strip, different)))
    return Column(name, looked_up(of_text, codes), values)


def coded(texts: Iterable[str]) -> tuple[Codes, Texts]:
    """The number of each text, -1 for none, and the texts by number."""
    numbers = defaultdict(count().__next__, {"": -1})
    codes = np.fromiter(map(numbers.__getitem__, texts), np.int64)
    return codes, np.array([*numbers], dtype=object)[1:]


def looked_up(numbers: Codes, codes: Codes) -> Codes:
    """The number that stands for each code; -1 stays."""
    return np.append(numbers, -1)[codes]
