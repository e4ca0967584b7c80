"""Who commands what and when, and how a command is turned down (SEMANTICS 3.7)."""

import time
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID, uuid4

from channels.sdk.times import time_from_epoch
from eventstore.domain.events import Id
from eventstore.reading import Recorded


class CommandRefused(Exception):
    """The command changes nothing; the text says why and what is possible."""


class StaleVersion(CommandRefused):
    """The deal changed since the version that the sender saw; what happened meanwhile is told."""

    def __init__(self, events: Sequence[Recorded], expected: int) -> None:
        since = [e for e in events if e.version > expected]
        what = ", ".join(_told(e) for e in since)
        super().__init__(
            f"the deal changed since version {expected}: {what or 'version is from the future'}"
        )
        self.version = events[-1].version
        self.changes = [_change(e) for e in since]


class NotThere(LookupError):
    """What the command names does not exist."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Orders:
    """Who commands what, and when."""

    actor: str
    command: Id
    at: int
    expected_version: int | None = None


def order(
    actor: str, *, command: str = "", at: int | None = None, expected_version: int | None = None
) -> Orders:
    """Who commands; a fresh command id where none was given, and now where no time was."""
    command_id = UUID(command).bytes if command else uuid4().bytes
    moment = time.time_ns() // 1_000_000 if at is None else at
    return Orders(actor=actor, command=command_id, at=moment, expected_version=expected_version)


def _change(recorded: Recorded) -> dict[str, Any]:
    return {
        "version": recorded.version,
        "event": type(recorded.event).__name__,
        "actor": getattr(recorded.event, "actor", "") or None,
        "recorded_at": time_from_epoch(recorded.recorded_at / 1000),
    }


def _told(recorded: Recorded) -> str:
    event = recorded.event
    more = [getattr(event, name, "") for name in ("stage", "status", "owner", "amount")]
    actor = getattr(event, "actor", "")
    by = f" by {actor}" if actor else ""
    return " ".join([type(event).__name__, *filter(None, more)]) + by
