"""What we wrote to a person, and what became of it: the fold of a reply's events. Pure."""

from collections.abc import Iterable
from dataclasses import dataclass

from channels.sdk.sending import Message
from eventstore.domain.events import Event, Id, ReplyProgressed, ReplySent, ReplyWritten

QUEUED, SENT, DELIVERED, READ = "queued", "sent", "delivered", "read"
FAILED, SET_ASIDE = "failed", "set_aside"

_FURTHER = {QUEUED: 0, SET_ASIDE: 0, FAILED: 0, SENT: 1, DELIVERED: 2, READ: 3}
"""Providers tell of states in any order, and of some not at all: only the furthest counts."""


@dataclass(slots=True)
class Reply:
    """One message of ours. Changed only while it is folded."""

    written: ReplyWritten
    state: str = QUEUED
    reason: str = ""
    """Of `failed` and `set_aside`: a `channels.sdk.sending.NotSent`."""
    since: int = 0
    """Since when it is in this state, in milliseconds."""
    tried_again: int = 0
    """When somebody had it tried again; 0 for never."""
    repeated: bool = False
    """Perhaps the person got it twice."""
    echo: Id = b""
    """The lead that it is, should the provider have delivered it to us."""

    @property
    def id(self) -> Id:
        return self.written.reply

    @property
    def message(self) -> Message | None:
        """None where it was not read, or once forgotten."""
        return self.written.personal

    def apply(self, event: ReplySent | ReplyProgressed) -> None:
        """Fold one more event in."""
        if isinstance(event, ReplySent):
            self.echo = event.echo
            self.repeated |= event.repeated
            self._enter(SENT, event.at)
        elif event.state == QUEUED:
            self.tried_again = event.at
            self._enter(QUEUED, event.at, again=True)
        elif event.state in (FAILED, SET_ASIDE):
            if self.state not in (DELIVERED, READ):
                self._enter(event.state, event.at, again=True)
                self.reason = event.reason
        else:
            self._enter(event.state, event.at)

    def _enter(self, state: str, at: int, *, again: bool = False) -> None:
        if again or _FURTHER[state] > _FURTHER[self.state]:
            self.state, self.since, self.reason = state, at, ""


def replies_of(events: Iterable[Event]) -> dict[Id, Reply]:
    """Every reply on a leaf card's stream, in the order of writing."""
    found: dict[Id, Reply] = {}
    for event in events:
        match event:
            case ReplyWritten():
                found[event.reply] = Reply(event, since=event.at)
            case ReplySent() | ReplyProgressed() if event.reply in found:
                found[event.reply].apply(event)
    return found
