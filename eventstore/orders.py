"""Who commands what and when, and how a command is turned down (SEMANTICS 3.7)."""

import time
from collections.abc import Sequence
from dataclasses import dataclass
from uuid import UUID, uuid4

from eventstore.domain.events import Id
from eventstore.reading import Recorded


class CommandRefused(Exception):
    """The command changes nothing; the text says why and what is possible."""


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


def what_changed(events: Sequence[Recorded], expected: int) -> str:
    """Why a command on a stale version is refused: what was recorded since."""
    since = [e for e in events if e.version > expected]
    what = ", ".join(_told(e) for e in since)
    return f"the deal changed since version {expected}: {what or 'version is from the future'}"


def _told(recorded: Recorded) -> str:
    event = recorded.event
    more = [getattr(event, name, "") for name in ("stage", "status", "owner", "amount")]
    actor = getattr(event, "actor", "")
    by = f" by {actor}" if actor else ""
    return " ".join([type(event).__name__, *filter(None, more)]) + by
