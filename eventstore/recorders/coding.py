"""Rows and events as the recorders store them: the same bytes whatever the database."""

from collections.abc import Callable, Collection, Iterable, Iterator, Sequence
from typing import Any

import msgspec
from msgspec.structs import replace

from eventstore.domain.deals import LOST, OPEN, WON, Deal
from eventstore.domain.events import SEALED, Id
from eventstore.mapper import to_event, to_state, topic, with_personal
from eventstore.reading import Recorded
from eventstore.rows import Card, Changes, Pair, Pending
from eventstore.vault import Key, new_key

KeysOf = Callable[[Collection[Id]], dict[Id, Key]]

encode = msgspec.msgpack.Encoder().encode
decode_card = msgspec.msgpack.Decoder(Card).decode
decode_pair = msgspec.msgpack.Decoder(Pair).decode
decode_pending = msgspec.msgpack.Decoder(Pending).decode
decode_deal = msgspec.msgpack.Decoder(Deal).decode

_STANDING = {OPEN: 1, WON: 2, LOST: 2}
"""What a deal's row is looked up by: open, ended in a way that a touch may join, or neither."""


def deal_row(person: Id, deal: Deal) -> tuple[Any, ...]:
    """The columns of a deal's own row, in their order."""
    standing = _STANDING.get(deal.status, 0)
    columns = (deal.id, person, deal.pipeline, standing, deal.activity, deal.closed_at)
    return (*columns, encode(deal))


def deal_rows(rows: Iterable[Any]) -> dict[Id, tuple[Id, Deal]]:
    """Rows of id, person and state."""
    return {row[0]: (row[1], decode_deal(row[2])) for row in rows}


def keys_for(changes: Changes, known: KeysOf) -> tuple[dict[Id, Key], dict[Id, Key]]:
    """The keys that the personal parts are sealed with, and those of them that are new."""
    leaves = {
        event.leaf
        for _, _, event, personal in changes.events
        if personal is not None and isinstance(event, SEALED)
    }
    found = known(leaves)
    fresh = {leaf: new_key() for leaf in leaves - found.keys()}
    return found | fresh, fresh


def stored(changes: Changes, keys: dict[Id, Key]) -> Iterator[tuple[Id, int, str, bytes]]:
    """Stream, version, topic and state of each event, in recorded order."""
    for stream, version, event, personal in changes.events:
        key = keys.get(getattr(event, "leaf", b""))
        yield stream, version, topic(event), to_state(event, personal, stream=stream, key=key)


def recorded(rows: Sequence[Any], keys_of: KeysOf, *, personal: bool) -> list[Recorded]:
    """Rows of position, time, stream, version and state as events."""
    positions, times, streams, versions, states = zip(*rows, strict=True) if rows else [()] * 5
    found = list(map(Recorded, positions, times, streams, versions, map(to_event, states)))
    if not personal:
        return found
    keys = keys_of({e.event.leaf for e in found if isinstance(e.event, SEALED)})
    return [
        replace(
            opened,
            event=with_personal(
                opened.event,
                row[4],
                stream=opened.stream,
                key=keys.get(getattr(opened.event, "leaf", b"")),
            ),
        )
        for opened, row in zip(found, rows, strict=True)
    ]
