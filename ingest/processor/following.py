"""Carries out what goes on in pieces, beside the processor: one process at a time."""

import threading
from typing import Protocol

from eventstore.following import Follower
from ingest.metrics import PENDING
from ingest.processor.patience import until_done

_IDLE_S = 0.2


class Turn(Protocol):
    """Whose turn it is. A second one at once would do no harm, only the same work again."""

    def held(self) -> bool:
        """Whether it is ours; asked before each piece."""


class FollowerLoop:
    """One thread's loop. It can be killed anywhere: each piece is a transaction."""

    def __init__(self, follower: Follower, turn: Turn, *, idle: float = _IDLE_S) -> None:
        """`idle`: seconds between looks while there is nothing to do."""
        self._follower = follower
        self._turn = turn
        self._idle = idle

    def run(self, stop: threading.Event) -> None:
        """Go on until `stop`; a store that is away is waited for."""
        while not stop.is_set():
            until_done(lambda: self.step(stop), stop)
            stop.wait(self._idle)

    def step(self, stop: threading.Event) -> None:
        """Everything that there is to do now."""
        PENDING.set(self._follower.left())
        if not self._turn.held():
            return
        for _ in self._follower.pieces():
            PENDING.set(self._follower.left())
            if stop.is_set() or not self._turn.held():
                return
