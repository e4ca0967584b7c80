"""A lease over PostgreSQL: an advisory lock that lives and dies with one session.

The server frees it when the holder's connection ends, when the holder's machine is gone (TCP
keep-alive), and when the holder says nothing for a while, because it hangs or was paused: a
holder that comes back finds its session closed, and the lease with another.
"""

import time
import zlib
from collections.abc import Callable
from typing import Any, Final

import psycopg
from eventsourcing.persistence import OperationalError

from eventstore.faults import faultpoint
from eventstore.recorders.postgres_connection import connection_settings

SILENCE_S: Final = 30.0
_ASK_S: Final = 1.0
_LEASES: Final = 0x1EA5E
"""The class of our advisory locks; the one of postgres_connection.py is of another kind."""


class PostgresLease:
    """See eventstore.lease.Lease. `name` is what the holder may do, in this database and schema.

    Not through a pooler that shares sessions. Whoever holds it must ask `held` more often than
    every `silence_s`.
    """

    def __init__(
        self,
        url: str,
        name: str,
        *,
        schema: str = "public",
        silence_s: float = SILENCE_S,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        """Connects when it is first asked. Raises StoreUnfit for an address that is none."""
        settings = connection_settings(url, schema)
        silence = f"-c idle_session_timeout={round(silence_s * 1000)}"
        settings["options"] = f"{settings['options']} {silence}"
        self._settings = settings
        self._number = zlib.crc32(f"{schema}/{name}".encode()) - 2**31
        self._clock = clock
        self._session: psycopg.Connection[Any] | None = None
        self._ours = False
        self._asked = float("-inf")

    def held(self) -> bool:
        """See the port. Raises OperationalError while the server is away."""
        if self._ours and self._clock() < self._asked + _ASK_S:
            return True
        try:
            self._ours = self._ask()
        except psycopg.Error as error:
            self.release()
            raise OperationalError(f"the lease is lost: {type(error).__name__}: {error}") from error
        self._asked = self._clock()
        return self._ours

    def release(self) -> None:
        session, self._session, self._ours = self._session, None, False
        if session is not None:
            session.close()

    def _ask(self) -> bool:
        if self._session is None:
            self._session = psycopg.connect(**self._settings, autocommit=True)
        if self._ours:
            self._session.execute("SELECT")  # that it answers is the proof
            return True
        found = self._session.execute(
            "SELECT pg_try_advisory_lock(%s, %s)", (_LEASES, self._number)
        ).fetchone()
        if not (found and found[0]):
            return False
        faultpoint("lease.after_taken")
        return True
