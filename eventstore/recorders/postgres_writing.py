"""One transaction of the event store on PostgreSQL, in two flights of statements.

The first one writes what other writers may hold, and looks whether they were faster. The second
takes the clock, writes the events and commits, all without waiting for us. A process that is slow
or dead keeps nobody waiting; one that is stopped anywhere between, by SIGSTOP say, for as long as
a session may be idle in a transaction; one whose machine vanishes, 25 s.
"""

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from eventsourcing.persistence import IntegrityError

from eventstore.domain.events import Id
from eventstore.faults import faultpoint
from eventstore.recorders import postgres_statements as sql
from eventstore.recorders.coding import (
    appearance_rows,
    deal_row,
    encode,
    returned_gone,
    returned_rows,
    review_rows,
    reviews_gone,
    vanished_rows,
)
from eventstore.recorders.port import Meanwhile
from eventstore.recorders.postgres_arrays import Blobs, Numbers, Texts, columns
from eventstore.recorders.postgres_flight import Answer, Flight
from eventstore.rows import Changes, Hand
from eventstore.vault import Key


@dataclass(frozen=True, kw_only=True, slots=True)
class FirstFlight:
    """What `send_rows` has sent, and what is to come of it."""

    changes: Changes
    transaction: Answer
    tracked: Answer | None
    known: dict[Id, int]
    """The cards that are written anew, and in which version they were read."""
    moved: Answer | None
    pending: list[Answer | None]
    settled: Answer | None

    def landed(self, flight: Flight) -> str:
        """Wait for it; gives the transaction's id.

        Raises IntegrityError where another writer was first.
        """
        flight.wait()
        if self.tracked is not None and self.tracked.count != len(self.changes.positions):
            raise IntegrityError("another processor has passed this place of the log already")
        if self.moved is not None and _versions(self.moved) != {
            leaf: version + 1 for leaf, version in self.known.items()
        }:
            raise IntegrityError("another writer changed a card meanwhile")
        if sum(answer.count for answer in self.pending if answer) != len(self.changes.pending):
            raise IntegrityError("another writer went on with this piece of work meanwhile")
        if self.settled is not None and self.settled.count != len(self.changes.settled):
            raise IntegrityError("what the review queue was made from changed meanwhile")
        return self.transaction.blob().decode()


def send_rows(flight: Flight, changes: Changes, fresh: dict[Id, Key]) -> FirstFlight:
    """Begin, and send the rows that others may hold."""
    known = sorted((leaf, v, card) for leaf, (v, card) in changes.cards.items() if v)
    new = sorted((leaf, card) for leaf, (version, card) in changes.cards.items() if not version)
    pairs = sorted(changes.pairs.items())
    flight.say(sql.BEGIN, sync=False)
    transaction = flight.send(sql.TRANSACTION)
    tracked = _track(flight, changes)
    _write(flight, sql.KEYS, sorted(changes.keys.items()))
    _write(flight, sql.SECRETS, sorted(fresh.items()))
    _write(flight, sql.NEW_CARDS, [(leaf, c.person, encode(c)) for leaf, c in new])
    moved = _write(flight, sql.CARDS, [(leaf, c.person, v, encode(c)) for leaf, v, c in known])
    _write_deals(flight, changes)
    pending = _write_pending(flight, changes)
    _write(flight, sql.PAIRS, [(*key, encode(pair)) for key, pair in pairs if pair])
    for key, pair in pairs:
        if pair is None:
            flight.send(sql.GONE_PAIR, *key)
    _write_appearances(flight, changes)
    settled = _write_reviews(flight, changes)
    if changes.returned:
        _write_returned(flight, changes)
    flight.push()
    return FirstFlight(
        changes=changes,
        transaction=transaction,
        tracked=tracked,
        known={leaf: version for leaf, version, _ in known},
        moved=moved,
        pending=pending,
        settled=settled,
    )


