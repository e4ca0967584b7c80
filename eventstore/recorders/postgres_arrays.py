"""Columns of a batch as binary arrays of PostgreSQL.

The library makes an array item by item, in Python; that was a tenth of what a lead costs.
"""

import struct
from collections.abc import Collection, Sequence
from typing import Any, ClassVar, Final

import psycopg
from psycopg.abc import Buffer
from psycopg.adapt import Dumper
from psycopg.pq import Format

_HEAD: Final = struct.Struct(">i4xIii")
"""Dimensions, no NULLs, the type of an item, how many, the number of the first."""
_EMPTY: Final = struct.Struct(">i4xI")
_LENGTH: Final = struct.Struct(">i")
_NUMBER: Final = struct.Struct(">iq")
_FLAG: Final = struct.Struct(">i?")


class Blobs(list[bytes]):
    """A column of bytea."""

    item: ClassVar = 17
    array: ClassVar = 1001

    def binary(self) -> bytes:
        return _head(self.item, len(self)) + _items(self)


class Numbers(list[int]):
    """A column of bigint."""

    item: ClassVar = 20
    array: ClassVar = 1016

    def binary(self) -> bytes:
        return _head(self.item, len(self)) + b"".join([_NUMBER.pack(8, one) for one in self])


class Texts(list[str]):
    """A column of text."""

    item: ClassVar = 25
    array: ClassVar = 1009

    def binary(self) -> bytes:
        return _head(self.item, len(self)) + _items([text.encode() for text in self])


class Flags(list[bool]):
    """A column of boolean."""

    item: ClassVar = 16
    array: ClassVar = 1000

    def binary(self) -> bytes:
        return _head(self.item, len(self)) + b"".join([_FLAG.pack(1, one) for one in self])


Column = Blobs | Numbers | Texts | Flags
"""Knows the number that PostgreSQL has for the type of an item and of the array."""


def _head(item: int, count: int) -> bytes:
    return _HEAD.pack(1, item, count, 1) if count else _EMPTY.pack(0, item)


def _items(items: Sequence[bytes]) -> bytes:
    sizes = set(map(len, items))
    if len(sizes) == 1:  # ids and topics, most of the time
        length = _LENGTH.pack(sizes.pop())
        return length + length.join(items)
    parts = [b""] * (2 * len(items))
    parts[::2] = map(_LENGTH.pack, map(len, items))
    parts[1::2] = items
    return b"".join(parts)


class _ColumnDumper(Dumper):
    format = Format.BINARY

    def dump(self, obj: Column) -> Buffer:
        return obj.binary()


for kind in (Blobs, Numbers, Texts, Flags):
    dumper = type(f"{kind.__name__}Dumper", (_ColumnDumper,), {"oid": kind.array})
    psycopg.adapters.register_dumper(kind, dumper)


def columns(rows: Collection[Sequence[Any]]) -> list[Column]:
    """The columns of a table that has rows."""
    return [_column(column) for column in zip(*rows, strict=True)]


def _column(values: tuple[Any, ...]) -> Column:
    """All of one type, as in a table; none is NULL."""
    match values[0]:
        case bytes():
            return Blobs(values)
        case bool():
            return Flags(values)
        case str():
            return Texts(values)
        case int():
            return Numbers(values)
    raise TypeError(f"no column of a table holds {type(values[0]).__name__}")
