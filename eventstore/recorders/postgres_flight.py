"""Statements on their way to PostgreSQL, one behind the other, within its limits of time.

Nobody waits for an answer before the next statement, so the round trips are few. But a server that
waits for the next statement of a flight counts no time (`idle_in_transaction_session_timeout`)
unless a Sync came last: a process that is stopped there would hold its locks until it wakes. Hence
a Sync behind each statement. Leaving psycopg's pipeline sends a Flush, which ends the counting as
well: a flight is left only after its COMMIT.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import psycopg
from psycopg.rows import tuple_row

Cursor = psycopg.Cursor[Any]


class Flight:
    """Of one transaction, from BEGIN to COMMIT. Errors of the server come with any call."""

    def __init__(self, connection: "psycopg.Connection[Any]", pipeline: "psycopg.Pipeline") -> None:
        self._connection = connection
        self._pipeline = pipeline

    def send(self, query: bytes, *parameters: Any) -> Cursor:
        """The cursor has the answer after `wait`."""
        cursor = self._connection.cursor(binary=True, row_factory=tuple_row)
        cursor.execute(query, parameters, prepare=True)
        self._pipeline.pgconn.pipeline_sync()
        self._pipeline.result_queue.append(None)  # psycopg's own `sync` waits for the answers
        return cursor

    def say(self, query: bytes) -> None:
        """BEGIN or COMMIT."""
        self._connection.execute(query)

    def wait(self) -> None:
        """For all answers."""
        self._pipeline.sync()


@contextmanager
def flight(connection: "psycopg.Connection[Any]") -> Iterator[Flight]:
    with connection.pipeline() as pipeline:
        yield Flight(connection, pipeline)