def write_events(
    flight: Flight,
    changes: Changes,
    events: Sequence[tuple[Id, int, str, bytes]],
    meanwhile: Meanwhile | None = None,
) -> int:
    """Give out positions, write what hangs on them and what all writers share, and commit.

    Gives the position of the last event, 0 for none. Raises IntegrityError as above.
    """
    streams, versions, topics, states = zip(*events, strict=True) if events else [()] * 4
    count = len(events)
    written = flight.send(
        sql.EVENTS, count, count, Blobs(streams), Numbers(versions), Texts(topics), Blobs(states)
    )
    if hands := _once_each(changes.hands):
        flight.send(sql.HANDS, count, *columns(hands))
    _write(flight, sql.WITHDRAWN, [(*k, n) for k, n in sorted(changes.withdrawn.items())])
    _write(flight, sql.COUNT, sorted(changes.counted))
    _write(flight, sql.UNCOUNT, sorted(changes.uncounted))
    _write(flight, sql.LEDGER, [(*k, n) for k, n in sorted(changes.ledger.items())])
    _write(flight, sql.QUARANTINE, list({q.id: q for q in changes.quarantine[::-1]}.values()))
    if changes.quarantine:
        faultpoint("store.in_quarantine")
    for released in changes.released:
        flight.send(sql.RELEASED, released)
    faultpoint("store.before_commit")
    flight.say(sql.COMMIT)
    if meanwhile is not None:
        flight.push()
        meanwhile()
    flight.wait()
    return written.number() if events else 0


def _track(flight: Flight, changes: Changes) -> Answer | None:
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
    # Of a lead that this batch records first there are no rows yet: nothing to look for.
    first = {stream for stream, version, _, _ in changes.events if version == 1}
    rows = appearance_rows(changes.appearances)
    _write(flight, sql.NEW_APPEARANCES, [row for row in rows if row[3] in first])
    _write(flight, sql.APPEARANCES, [row for row in rows if row[3] not in first])
    joins = sorted(changes.joins.items())
    _write(flight, sql.JOINED, [join for join in joins if join[1]])
    _write(flight, sql.SEPARATED, [(deal,) for deal, into in joins if not into])


def _write_reviews(flight: Flight, changes: Changes) -> Answer | None:
    _write(flight, sql.STIRRED, [(leaf,) for leaf in sorted(changes.stirred)])
    settled = _write(flight, sql.SETTLED, sorted(changes.settled.items()))
    _write(flight, sql.REVIEWS_GONE, reviews_gone(changes))
    _write(flight, sql.REVIEWS, review_rows(changes))
    return settled


def _write_returned(flight: Flight, changes: Changes) -> None:
    rows = returned_rows(changes)
    _write(flight, sql.RETURNED, [row[:4] for row in rows if not row[4]])
    _write(flight, sql.RETURNED_KEPT, [row[:4] for row in rows if row[4]])
    _write(flight, sql.RETURNED_GONE, returned_gone(changes))


def _write_pending(flight: Flight, changes: Changes) -> list[Answer | None]:
    pending = sorted(changes.pending.items())
    new = [(name, encode(row)) for name, (version, row) in pending if row and not version]
    moved = [(name, version, encode(row)) for name, (version, row) in pending if row and version]
    done = [(name, version) for name, (version, row) in pending if row is None]
    return [
        _write(flight, sql.NEW_PENDING, new),
        _write(flight, sql.PENDING, moved),
        _write(flight, sql.DONE, done),
    ]


def _versions(moved: Answer) -> dict[Id, int]:
    rows = range(moved.result.ntuples)
    return {moved.blob(row): moved.number(row, 1) for row in rows}


def _write(flight: Flight, query: bytes, rows: Collection[Sequence[Any]]) -> Answer | None:
    """All rows by one statement; None where there are none."""
    return flight.send(query, *columns(rows)) if rows else None


def _once_each(hands: Iterable[tuple[Hand, bool]]) -> list[Sequence[Any]]:
    """Each decision where it came first, in force or not as it came last."""
    found: dict[tuple[Id, Id, Id], Sequence[Any]] = {}
    for hand, in_force in hands:
        first = found.get((hand.decision, hand.a, hand.b), hand)
        found[hand.decision, hand.a, hand.b] = (*first[:5], in_force)
    return list(found.values())
