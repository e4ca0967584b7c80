"""The event store on PostgreSQL: the library's recorder, with our rows in the same transaction.

Processes decide at once. What keeps them apart: unique keys, the versions of the rows that they
rely on, and one row, the clock, that is held from the giving out of positions to the commit. So
positions have no holes, and whoever reads on after the last one seen misses nothing.
"""

import time
from collections.abc import Collection, Iterable, Iterator, Sequence
from contextlib import contextmanager
from typing import Any, Final
from uuid import UUID

import psycopg
from eventsourcing.persistence import (
    DataError,
    IntegrityError,
    Notification,
    OperationalError,
    PersistenceError,
    StoredEvent,
)
from eventsourcing.postgres import PostgresProcessRecorder

from eventstore.domain.events import Id
from eventstore.faults import faultpoint
from eventstore.reading import Recorded
from eventstore.recorders import postgres_statements as sql
from eventstore.recorders.coding import recorded, sealing_of, stored
from eventstore.recorders.port import Meanwhile
from eventstore.recorders.postgres_connection import (
    connection_settings,
    open_datastore,
    prepare_database,
)
from eventstore.recorders.postgres_flight import flight, roll_back
from eventstore.recorders.postgres_reading import Moment, PostgresReading, Row, fetch
from eventstore.recorders.postgres_writing import send_rows, write_events
from eventstore.rows import Changes, Quarantine, Source

_OUTCOME_WITHIN_S: Final = 10.0
_LOOK_S: Final = 0.1
_ENDLESS: Final = 2**63 - 1


