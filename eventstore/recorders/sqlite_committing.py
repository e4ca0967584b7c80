"""Commits on SQLite beside Python rather than in its way."""

import threading
from concurrent.futures import ThreadPoolExecutor

from eventsourcing.sqlite import SQLiteCursor

from eventstore.recorders.port import Meanwhile


class Committer:
    """Of one store in one process. Thread-safe.

    A commit is one call of SQLite's, a sixth of what a lead costs, and needs nothing of the
    interpreter: whoever saves may do something else meanwhile.
    """

    def __init__(self) -> None:
        self._thread = ThreadPoolExecutor(1, "sqlite-commit")

    def close(self) -> None:
        """Wait for what is begun."""
        self._thread.shutdown()

    def commit(self, cursor: SQLiteCursor, meanwhile: Meanwhile) -> None:
        """Commit the cursor's transaction in another thread, and do this `meanwhile`."""
        connection, begun = cursor.sqlite_cursor.connection, threading.Event()

        def commit() -> None:
            begun.set()
            connection.commit()

        committing = self._thread.submit(commit)
        begun.wait()  # else the thread would wait first until we give up Python, some 5 ms
        try:
            meanwhile()
        finally:
            committing.result()
