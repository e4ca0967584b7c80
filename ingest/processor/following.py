"""Carries out what goes on in pieces, beside the processor: one process at a time."""

import threading

from eventstore.following import Follower
from eventstore.lease import Alone, Lease
from ingest.metrics import PENDING
from ingest.processor.patience import until_done

_IDLE_S = 0.2


class FollowerLoop:
    """One thread's loop. It can be killed anywhere: each piece is a transaction."""

    def __init__(
        self, follower: Follower, lease: Lease | None = None, *, idle: float = _IDLE_S
    ) -> None:
        """`idle`: seconds between looks while there is nothing to do."""
        self._follower = follower
        self._lease = lease or Alone()
        self._idle = idle

    def run(self, stop: threading.Event) -> None:
        """Go on until `stop`; a store that is away is waited for."""
        try:
            while not stop.is_set():
                until_done(lambda: self.step(stop), stop)
                stop.wait(self._idle)
        finally:
            self._lease.release()

    def step(self, stop: threading.Event) -> None:
        """Everything that there is to do now."""
        PENDING.set(self._follower.left())
        if not self._lease.held():
            return
        for _ in self._follower.pieces():
            PENDING.set(self._follower.left())
            if stop.is_set() or not self._lease.held():
                return
