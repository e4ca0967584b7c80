"""One transaction of the event store on PostgreSQL, in two flights of statements.

The first one writes what other writers may hold, and looks whether they were faster. The second
takes the clock, writes the events and commits, all without waiting for us. A process that is slow
or dead keeps nobody waiting; one that is stopped anywhere between, by SIGSTOP say, for as long as
a session may be idle in a transaction; one whose machine vanishes, 25 s.
"""

from collections.abc import Collection, Iterable, Sequence
from typing import Any

from eventsourcing.persistence import IntegrityError
from psycopg.types.numeric import Int8

from eventstore.domain.events import Id
from eventstore.faults import faultpoint
from eventstore.recorders import postgres_statements as sql
from eventstore.recorders.coding import appearance_rows, deal_row, encode, vanished_rows
from eventstore.recorders.postgres_arrays import columns
from eventstore.recorders.postgres_flight import Cursor, Flight
from eventstore.rows import Changes, Hand
from eventstore.vault import Key


def write_rows(flight: Flight, changes: Changes, fresh: dict[Id, Key]) -> str:
    """Begin, and write the rows that others may hold; gives the transaction's id.

    Raises IntegrityError where another writer was first.
    """
    known = sorted((leaf, v, card) for leaf, (v, card) in changes.cards.items() if v)
    new = sorted((leaf, card) for leaf, (version, card) in changes.cards.items() if not version)
    pairs = sorted(changes.pairs.items())
    flight.say(sql.BEGIN)
    transaction = flight.send(sql.TRANSACTION)
    tracked = _track(flight, changes)
    _write(flight, sql.KEYS, sorted(changes.keys.items()))
    _write(flight, sql.SECRETS, sorted(fresh.items()))
    _write(flight, sql.NEW_CARDS, [(leaf, c.person, encode(c)) for leaf, c in new])
    moved = _write(
        flight,
        sql.CARDS,
        [(leaf, c.person, version, encode(c)) for leaf, version, c in known],
    )
    _write_deals(flight, changes)
    pending = _write_pending(flight, changes)
    _write(flight, sql.PAIRS, [(*key, encode(pair)) for key, pair in pairs if pair])
    for key, pair in pairs:
        if pair is None:
            flight.send(sql.GONE_PAIR, *key)
    _write_appearances(flight, changes)
    flight.wait()
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
    flight: Flight, changes: Changes, events: Sequence[tuple[Id, int, str, bytes]]
) -> int:
    """Give out positions, write what hangs on them and what all writers share, and commit.

    Gives the position of the last event, 0 for none. Raises IntegrityError as above.
    """
    count = Int8(len(events))
    streams, versions, topics, states = columns(events, 4)
    flight.send(sql.EVENTS, count, count, streams, versions, topics, states)
    if hands := _once_each(changes.hands):
        flight.send(sql.HANDS, count, *columns(hands, 6))
    _write(flight, sql.WITHDRAWN, [(*k, n) for k, n in sorted(changes.withdrawn.items())])
    _write(flight, sql.LEDGER, [(*k, n) for k, n in sorted(changes.ledger.items())])
    _write(flight, sql.QUARANTINE, list({q.id: q for q in changes.quarantine[::-1]}.values()))
    if changes.quarantine:
        faultpoint("store.in_quarantine")
    for released in changes.released:
        flight.send(sql.RELEASED, released)
    position = flight.send(sql.POSITION)
    faultpoint("store.before_commit")
    flight.say(sql.COMMIT)
    flight.wait()
    ((last,),) = position.fetchall()
    return int(last) if events else 0


def _track(flight: Flight, changes: Changes) -> Cursor | None:
    """Move on from the places where these deliveries were decided, and from no others."""
    rows = [(name, after, name, before) for name, (before, after) in changes.positions.items()]
    return _write(flight, sql.TRACKING, sorted(rows))


def _write_deals(flight: Flight, changes: Changes) -> None:
    deals = sorted(changes.deals.items())
    standing = [(name, *row) for name, row in deals if row]
    _write(flight, sql.DEALS, [deal_row(person, deal) for _, person, deal in standing])
    threads = sorted((thread, name) for name, _, deal in standing for thread in deal.threads)
    _write(flight, sql.DEAL_THREADS, threads)
    _write(flight, sql.GONE_DEALS, [(name,) for name, row in deals if row is None])


def _write_appearances(flight: Flight, changes: Changes) -> None:
    _write(flight, sql.VANISHED, vanished_rows(changes))
    _write(flight, sql.APPEARANCES, appearance_rows(changes.appearances))
    joins = sorted(changes.joins.items())
    _write(flight, sql.JOINED, [join for join in joins if join[1]])
    _write(flight, sql.SEPARATED, [(deal,) for deal, into in joins if not into])


def _write_pending(flight: Flight, changes: Changes) -> list[Cursor | None]:
    pending = sorted(changes.pending.items())
    new = [(name, encode(row)) for name, (version, row) in pending if row and not version]
    moved = [(name, version, encode(row)) for name, (version, row) in pending if row and version]
    done = [(name, version) for name, (version, row) in pending if row is None]
    return [
        _write(flight, sql.NEW_PENDING, new),
        _write(flight, sql.PENDING, moved),
        _write(flight, sql.DONE, done),
    ]


def _write(flight: Flight, query: bytes, rows: Collection[Sequence[Any]]) -> Cursor | None:
    """All rows by one statement; None where there are none."""
    return flight.send(query, *columns(rows, 0)) if rows else None


def _once_each(hands: Iterable[tuple[Hand, bool]]) -> list[Sequence[Any]]:
    """Each decision where it came first, in force or not as it came last."""
    found: dict[tuple[Id, Id, Id], Sequence[Any]] = {}
    for hand, in_force in hands:
        first = found.get((hand.decision, hand.a, hand.b), hand)
        found[hand.decision, hand.a, hand.b] = (*first[:5], in_force)
    return list(found.values())
