"""Rows and events as the recorders store them: the same bytes whatever the database."""

from collections.abc import Callable, Collection, Iterable, Iterator, Sequence
from typing import Any

import msgspec
from msgspec.structs import replace

from eventstore.domain.deals import LOST, OPEN, WON, Deal
from eventstore.domain.events import Event, Id
from eventstore.mapper import Personal, to_event, to_state, topic, with_personal
from eventstore.reading import Recorded
from eventstore.rows import Card, Changes, Pair, Pending
from eventstore.sealing import sealed_with, typed
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
    leaves = {leaf for _, _, event, part in changes.events for leaf in _sealing(event, part)}
    found = known(leaves)
    fresh = {leaf: new_key() for leaf in leaves - found.keys()}
    return found | fresh, fresh


def stored(changes: Changes, keys: dict[Id, Key]) -> Iterator[tuple[Id, int, str, bytes]]:
    """Stream, version, topic and state of each event, in recorded order."""
    for stream, version, event, personal in changes.events:
        found = [keys[leaf] for leaf in _sealing(event, personal)]
        yield stream, version, topic(event), to_state(event, personal, stream=stream, keys=found)


def _sealing(event: Event, personal: Personal | None) -> tuple[Id, ...]:
    """The leaf cards with whose keys something of this event is to be sealed."""
    text = typed(event)
    if personal is None and not text:
        return ()
    leaves = sealed_with(event)
    if text and not leaves:
        raise ValueError(f"a text typed into {type(event).__name__} that no leaf card's key seals")
    return leaves


def recorded(rows: Sequence[Any], keys_of: KeysOf, *, personal: bool) -> list[Recorded]:
    """Rows of position, time, stream, version and state as events."""
    positions, times, streams, versions, states = zip(*rows, strict=True) if rows else [()] * 5
    found = list(map(Recorded, positions, times, streams, versions, map(to_event, states)))
    if not personal:
        return found
    sealing = [sealed_with(event.event) for event in found]
    keys = keys_of({leaf for leaves in sealing for leaf in leaves})
    return [
        replace(
            opened,
            event=with_personal(
                opened.event, row[4], stream=opened.stream, keys=[keys.get(leaf) for leaf in leaves]
            ),
        )
        for opened, row, leaves in zip(found, rows, sealing, strict=True)
    ]
