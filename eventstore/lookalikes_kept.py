"""The answer to who is alike, kept for a while where making it takes long."""

import threading
import time
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING

from eventstore.recorders.port import CustomerRecorder

if TYPE_CHECKING:
    from eventstore.lookalikes import Lookalike

LookalikesOf = Callable[[], Sequence["Lookalike"]]

_QUICK = 2.0
"""Seconds: what takes no longer is made anew whenever something was recorded."""
_SHARE = 20.0
"""What takes longer is kept for so many times as long, so that it takes a twentieth of a core."""


def similar_persons(recorder: CustomerRecorder) -> LookalikesOf:
    """Asks the store at each call; numpy is imported by the first."""

    def ask() -> Sequence["Lookalike"]:
        from eventstore.lookalikes import lookalikes

        return lookalikes(recorder)

    return ask


class Kept:
    """Calls `make` again only where something was recorded since. Safe from any thread.

    A kept answer names leaf cards, probabilities and reasons, nothing personal; whose cards they
    are, and whether somebody said no, is asked anew by whoever shows it.
    """

    def __init__(
        self,
        make: LookalikesOf,
        position: Callable[[], int],
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._make = make
        self._position = position
        self._clock = clock
        self._lock = threading.Lock()
        self._answer: Sequence[Lookalike] = ()
        self._as_of = -1
        self._until = 0.0

    def __call__(self) -> Sequence["Lookalike"]:
        with self._lock:
            position = self._position()
            started = self._clock()
            if position == self._as_of or (self._as_of >= 0 and started < self._until):
                return self._answer
            self._answer = self._make()
            took = self._clock() - started
            self._as_of = position
            self._until = started + took * _SHARE if took > _QUICK else 0.0
            return self._answer
