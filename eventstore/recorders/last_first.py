"""How connections lie in a pool of the library's: whoever asks gets the one that was used last."""

from collections import deque
from typing import TypeVar

C = TypeVar("C")


class LastFirst(deque[C]):
    """Given out in turns, each connection would lose by the others' work what it has at hand.

    On SQLite its pages are outdated by their writing; on PostgreSQL each would have to prepare
    every statement for itself, and to run it some times before the server settles on a plan.
    """

    def append(self, connection: C) -> None:
        self.appendleft(connection)
