"""What the outbox remembers between two starts: the port, held to one contract on each store.

It holds ids and times, no word of any message: that is read from the event store when it is sent.
If it is lost, it is filled again from the events, which know what was accepted.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import NamedTuple, Protocol

from eventstore.domain.events import Id


class State(StrEnum):
    """How a message stands; a closed set."""

    WAITING = "waiting"
    SENT = "sent"
    FAILED = "failed"
    """Refused for good."""
    SET_ASIDE = "set_aside"
    """Given up after days; waits for a person."""


class Waiting(NamedTuple):
    """One message. Times in milliseconds since 1970."""

    reply: Id
    position: int
    """Of its `ReplyWritten`: the order within a conversation, and where its content is."""
    leaf: Id
    """With the account: the conversation."""
    channel: str
    account: str
    state: State
    written_at: int
    next_at: int
    """Not tried before."""
    until: int
    """Not tried after."""
    tries: int
    unsure: bool
    """An earlier try may have been taken: the person may get it twice."""
    reason: str
    """Why it waits, failed or was set aside."""


@dataclass(frozen=True, slots=True)
class Enqueued:
    """Somebody wrote a message."""

    waiting: Waiting


@dataclass(frozen=True, slots=True)
class Ended:
    """It was sent, or will not be."""

    reply: Id
    state: State
    reason: str = ""


@dataclass(frozen=True, slots=True)
class Renewed:
    """Somebody has it tried again."""

    reply: Id
    next_at: int
    until: int


Change = Enqueued | Ended | Renewed


class OutboxUnavailable(Exception):
    """The store is away; the same call can be made again."""


class OutboxStore(Protocol):
    """One writer at a time, see `claim`; readers from any thread. Every method may raise
    OutboxUnavailable."""

    def claim(self) -> bool:
        """Whether this process is the one that sends, from now until it ends or closes."""

    def position(self) -> int:
        """Up to where events were followed; 0 before the first."""

    def follow(self, changes: Sequence[Change], position: int, *, after: int) -> bool:
        """Take what the events after `after` up to `position` say: all of it or nothing.

        False, and nothing is taken, where somebody else has followed since. A message that is
        there already is not enqueued again; of one that is not there nothing ends.
        """

    def rewind(self, position: int) -> None:
        """The event store is an older one: forget what it does not know."""

    def due(self, now: int, limit: int, *, but: Sequence[str] = ()) -> list[Waiting]:
        """Of each conversation the first that waits, if its time has come; oldest first.

        Those of the accounts `but` are left out.
        """

    def begin(self, reply: Id, *, tries: int) -> bool:
        """A try begins, after so many: durable before it does. Unless `postpone` tells otherwise,
        it is unsure from now on whether the message was taken.

        False where another process has begun one since, or ended it: this one lost its turn."""

    def postpone(self, reply: Id, *, next_at: int, reason: str, unsure: bool) -> None:
        """The try has failed; `unsure` where this or an earlier one may have been taken."""

    def get(self, reply: Id) -> Waiting | None: ...

    def in_states(self, states: Sequence[State]) -> list[Waiting]:
        """Messages in these states, oldest first."""

    def counts(self) -> dict[State, int]: ...

    def prune(self, before: int) -> None:
        """Forget messages that were sent, and written before this time."""

    def close(self) -> None: ...
