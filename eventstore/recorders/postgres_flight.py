"""Statements on their way to PostgreSQL, one behind the other, within its limits of time.

Nobody waits for an answer before the next statement, so the round trips are few. But a server that
waits for the next statement of a flight counts no time (`idle_in_transaction_session_timeout`)
unless a Sync came last: a process that is stopped there would hold its locks until it wakes. Hence
a Sync behind each statement.

By libpq itself: a statement costs a third of what it costs by psycopg's cursors and pipelines.
"""

import re
import struct
from collections.abc import Iterator
from contextlib import contextmanager
from itertools import count
from typing import Any, Final
from weakref import WeakKeyDictionary

import psycopg
from psycopg import generators
from psycopg.abc import PQGen
from psycopg.errors import InvalidSqlStatementName, error_from_result
from psycopg.pq import ExecStatus, Format, TransactionStatus
from psycopg.pq.abc import PGresult

from eventstore.recorders.postgres_arrays import Column

Parameter = Column | bytes | int
"""`int` is a bigint."""
_BIGINT: Final = struct.Struct(">q")
_OPEN: Final = (TransactionStatus.INTRANS, TransactionStatus.INERROR)
_PLACE: Final = re.compile(rb"%b")

_numbers = count()
_prepared: "WeakKeyDictionary[psycopg.Connection[Any], dict[bytes, bytes]]" = WeakKeyDictionary()
"""The statements that the server at the end of each connection knows, and by which names."""


class Answer:
    """Of one statement; here after `Flight.wait`."""

    result: PGresult

    @property
    def count(self) -> int:
        """Rows written or found."""
        return self.result.command_tuples or 0

    def blob(self, row: int = 0, column: int = 0) -> bytes:
        return self.result.get_value(row, column) or b""

    def number(self, row: int = 0, column: int = 0) -> int:
        """Of a bigint."""
        (value,) = _BIGINT.unpack(self.blob(row, column))
        return int(value)


class Flight:
    """Of one transaction, from BEGIN to COMMIT. Errors of the server come with `wait`."""

    def __init__(self, connection: "psycopg.Connection[Any]") -> None:
        self._connection = connection
        self._pgconn = connection.pgconn
        self._names = _prepared.setdefault(connection, {})
        self._new: list[bytes] = []
        self._awaited: list[Answer] = []

    def say(self, command: bytes, *, sync: bool = True) -> None:
        """BEGIN or COMMIT; without a Sync it goes with the next statement."""
        self._pgconn.send_query_params(command, None)
        self._awaited.append(Answer())
        if sync:
            self._sync()

    def send(self, query: bytes, *parameters: Parameter) -> Answer:
        """A statement with `%b` for each parameter; prepared when it goes for the first time."""
        name = self._names.get(query) or self._prepare(query)
        values = [_binary(parameter) for parameter in parameters]
        formats = [Format.BINARY] * len(values)
        self._pgconn.send_query_prepared(name, values, formats, Format.BINARY)
        self._awaited.append(answer := Answer())
        self._sync()
        return answer

    def push(self) -> None:
        """Until nothing of it lies here: what does, waits for us if we are stopped now."""
        self._connection.wait(generators.send(self._pgconn))

    def wait(self) -> None:
        """For all answers. Raises the first error among them."""
        for fault in self._connection.wait(self._answered()):
            raise fault

    def land(self) -> None:
        """Leave nothing on its way. What is begun stays open, or ends with the connection."""
        try:
            self._sync()
            self._connection.wait(self._answered())
            self._pgconn.exit_pipeline_mode()
        except psycopg.Error:
            self._connection.close()

    def _prepare(self, query: bytes) -> bytes:
        place = count(1)
        numbered = _PLACE.sub(lambda _: b"$%d" % next(place), query)
        self._names[query] = name = b"leadlog_%d" % next(_numbers)
        self._new.append(query)
        self._pgconn.send_prepare(name, numbered)
        self._awaited.append(Answer())
        return name

    def _sync(self) -> None:
        self._pgconn.pipeline_sync()  # which sends what stands there, as far as the socket takes it
        self._awaited.append(Answer())

    def _answered(self) -> PQGen[list[psycopg.Error]]:
        """Gives the errors among the answers."""
        yield from generators.send(self._pgconn)
        awaited, self._awaited = self._awaited, []
        faults = []
        for answer in awaited:
            for result in (yield from generators.fetch_many(self._pgconn)):
                answer.result = result
                if result.status == ExecStatus.FATAL_ERROR:
                    faults.append(error_from_result(result))
        if faults:
            self._forget(everything=isinstance(faults[0], InvalidSqlStatementName))
        self._new.clear()
        return faults

    def _forget(self, *, everything: bool) -> None:
        """What may not be prepared; everything, where somebody has said DEALLOCATE."""
        for query in list(self._names) if everything else self._new:
            self._names.pop(query, None)


@contextmanager
def flight(connection: "psycopg.Connection[Any]") -> Iterator[Flight]:
    """Ends with its last `wait`. After an exception the transaction is open: see `roll_back`."""
    connection.pgconn.enter_pipeline_mode()
    flying = Flight(connection)
    try:
        yield flying
    except Exception:
        flying.land()
        raise
    except BaseException:
        connection.close()
        raise
    connection.pgconn.exit_pipeline_mode()


def roll_back(connection: "psycopg.Connection[Any]") -> None:
    """As psycopg would, which then has the server forget every statement that was prepared."""
    if connection.pgconn.transaction_status in _OPEN:
        connection.pgconn.exec_(b"ROLLBACK")


def _binary(parameter: Parameter) -> bytes:
    if isinstance(parameter, bytes):
        return parameter
    return _BIGINT.pack(parameter) if isinstance(parameter, int) else parameter.binary()
