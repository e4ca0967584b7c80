"""Carries out what goes on in pieces, beside the processor: one process at a time."""

import threading
from typing import Final

import structlog

from eventstore.customer_base import Contended
from eventstore.domain.events import Id
from eventstore.following import Follower
from eventstore.lease import Alone, Lease
from ingest.metrics import PENDING, PIECES_FAILED
from ingest.processor.patience import PASSES, until_done

_IDLE_S: Final = 0.2
_AFTER_A_FAULT_S: Final = 10.0
_log = structlog.get_logger(__name__)


class _Over(Exception):
    """There is no time for more: this process stops, or the lease is another's."""


class FollowerLoop:
    """One thread's loop. It can be killed anywhere: each piece is a transaction."""

    def __init__(
        self, follower: Follower, lease: Lease | None = None, *, idle: float = _IDLE_S
    ) -> None:
        """`idle`: seconds between looks while there is nothing to do."""
        self._follower = follower
        self._lease = lease or Alone()
        self._idle = idle
        self._failed = False

    def run(self, stop: threading.Event) -> None:
        """Go on until `stop`; a store that is away is waited for."""
        try:
            while not stop.is_set():
                until_done(lambda: self.step(stop), stop)
                stop.wait(_AFTER_A_FAULT_S if self._failed else self._idle)
        finally:
            self._lease.release()

    def step(self, stop: threading.Event) -> None:
        """Everything that there is to do now. What fails stays to be done, and holds up nothing."""
        self._failed = False
        PENDING.set(self._follower.left())
        if not self._lease.held():
            return
        for name in self._follower.everything():
            try:
                self._carry_on(name, stop)
            except _Over:
                return
            except PASSES:
                raise
            except Contended:
                _log.info("pieces_wait", of=name.hex(), why="others wrote faster every time")
            except Exception:  # noqa: BLE001 - leads must not stop for the sake of one decision
                self._failed = True
                PIECES_FAILED.inc()
                _log.exception(
                    "pieces_failed",
                    of=name.hex(),
                    next_try_s=_AFTER_A_FAULT_S,
                    remedy="leads and other decisions go on; undo the decision, or mend the fault",
                )

    def _carry_on(self, name: Id, stop: threading.Event) -> None:
        def beat() -> None:
            if stop.is_set() or not self._lease.held():
                raise _Over

        for _ in self._follower.pieces_of(name, beat):
            PENDING.set(self._follower.left())
            beat()
