"""Rows and events as the recorders store them: the same bytes whatever the database."""

from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from typing import Any, NamedTuple

import msgspec

from eventstore.domain.deals import LOST, OPEN, WON, Deal
from eventstore.domain.events import Event, Id
from eventstore.mapper import Personal, to_event, to_state, topic, with_personal
from eventstore.reading import Recorded
from eventstore.rows import Appearance, Card, Changes, Ends, Pair, Pending, Place, Review
from eventstore.sealing import TYPED, sealed_with, typed
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


_ATTESTED, _STANDS = 1, 2
STANDING = (_STANDS, _STANDS | _ATTESTED)
ROLES = (0, _ATTESTED, *STANDING)
"""How a lead appears on a leaf card, in the order of the index: by it the time, and the lead."""


def appearance_rows(seen: Mapping[tuple[Id, Id], Appearance]) -> list[tuple[Any, ...]]:
    """Leaf card, role, time, lead and deal, by which they are kept in this order."""
    return sorted(
        [
            (
                leaf,
                one.attested | (0 if one.deal is None else _STANDS),
                one.at,
                lead,
                one.deal or b"",
            )
            for (leaf, lead), one in seen.items()
        ]
    )


def vanished_rows(changes: Changes) -> list[tuple[Any, ...]]:
    """The keys of rows that are no more, or are kept in another place from now on."""
    if not changes.vanished:
        return []
    kept = {row[:4] for row in appearance_rows(changes.appearances)}
    return [row[:4] for row in appearance_rows(changes.vanished) if row[:4] not in kept]


def ends_of(rows: Iterable[Any]) -> dict[Id, Ends]:
    """Rows of leaf card, role, time and lead, among them the first and last of each role."""
    found: dict[Id, Ends] = {}
    for leaf, role, at, lead in rows:
        here = (at, lead)
        known = found.get(leaf) or Ends(here, here, attested=False)
        found[leaf] = Ends(
            min(known.first, here), max(known.last, here), known.attested or bool(role & _ATTESTED)
        )
    return found


def newest(rows: Iterable[Any], most: int) -> list[Place]:
    """Rows of time and lead, the newest first; each lead once."""
    return sorted({(row[0], row[1]) for row in rows}, reverse=True)[:most]


def deal_rows(rows: Iterable[Any]) -> dict[Id, tuple[Id, Deal]]:
    """Rows of id, person and state."""
    return {row[0]: (row[1], decode_deal(row[2])) for row in rows}


def review_rows(changes: Changes) -> list[tuple[Any, ...]]:
    """Both leaf cards, why, the visitor, minus the score, and the name."""
    rows = [row for _, row in sorted(changes.reviews.items()) if row]
    return [(row.a, row.b, row.why, row.via, -row.score, row.name) for row in rows]


def reviews_gone(changes: Changes) -> list[tuple[Id, Id]]:
    return [key for key, row in sorted(changes.reviews.items()) if row is None]


def reviews_read(rows: Iterable[Any]) -> list[Review]:
    """Rows of both leaf cards, why, the visitor and minus the score."""
    return [Review(row[0], row[1], row[2], row[3], -row[4]) for row in rows]


def returned_rows(changes: Changes) -> list[tuple[Any, ...]]:
    """Deal, time, owner, cause, and whether one that is stored keeps its cause."""
    rows = [row for _, row in sorted(changes.returned.items()) if row]
    return [(*row[:3], row.because or b"", row.because is None) for row in rows]


def returned_gone(changes: Changes) -> list[tuple[Id]]:
    return [(deal,) for deal, row in sorted(changes.returned.items()) if row is None]


def names_from(short: bytes) -> tuple[bytes, bytes]:
    """Between which names those are that begin so."""
    return short.ljust(16, b"\0"), short.ljust(16, b"\xff")


class Sealing(NamedTuple):
    """The keys that what is personal in a batch is sealed with."""

    keys: list[list[Key]]
    """Of each event, in recorded order."""
    fresh: dict[Id, Key]
    """Those of leaf cards that had none."""


def sealing_of(changes: Changes, known: KeysOf) -> Sealing:
    """`known` reads the keys that there are."""
    sealings = [_sealed_with(event, personal) for _, _, event, personal in changes.events]
    leaves = {leaf for sealing in sealings for leaf in sealing}
    found = known(leaves)
    fresh = {leaf: new_key() for leaf in leaves - found.keys()}
    keys = found | fresh
    return Sealing([[keys[leaf] for leaf in sealing] for sealing in sealings], fresh)


def stored(changes: Changes, sealing: Sealing) -> Iterator[tuple[Id, int, str, bytes]]:
    """Stream, version, topic and state of each event, in recorded order."""
    for (stream, version, event, personal), keys in zip(changes.events, sealing.keys, strict=True):
        yield stream, version, topic(event), to_state(event, personal, stream=stream, keys=keys)


def _sealed_with(event: Event, personal: Personal | None) -> tuple[Id, ...]:
    """The leaf cards whose keys it takes."""
    if personal is None and type(event) not in TYPED:
        return ()
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
    events = list(map(to_event, states))
    if personal:
        sealing = list(map(sealed_with, events))
        keys = keys_of({leaf for leaves in sealing for leaf in leaves})
        events = [
            with_personal(event, state, stream=stream, keys=[keys.get(leaf) for leaf in leaves])
            for event, state, stream, leaves in zip(events, states, streams, sealing, strict=True)
        ]
    return list(map(Recorded, positions, times, streams, versions, events))
