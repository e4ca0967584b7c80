"""Events → rows of `facts`, as an Arrow table. Pure.

Built by columns and by kind of event, for speed: one call of C code takes all fields of an event,
and a column that nobody filled is one constant. Some 3 µs for an event. In slices, since each
such call keeps all other threads of the process waiting.
"""

from collections import defaultdict
from collections.abc import Callable, Iterable, Sequence
from decimal import Decimal, InvalidOperation
from itertools import accumulate
from operator import attrgetter
from typing import Any

import pyarrow as pa

from eventstore.domain.events import Event, LeadIdentity
from eventstore.reading import Recorded
from projections.facts.columns import ARROW, COLUMNS, ENVELOPE, FIELDS, SCHEMA, STREAM_IS, Kind

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
    positions, times, streams, versions, facts = zip(*events, strict=True)
    topics = [_tag(kind)] * len(events)
    known = dict(zip(ENVELOPE, (positions, times, topics, streams, versions), strict=True))
    fields = FIELDS.get(kind, {})
    taken = {column: field for column, field in fields.items() if field != STREAM_IS}
    known |= {column: streams for column, field in fields.items() if field == STREAM_IS}
    if len(taken) > 1:
        values: Iterable[Column] = zip(*map(attrgetter(*taken.values()), facts), strict=True)
    else:
        values = [[getattr(fact, field) for fact in facts] for field in taken.values()]
    return known | dict(zip(taken, values, strict=True))


def _tag(kind: type[Event]) -> str:
    return str(kind.__struct_config__.tag)


def _array(sort: Kind, values: Column) -> pa.Array:
    if not any(values):
        return _constant(sort, len(values))
    return _BUILD[sort](values)


def _constant(sort: Kind, length: int) -> pa.Array:
    return pa.repeat(_EMPTY[sort], length)


def _ids(values: Column) -> pa.Array:
    return pa.array([value or _NOBODY for value in values], ARROW["id"])


def _lists_of_ids(values: Column) -> pa.Array:
    flat = [
        one.leaf if isinstance(one, LeadIdentity) else one for several in values for one in several
    ]
    ends = accumulate(map(len, values), initial=0)
    return pa.ListArray.from_arrays(pa.array(ends, pa.int32()), pa.array(flat, ARROW["id"]))


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
