"""Who follows the event store into one target: one process, and whoever else runs stands by.

Two at once would still double nothing (see `FactTable`, `EventPublisher`), but each would do the
other's work.
"""

from typing import Protocol


class Lease(Protocol):
    """The right to write one target. For one thread at a time.

    On PostgreSQL it is eventstore.recorders.postgres_lease.PostgresLease.
    """

    def held(self) -> bool:
        """Whether it is ours, now or a second ago; takes it where nobody has it.

        Asked before each page. May take seconds where the way to whoever grants it is broken,
        and raises what that one raises: then it is not ours.
        """

    def release(self) -> None:
        """Let another one have it at once. It can be taken again."""


class Alone:
    """Where the lock of the data directory lets only one process in."""

    def held(self) -> bool:
        return True

    def release(self) -> None:
        pass
