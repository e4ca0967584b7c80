"""Rows of one transaction of the event store on SQLite."""

from collections.abc import Mapping

from eventsourcing.persistence import IntegrityError
from eventsourcing.sqlite import SQLiteCursor

from eventstore.domain.deals import Deal
from eventstore.domain.events import Id
from eventstore.faults import faultpoint
from eventstore.recorders.coding import (
    deal_row,
    encode,
    returned_gone,
    returned_rows,
    review_rows,
    reviews_gone,
)
from eventstore.recorders.sqlite_appearances import near_of, placed
from eventstore.rows import Card, Changes, Pending

STIRRED = "INSERT INTO review_stirred VALUES (?,1) ON CONFLICT (leaf) DO UPDATE SET mark = mark + 1"
RETURNED = (
    "INSERT INTO returned VALUES (?,?,?,?) ON CONFLICT (deal) DO UPDATE SET since = excluded.since,"
    " owner = excluded.owner, because = iif(?, because, excluded.because)"
)
JOIN = (
    "INSERT INTO deal_joined VALUES (?,?) ON CONFLICT (deal) DO UPDATE SET target = excluded.target"
)


def write_rows(cursor: SQLiteCursor, changes: Changes, first: int) -> None:
    """Everything but events, keys of leaf cards and positions of the log.

    `first` is the position of the first event. Raises IntegrityError where another writer was
    first.
    """
    cursor.executemany("INSERT INTO key VALUES (?,?)", sorted(changes.keys.items()))
    where = placed(changes, near_of(cursor, changes))
    _write_cards(cursor, changes.cards, where.near)
    where.write_far(cursor)
    _write_deals(cursor, changes.deals)
    _write_joins(cursor, changes.joins)
    cursor.executemany(
        "INSERT OR REPLACE INTO pair VALUES (?,?,?)",
        [(a, b, encode(pair)) for (a, b), pair in sorted(changes.pairs.items()) if pair],
    )
    cursor.executemany(
        "DELETE FROM pair WHERE a = ? AND b = ?",
        [key for key, pair in sorted(changes.pairs.items()) if pair is None],
    )
    cursor.executemany(
        "INSERT INTO hand VALUES (?,?,?,?,?,?) ON CONFLICT (decision, a, b)"
        " DO UPDATE SET in_force = excluded.in_force",
        [
            (h.decision, h.kind, h.a, h.b, first + h.order[1] if h.order[0] else h.position, force)
            for h, force in changes.hands
        ],
    )
    cursor.executemany(
        "INSERT INTO withdrawn VALUES (?,?,?,?) ON CONFLICT (a, b, lead)"
        " DO UPDATE SET times = times + excluded.times",
        [(*key, times) for key, times in sorted(changes.withdrawn.items())],
    )
    _write_pending(cursor, changes.pending)
    cursor.executemany("INSERT INTO counted VALUES (?,?)", sorted(changes.counted))
    cursor.executemany("DELETE FROM counted WHERE work = ? AND what = ?", sorted(changes.uncounted))
    _write_reviews(cursor, changes)
    if changes.returned:
        cursor.executemany(RETURNED, returned_rows(changes))
        cursor.executemany("DELETE FROM returned WHERE deal = ?", returned_gone(changes))
    cursor.executemany(
        "INSERT INTO ledger VALUES (?,?,?,?) ON CONFLICT (account, hour, outcome)"
        " DO UPDATE SET deliveries = deliveries + excluded.deliveries",
        [(*key, count) for key, count in changes.ledger.items()],
    )
    cursor.executemany("INSERT OR IGNORE INTO quarantine VALUES (?,?,?,?,?)", changes.quarantine)
    if changes.quarantine:
        faultpoint("store.in_quarantine")
    cursor.executemany("DELETE FROM quarantine WHERE id = ?", [(i,) for i in changes.released])


def _write_cards(
    cursor: SQLiteCursor, cards: Mapping[Id, tuple[int, Card]], near: Mapping[Id, bytes]
) -> None:
    fresh, known = [], []
    for leaf, (version, card) in sorted(cards.items()):
        if version:
            known.append((card.person, encode(card), near.get(leaf), leaf, version))
        else:
            fresh.append((leaf, card.person, encode(card), near.get(leaf, b"")))
    cursor.executemany("INSERT INTO card VALUES (?,?,1,?,?)", fresh)
    cursor.executemany(
        "UPDATE card SET person = ?, state = ?, near = coalesce(?, near), version = version + 1"
        " WHERE leaf = ? AND version = ?",
        known,
    )
    if known and cursor.sqlite_cursor.rowcount != len(known):
        raise IntegrityError("another writer changed a card meanwhile")
    cursor.executemany(
        "UPDATE card SET near = ? WHERE leaf = ?",
        [(here, leaf) for leaf, here in sorted(near.items()) if leaf not in cards],
    )


def _write_pending(cursor: SQLiteCursor, pending: Mapping[Id, tuple[int, Pending | None]]) -> None:
    """Few at a time; one that another writer moved on is told."""
    for name, (version, row) in sorted(pending.items()):
        if row is None:
            cursor.execute("DELETE FROM pending WHERE id = ? AND version = ?", (name, version))
        elif version:
            cursor.execute(
                "UPDATE pending SET state = ?, version = version + 1 WHERE id = ? AND version = ?",
                (encode(row), name, version),
            )
        else:
            cursor.execute("INSERT INTO pending VALUES (?,1,?)", (name, encode(row)))
        if cursor.sqlite_cursor.rowcount != 1:
            raise IntegrityError("another writer went on with this piece of work meanwhile")


def _write_reviews(cursor: SQLiteCursor, changes: Changes) -> None:
    if changes.stirred:
        cursor.executemany(STIRRED, [(leaf,) for leaf in sorted(changes.stirred)])
    if not changes.settled:
        return
    cursor.executemany("DELETE FROM review_stirred WHERE leaf = ? AND mark = ?",
                       sorted(changes.settled.items()))  # fmt: skip
    if cursor.sqlite_cursor.rowcount != len(changes.settled):
        raise IntegrityError("what the review queue was made from changed meanwhile")
    cursor.executemany("DELETE FROM review WHERE a = ? AND b = ?", reviews_gone(changes))
    cursor.executemany("INSERT OR REPLACE INTO review VALUES (?,?,?,?,?,?)", review_rows(changes))


def _write_joins(cursor: SQLiteCursor, joins: Mapping[Id, Id]) -> None:
    cursor.executemany(JOIN, [join for join in sorted(joins.items()) if join[1]])
    cursor.executemany(
        "DELETE FROM deal_joined WHERE deal = ?",
        [(deal,) for deal, into in sorted(joins.items()) if not into],
    )


def _write_deals(cursor: SQLiteCursor, deals: Mapping[Id, tuple[Id, Deal] | None]) -> None:
    standing = [(deal, *row) for deal, row in sorted(deals.items()) if row]
    cursor.executemany(
        "INSERT INTO deal VALUES (?,?,?,?,?,?,?) ON CONFLICT (id) DO UPDATE SET"
        " person = excluded.person, standing = excluded.standing, activity = excluded.activity,"
        " closed_at = excluded.closed_at, state = excluded.state",
        [deal_row(person, deal) for _, person, deal in standing],
    )
    cursor.executemany(
        "INSERT OR IGNORE INTO deal_thread VALUES (?,?)",
        [(thread, name) for name, _, deal in standing for thread in deal.threads],
    )
    gone = [(deal,) for deal, row in sorted(deals.items()) if row is None]
    cursor.executemany("DELETE FROM deal WHERE id = ?", gone)
