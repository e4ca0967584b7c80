"""Which names may be meant: they have words like those asked for, found by their rarest pieces."""

from collections.abc import Collection, Sequence
from typing import Any, Final

from sqlalchemy import Connection, ScalarSelect, Select, and_, func, literal, select, union_all

from projections.inbox.alike import fit
from projections.inbox.schema import entry, gram, word
from projections.inbox.spelling import grams

_GOOD_WORD: Final = 0.55
"""Of 1, of a single word; the whole name is judged again."""
_CANDIDATES: Final = 300
_ALONE: Final = 100
_WORDS: Final = 60
_ROWS_OF_A_PIECE: Final = 4000
_ROWS: Final = 16_000


def candidates(connection: Connection, asked: Sequence[str]) -> list[int]:
    """Names that have words like those asked for: like all, then like the rarest of them."""
    alike_to = [_similar(connection, one) for one in dict.fromkeys(asked)]
    known = [ids for ids in alike_to if ids]
    if not known:
        return []
    rarest, *others = sorted(known, key=lambda ids: _weight(connection, ids))
    both = _with_both(connection, rarest, others[0]) if others else []
    alone = _with_any(connection, rarest, _CANDIDATES if not others else _ALONE)
    return [*both, *alone]


def _similar(connection: Connection, asked: str) -> list[int]:
    """Known words that begin so, or have most pieces in common, the most alike first."""
    begins = (
        select(word.c.id, word.c.text)
        .where(word.c.text >= asked, word.c.text < f"{asked}\U0010ffff")
        .order_by(word.c.text)
        .limit(_WORDS)
    )
    found = {row.id: row.text for row in connection.execute(begins)}
    ids = _sharing_pieces(connection, asked)
    rows = connection.execute(select(word.c.id, word.c.text).where(word.c.id.in_(ids)))
    found |= {row.id: row.text for row in rows}
    fits = {number: fit(asked, text) for number, text in found.items()}
    good = [number for number, likeness in fits.items() if likeness >= _GOOD_WORD]
    return sorted(good, key=lambda number: (-fits[number], number))[:_WORDS]


def _sharing_pieces(connection: Connection, asked: str) -> list[int]:
    pieces = grams([asked])
    least = max(1, len(pieces) // 2)
    chosen = _rarest(connection, pieces, least)
    if not chosen:
        return []
    of_each = [
        select(some.c.word, some.c.size)
        for piece in chosen
        for some in [
            select(gram.c.word, gram.c.size)
            .where(gram.c.gram == piece, gram.c.size >= least)
            .order_by(gram.c.size, gram.c.word)
            .limit(_ROWS_OF_A_PIECE)
            .subquery()
        ]
    ]
    found = union_all(*of_each).subquery()
    return list(
        connection.scalars(
            select(found.c.word)
            .group_by(found.c.word, found.c.size)
            .order_by(func.count().desc(), found.c.size, found.c.word)
            .limit(_CANDIDATES)
        )
    )


def _rarest(connection: Connection, pieces: Collection[str], least: int) -> list[str]:
    """The rarest pieces, as many as can be read; at least one."""
    counted = [
        select(
            literal(piece).label("piece"),
            _count(
                select(gram.c.word).where(gram.c.gram == piece, gram.c.size >= least),
                _ROWS_OF_A_PIECE,
            ).label("times"),
        )
        for piece in sorted(pieces)
    ]
    rows = connection.execute(union_all(*counted))
    chosen: list[str] = []
    total = 0
    for times, piece in sorted((row.times, row.piece) for row in rows if row.times):
        total += times
        if chosen and total > _ROWS:
            break
        chosen.append(piece)
    return chosen


def _weight(connection: Connection, ids: Collection[int]) -> int:
    """How many names have one of these words, as far as it matters."""
    counted = _count(select(entry.c.name).where(entry.c.word.in_(ids)), _ROWS)
    return int(connection.scalar(select(counted)) or 0)


def _with_both(connection: Connection, ids: Collection[int], others: Collection[int]) -> list[int]:
    """Names that have a word of the one kind and one of the other, short ones first."""
    one = select(entry.c.name, entry.c.size).where(entry.c.word.in_(ids)).limit(_ROWS)
    base, other = one.subquery(), entry.alias()
    return list(
        connection.scalars(
            select(base.c.name)
            .join(other, and_(other.c.name == base.c.name, other.c.word.in_(others)))
            .group_by(base.c.name, base.c.size)
            .order_by(base.c.size, base.c.name)
            .limit(_CANDIDATES)
        )
    )


def _with_any(connection: Connection, ids: Sequence[int], most: int) -> list[int]:
    """Names that have one of these words, of the most alike word and short ones first."""
    found: list[int] = []
    for number in ids:
        names = (
            select(entry.c.name)
            .where(entry.c.word == number)
            .order_by(entry.c.size, entry.c.name)
            .limit(most - len(found))
        )
        found += connection.scalars(names)
        if len(found) >= most:
            break
    return found


def _count(rows: Select[Any], most: int) -> ScalarSelect[int]:
    """How many rows there are, counted up to a bound."""
    return select(func.count()).select_from(rows.limit(most).subquery()).scalar_subquery()
