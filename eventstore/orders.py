"""Who commands what and when, and how a command is turned down (SEMANTICS 3.7)."""

import time
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final, NamedTuple
from uuid import UUID, uuid4, uuid5

from channels.sdk.ids import NAMESPACE
from eventstore.deal_story import deal_event
from eventstore.domain.events import Id
from eventstore.reading import Recorded
from eventstore.said import said
from eventstore.told import time_text

_SAID: Final = ("stage", "status", "owner", "amount")


class CommandRefused(Exception):
    """The command changes nothing; the text says why and what is possible."""


class WrongCommand(CommandRefused):
    """It names what cannot be, whatever the state: a stage, a reason or an amount that is none."""


class CommandReused(CommandRefused):
    """The command's id was used for another command before; this one needs an id of its own."""


class Change(NamedTuple):
    """What happened since the version that the sender of a command saw."""

    version: int
    told: str
    """In a few words."""
    facts: dict[str, Any]
    """The same for programs: `what`, `actor`, `recorded_at` and more."""


class StaleVersion(CommandRefused):
    """What the command is about changed since its sender saw it; what happened is told.

    Without `changes` it is not of this store: nothing there has come as far.
    """

    def __init__(self, what: str, expected: int, version: int, changes: Sequence[Change]) -> None:
        super().__init__(_since(what, expected, changes) or _ahead(what, expected, version))
        self.what, self.expected, self.version = what, expected, version
        self.changes = [{"version": change.version, **change.facts} for change in changes]


def _since(what: str, expected: int, changes: Sequence[Change]) -> str:
    told = "; ".join(change.told for change in changes)
    return f"the {what} changed since version {expected}: {told}" if told else ""


def _ahead(what: str, expected: int, version: int) -> str:
    """A version that the store has not reached: another one gave it."""
    return said(
        "version %(expected)s is from the future: the %(what)s stands at %(version)s; look at it"
        " again, then decide",
        what=what,
        expected=str(expected),
        version=str(version),
    )


class NotThere(LookupError):
    """What the command names does not exist."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Orders:
    """Who commands what, and when."""

    actor: str
    command: Id
    at: int
    expected_version: int | None = None


_LATEST = 253_402_300_799_999
"""The last millisecond of the year 9999, after which a time cannot be written."""


def order(
    actor: str, *, command: str = "", at: int | None = None, expected_version: int | None = None
) -> Orders:
    """Who commands; a fresh command id where none was given, and now where no time was.

    `command` is a UUID or any other text, whatever its sender calls the command by. ValueError for
    a time that is none.
    """
    command_id = _id_of(command.strip()) if command.strip() else uuid4().bytes
    moment = time.time_ns() // 1_000_000 if at is None else at
    if type(moment) is not int or not 0 <= moment <= _LATEST:
        raise ValueError(f"at: {moment!r} is no time; give milliseconds since 1970")
    return Orders(actor=actor, command=command_id, at=moment, expected_version=expected_version)


def _id_of(text: str) -> Id:
    """The same for the same text, by whatever way the command comes."""
    try:
        return UUID(text).bytes
    except ValueError:
        return uuid5(NAMESPACE, f"idempotency/{text}").bytes


def stale_deal(events: Sequence[Recorded], expected: int) -> StaleVersion:
    """The deal of this stream changed since the version that the sender saw."""
    since = [Change(e.version, _told(e), _facts(e)) for e in events if e.version > expected]
    return StaleVersion("deal", expected, events[-1].version, since)


def _facts(recorded: Recorded) -> dict[str, Any]:
    event = recorded.event
    more = {name: value for name in _SAID if (value := getattr(event, name, ""))}
    return {
        "event": type(event).__name__,
        "what": deal_event(event),
        "actor": getattr(event, "actor", "") or None,
        "recorded_at": time_text(recorded.recorded_at),
        **more,
    }


def _told(recorded: Recorded) -> str:
    event = recorded.event
    said = [getattr(event, name, "") for name in _SAID]
    actor = getattr(event, "actor", "")
    by = f" by {actor}" if actor else ""
    at = f" at {time_text(recorded.recorded_at)}"
    return " ".join([deal_event(event), *filter(None, said)]) + by + at
