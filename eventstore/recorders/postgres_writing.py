"""One transaction of the event store on PostgreSQL, in two flights of statements.

The first one writes what other writers may hold, and looks whether they were faster. The second
takes the clock, writes the events and commits, all without waiting for us. A process that is slow
or dead keeps nobody waiting; one whose machine vanishes in the middle of the second flight, 25 s.
(One that is stopped just there and kept, by SIGSTOP or a paused machine, holds the clock until it
wakes or is ended: PostgreSQL's time limits do not count within a flight.)
"""

from collections.abc import Collection, Iterable, Sequence
from typing import Any

import psycopg
from eventsourcing.persistence import IntegrityError
from psycopg.rows import tuple_row
from psycopg.types.numeric import Int8

from eventstore.domain.events import Id
from eventstore.faults import faultpoint
from eventstore.recorders import postgres_statements as sql
from eventstore.recorders.coding import appearance_rows, deal_row, encode, vanished_rows
from eventstore.recorders.postgres_arrays import columns
from eventstore.rows import Changes, Hand
from eventstore.vault import Key

Connection = psycopg.Connection[Any]
Cursor = psycopg.Cursor[Any]


def write_rows(connection: Connection, changes: Changes, fresh: dict[Id, Key]) -> str:
    """Begin, and write the rows that others may hold; gives the transaction's id.

    Raises IntegrityError where another writer was first.
    """
    known = sorted((leaf, v, card) for leaf, (v, card) in changes.cards.items() if v)
    new = sorted((leaf, card) for leaf, (version, card) in changes.cards.items() if not version)
    pairs = sorted(changes.pairs.items())
    with connection.pipeline():
        connection.execute(sql.BEGIN)
        transaction = _run(connection, sql.TRANSACTION)
        tracked = _track(connection, changes)
        _write(connection, sql.KEYS, sorted(changes.keys.items()))
        _write(connection, sql.SECRETS, sorted(fresh.items()))
        _write(connection, sql.NEW_CARDS, [(leaf, c.person, encode(c)) for leaf, c in new])
        moved = _write(
            connection,
            sql.CARDS,
            [(leaf, c.person, version, encode(c)) for leaf, version, c in known],
        )
        _write_deals(connection, changes)
        pending = _write_pending(connection, changes)
        _write(connection, sql.PAIRS, [(*key, encode(pair)) for key, pair in pairs if pair])
        for key, pair in pairs:
            if pair is None:
                _run(connection, sql.GONE_PAIR, *key)
        _write_appearances(connection, changes)
    if tracked is not None and tracked.rowcount != len(changes.positions):
        raise IntegrityError("another processor has passed this place of the log already")
    expected = {(leaf, version + 1) for leaf, version, _ in known}
    if moved is not None and {tuple(row) for row in moved.fetchall()} != expected:
        raise IntegrityError("another writer changed a card meanwhile")
    if sum(len(cursor.fetchall()) for cursor in pending if cursor) != len(changes.pending):
        raise IntegrityError("another writer went on with this piece of work meanwhile")
    (transaction_id,) = transaction.fetchone() or ("",)
    return str(transaction_id)


def write_events(
    connection: Connection, changes: Changes, events: Sequence[tuple[Id, int, str, bytes]]
) -> int:
    """Give out positions, write what hangs on them and what all writers share, and commit.

    Gives the position of the last event, 0 for none. Raises IntegrityError as above.
    """
    count = Int8(len(events))
    streams, versions, topics, states = columns(events, 4)
    with connection.pipeline():
        _run(connection, sql.EVENTS, count, count, streams, versions, topics, states)
        if hands := _once_each(changes.hands):
            _run(connection, sql.HANDS, count, *columns(hands, 6))
        _write(connection, sql.WITHDRAWN, [(*k, n) for k, n in sorted(changes.withdrawn.items())])
        _write(connection, sql.LEDGER, [(*k, n) for k, n in sorted(changes.ledger.items())])
        _write(
            connection, sql.QUARANTINE, list({q.id: q for q in changes.quarantine[::-1]}.values())
        )
        if changes.quarantine:
            faultpoint("store.in_quarantine")
        for released in changes.released:
            _run(connection, sql.RELEASED, released)
        position = _run(connection, sql.POSITION)
        faultpoint("store.before_commit")
        connection.execute(sql.COMMIT)
    ((last,),) = position.fetchall()
    return int(last) if events else 0


def _track(connection: Connection, changes: Changes) -> Cursor | None:
    """Move on from the places where these deliveries were decided, and from no others."""
    rows = [(name, after, name, before) for name, (before, after) in changes.positions.items()]
    return _write(connection, sql.TRACKING, sorted(rows))


def _write_deals(connection: Connection, changes: Changes) -> None:
    deals = sorted(changes.deals.items())
    standing = [(name, *row) for name, row in deals if row]
    _write(connection, sql.DEALS, [deal_row(person, deal) for _, person, deal in standing])
    threads = sorted((thread, name) for name, _, deal in standing for thread in deal.threads)
    _write(connection, sql.DEAL_THREADS, threads)
    _write(connection, sql.GONE_DEALS, [(name,) for name, row in deals if row is None])


def _write_appearances(connection: Connection, changes: Changes) -> None:
    _write(connection, sql.VANISHED, vanished_rows(changes))
    _write(connection, sql.APPEARANCES, appearance_rows(changes.appearances))
    joins = sorted(changes.joins.items())
    _write(connection, sql.JOINED, [join for join in joins if join[1]])
    _write(connection, sql.SEPARATED, [(deal,) for deal, into in joins if not into])


def _write_pending(connection: Connection, changes: Changes) -> list[Cursor | None]:
    pending = sorted(changes.pending.items())
    new = [(name, encode(row)) for name, (version, row) in pending if row and not version]
    moved = [(name, version, encode(row)) for name, (version, row) in pending if row and version]
    done = [(name, version) for name, (version, row) in pending if row is None]
    return [
        _write(connection, sql.NEW_PENDING, new),
        _write(connection, sql.PENDING, moved),
        _write(connection, sql.DONE, done),
    ]


def _write(connection: Connection, query: bytes, rows: Collection[Sequence[Any]]) -> Cursor | None:
    """All rows by one statement; None where there are none."""
    return _run(connection, query, *columns(rows, 0)) if rows else None


def _run(connection: Connection, query: bytes, *parameters: Any) -> Cursor:
    cursor = connection.cursor(binary=True, row_factory=tuple_row)
    return cursor.execute(query, parameters, prepare=True)


def _once_each(hands: Iterable[tuple[Hand, bool]]) -> list[Sequence[Any]]:
    """Each decision where it came first, in force or not as it came last."""
    found: dict[tuple[Id, Id, Id], Sequence[Any]] = {}
    for hand, in_force in hands:
        first = found.get((hand.decision, hand.a, hand.b), hand)
        found[hand.decision, hand.a, hand.b] = (*first[:5], in_force)
    return list(found.values())