class PostgresCustomerRecorder(PostgresReading, PostgresProcessRecorder):
    """See `eventstore.recorders.port`. Any number of processes may write.

    Not through a pooler that shares connections between statements: statements are prepared.
    """

    def __init__(self, url: str, *, schema: str = "public", pool_size: int = 16) -> None:
        """Make the tables where they are missing.

        Raises StoreUnfit, and OperationalError while the server is away.
        """
        settings = connection_settings(url, schema)
        prepare_database(settings, schema)
        super().__init__(open_datastore(settings, schema, pool_size))

    def create_table(self) -> None:
        """Nothing: the constructor has made what the library's statements do not know of."""

    def close(self) -> None:
        self.datastore.close()

    # --- writing ---

    def save(self, changes: Changes, meanwhile: Meanwhile | None = None) -> int:
        """See the port. An answer that was lost on the way is asked for again."""
        sealing = sealing_of(changes, self.keys)
        events: list[tuple[Id, int, str, bytes]] = []
        transaction = ""
        try:
            with self._connection() as connection, flight(connection) as flying:
                first = send_rows(flying, changes, sealing.fresh)
                events += stored(changes, sealing)  # while the server writes those rows
                transaction = first.landed(flying)
                faultpoint("store.in_transaction")
                position = write_events(flying, changes, events, meanwhile)
                faultpoint("store.after_commit")
                return position
        except OperationalError:
            if transaction and self._is_committed(transaction):
                return self._position_of(events)
            raise

    def _is_committed(self, transaction: str) -> bool:
        """What became of a transaction whose answer did not come; False if nobody can say."""
        end = time.monotonic() + _OUTCOME_WITHIN_S
        while time.monotonic() < end:
            try:
                ((status,),) = self._rows(sql.STATUS, transaction)
            except OperationalError:
                status = "in progress"
            except DataError:  # a server that never heard of it has taken over
                return False
            if status != "in progress":
                return bool(status == "committed")
            time.sleep(_LOOK_S)
        return False

    def _position_of(self, events: Sequence[tuple[Id, int, str, bytes]]) -> int:
        last = [(event[0], event[1]) for event in events[-1:]]
        return next(iter(self.positions(last).values()), 0)

    # --- the library's own ways in and out, for its tools; the hot path is above and below ---

    def insert_events(
        self, stored_events: Sequence[StoredEvent], **kwargs: Any
    ) -> Sequence[int] | None:
        events = [
            (_bytes_of(e.originator_id), e.originator_version, e.topic, e.state)
            for e in stored_events
        ]
        changes = Changes()
        if (tracking := kwargs.get("tracking")) is not None:
            name, reached = tracking.application_name, tracking.notification_id
            known = self.max_tracking_id(name)
            changes.positions[name] = (-1 if known is None else known, reached)
        with self._connection() as connection, flight(connection) as flying:
            send_rows(flying, changes, {}).landed(flying)
            last = write_events(flying, changes, events)
        return range(last - len(events) + 1, last + 1)

    def select_events(
        self,
        originator_id: UUID | str,
        *,
        gt: int | None = None,
        lte: int | None = None,
        desc: bool = False,
        limit: int | None = None,
    ) -> Sequence[StoredEvent]:
        query = sql.STREAM_BACK if desc else sql.STREAM
        bounds = (_or(gt, -1), _or(lte, _ENDLESS), _or(limit, _ENDLESS))
        rows = self._rows(query, _bytes_of(originator_id), *bounds)
        return [StoredEvent(UUID(bytes=row[0]), *row[1:]) for row in rows]

    def select_notifications(
        self,
        start: int | None,
        limit: int,
        stop: int | None = None,
        topics: Sequence[str] = (),
        *,
        inclusive_of_start: bool = True,
    ) -> Sequence[Notification]:
        first = _or(start, 0) + (start is not None and not inclusive_of_start)
        wanted = list(topics)
        rows = self._rows(sql.LOG, first, _or(stop, _ENDLESS), wanted, wanted, limit)
        return [Notification(UUID(bytes=r[1]), r[2], r[3], r[4], id=r[0]) for r in rows]

    @contextmanager
    def snapshot(self) -> Iterator[Source]:
        """See the port."""
        with self._connection() as connection:
            connection.execute(sql.BEGIN_READING)
            yield Moment(connection)
            connection.execute(sql.COMMIT)

    # --- what processors, projections and audits read ---

    def max_tracking_id(self, application_name: str) -> int | None:
        rows = self._rows(sql.TRACKED, application_name)
        return rows[0][0] if rows else None

    def read(self, after: int, limit: int, *, personal: bool = False) -> Sequence[Recorded]:
        return recorded(self._rows(sql.READ, after, limit), self.keys, personal=personal)

    def said(self, after: int, limit: int) -> Sequence[Recorded]:
        return recorded(self._rows(sql.SAID, after, limit), self.keys, personal=True)

    def heads(self, after: Id, limit: int) -> list[Id]:
        return [row[0] for row in self._rows(sql.HEADS, after, limit)]

    def leaves(self, after: Id, limit: int) -> list[Id]:
        return [row[0] for row in self._rows(sql.LEAVES, after, limit)]

    def ledger(self) -> dict[tuple[str, int, str], int]:
        return {(r[0], r[1], r[2]): r[3] for r in self._rows(sql.LEDGER_ALL)}

    def quarantined(self, ids: Collection[Id] | None = None) -> list[Quarantine]:
        rows = self._rows(sql.QUARANTINED) if ids is None else self._of(sql.QUARANTINED_IDS, ids)
        return sorted((Quarantine(*row) for row in rows), key=lambda item: item.received_at)

    def lead_ids(self) -> Iterable[Id]:
        return (row[0] for row in self._rows(sql.LEADS))

    # --- plumbing ---

    def _rows(self, query: bytes, *parameters: Any) -> list[Row]:
        with self._connection() as connection:
            return fetch(connection, query, parameters)

    @contextmanager
    def _connection(self) -> "Iterator[psycopg.Connection[Any]]":
        """A connection; whatever is no fault of the data is told as OperationalError."""
        try:
            with self.datastore.get_connection() as connection:
                try:
                    yield connection
                except Exception:
                    roll_back(connection)
                    raise
        except (IntegrityError, DataError, OperationalError):
            raise
        except PersistenceError as error:
            raise OperationalError(f"{type(error).__name__}: {error}") from error


def _bytes_of(originator_id: UUID | str) -> Id:
    return UUID(str(originator_id)).bytes


def _or(value: int | None, default: int) -> int:
    return default if value is None else value
