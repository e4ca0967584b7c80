"""Events → rows of `facts`, as an Arrow table. Pure.

Built by columns and by kind of event, for speed: one call of C code takes all fields of an event,
and a column that nobody filled is one constant. Some 2 µs for an event. In slices, since each
such call keeps all other threads of the process waiting.
"""

from collections import defaultdict
from collections.abc import Callable, Sequence
from decimal import Decimal, InvalidOperation
from itertools import accumulate, chain
from typing import Any

import msgspec
import pyarrow as pa
from msgspec.structs import astuple

from eventstore.domain.events import Event, LeadIdentity
from eventstore.reading import Recorded
from projections.facts.columns import ARROW, COLUMNS, FIELDS, SCHEMA, STREAM_IS, Kind

_NOBODY = bytes(16)
_CENTS = Decimal("0.0001")
_LARGEST = Decimal(10) ** 30
_SLICE = 5_000

Column = Sequence[Any]


def block(events: Sequence[Recorded]) -> pa.Table:
    """Exactly one row for each of `events`, which may be of any kinds, in one chunk."""
    slices = (events[start : start + _SLICE] for start in range(0, len(events), _SLICE))
    tables = [table for some in slices for table in _rows(some)]
    return pa.concat_tables(tables or [SCHEMA.empty_table()]).combine_chunks()


def _rows(events: Sequence[Recorded]) -> list[pa.Table]:
    sorts: dict[type[Event], list[Recorded]] = defaultdict(list)
    for recorded in events:
        sorts[type(recorded.event)].append(recorded)
    return [_rows_of_kind(kind, some) for kind, some in sorts.items()]


def _rows_of_kind(kind: type[Event], events: list[Recorded]) -> pa.Table:
    known = _columns_of_kind(kind, events)
    arrays = [
        _array(sort, known[name]) if name in known else _constant(sort, len(events))
        for name, sort in COLUMNS.items()
    ]
    return pa.Table.from_arrays(arrays, schema=SCHEMA)


def _columns_of_kind(kind: type[Event], events: list[Recorded]) -> dict[str, Column]:
    places = _by_field(Recorded, events)
    facts = places.pop("event")
    known: dict[str, Column] = {"topic": [_tag(kind)] * len(events), **places}
    wanted = FIELDS.get(kind, {})
    fields = {**_by_field(kind, facts), STREAM_IS: places["stream"]}
    for outer in {field.partition(".")[0] for field in wanted.values() if "." in field}:
        within = _by_field(type(fields[outer][0]), fields[outer])
        fields |= {f"{outer}.{inner}": values for inner, values in within.items()}
    return known | {column: fields[field] for column, field in wanted.items()}


def _by_field(kind: type[msgspec.Struct], values: Column) -> dict[str, Column]:
    """The fields of structs of one kind; of at least one struct."""
    columns = zip(*map(astuple, values), strict=True)
    return dict(zip(kind.__struct_fields__, columns, strict=True))


def _tag(kind: type[Event]) -> str:
    return str(kind.__struct_config__.tag)


def _array(sort: Kind, values: Column) -> pa.Array:
    if not any(values):
        return _constant(sort, len(values))
    return _BUILD[sort](values)


def _constant(sort: Kind, length: int) -> pa.Array:
    return pa.repeat(_EMPTY[sort], length)


def _ids(values: Column) -> pa.Array:
    """Of 16 bytes each or of none: joined, since their places follow from their number."""
    joined = b"".join([value or _NOBODY for value in values])
    if len(joined) != 16 * len(values):
        raise ValueError("an id has 16 bytes")
    return pa.FixedSizeBinaryArray.from_buffers(
        ARROW["id"], len(values), [None, pa.py_buffer(joined)]
    )


def _lists_of_ids(values: Column) -> pa.Array:
    flat = list(chain.from_iterable(values))
    if isinstance(flat[0], LeadIdentity):
        flat = [one.leaf for one in flat]
    ends = accumulate(map(len, values), initial=0)
    return pa.ListArray.from_arrays(pa.array(ends, pa.int32()), _ids(flat))


def _times(values: Column) -> pa.Array:
    return pa.array(values, pa.int64()).cast(ARROW["ms"])


def _money(values: Column) -> pa.Array:
    return pa.array([_decimal(value) for value in values], ARROW["money"])


def _decimal(text: str) -> Decimal | None:
    """The amount to four places; None for none, or for what is no amount that anybody can pay."""
    if not text:
        return None
    try:
        amount = Decimal(text)
        return amount.quantize(_CENTS) if abs(amount) < _LARGEST else None
    except InvalidOperation:
        return None


def _plain(sort: Kind) -> Callable[[Column], pa.Array]:
    return lambda values: pa.array(values, ARROW[sort])


_BUILD: dict[Kind, Callable[[Column], pa.Array]] = {
    "id": _ids,
    "ids": _lists_of_ids,
    "ms": _times,
    "money": _money,
    "text": _plain("text"),
    "flag": _plain("flag"),
    "count": _plain("count"),
}

_EMPTY: dict[Kind, pa.Scalar] = {
    "id": pa.scalar(_NOBODY, ARROW["id"]),
    "ids": pa.scalar([], ARROW["ids"]),
    "ms": pa.scalar(0, ARROW["ms"]),
    "money": pa.scalar(None, ARROW["money"]),
    "text": pa.scalar("", ARROW["text"]),
    "flag": pa.scalar(False, ARROW["flag"]),
    "count": pa.scalar(0, ARROW["count"]),
}
