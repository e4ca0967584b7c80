"""Where a delivery goes in: straight through the adapter here, through the gateway in the lab."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Protocol

import msgspec

from channels.sdk.adapter import PollingAdapter, WebhookAdapter
from channels.sdk.delivery import OK, Delivery, PollItem, Reply
from channels.sdk.intake import Examined, Handshake, Invalid, Rejected, examine, examine_item
from channels.sdk.lead import LeadEvent
from channels.sdk.outcome import Accepted, Ignored, Outcome, Quarantined

AnyAdapter = WebhookAdapter[Any] | PollingAdapter[Any]


@dataclass(frozen=True, slots=True)
class Stored:
    """One item of a delivery, as it is kept."""

    outcome: str
    """`accepted`, `ignored` or `quarantined`."""
    reason: str = ""
    lead: LeadEvent | None = None
    record: bytes = b""
    """What is kept, byte for byte; the lab looks for secrets in it."""
    detail: str = ""
    """Of what is quarantined: what was expected, or what was raised and where."""


@dataclass(frozen=True, slots=True)
class Answer:
    """What the provider heard, and what was stored before."""

    reply: Reply
    stored: tuple[Stored, ...] = ()
    handshake: bool = False
    fault: str = ""
    """An exception that got out of the adapter."""

    @property
    def status(self) -> int:
        return self.reply.status

    @property
    def leads(self) -> tuple[LeadEvent, ...]:
        return tuple(one.lead for one in self.stored if one.lead)

    @property
    def outcome(self) -> str:
        """The word that `leadlog channels try` has for it."""
        if not self.stored:
            return "handshake" if self.handshake else "rejected"
        told = {one.outcome for one in self.stored}
        return next(word for word in ("accepted", "quarantined", "ignored") if word in told)

    @property
    def reason(self) -> str:
        """Of the first item with this outcome."""
        outcome = self.outcome
        return next((one.reason for one in self.stored if one.outcome == outcome), "")


class Door(Protocol):
    """Sends deliveries to an adapter and tells what came of them. Never raises."""

    def send(self, adapter: AnyAdapter, source: Delivery | PollItem) -> Answer: ...


class PlainDoor:
    """Through the adapter alone."""

    def send(self, adapter: AnyAdapter, source: Delivery | PollItem) -> Answer:
        try:
            return _sent(adapter, source)
        except Exception as error:  # noqa: BLE001 - what gets out is what the lab is after
            return broken(error)


def broken(error: Exception) -> Answer:
    """The answer of a server in which an adapter raised what nobody catches."""
    return Answer(Reply(500), fault=f"{type(error).__name__}: {error}"[:200])


def stored(outcomes: Sequence[Outcome]) -> tuple[Stored, ...]:
    """The outcomes as they would be kept."""
    return tuple(map(_stored, outcomes))


def _sent(adapter: AnyAdapter, source: Delivery | PollItem) -> Answer:
    if isinstance(source, PollItem):
        return _polled(adapter, source)
    if not isinstance(adapter, WebhookAdapter):
        return broken(TypeError("the adapter takes no requests"))
    match examine(adapter, source):
        case Handshake(reply):
            return Answer(reply, handshake=True)
        case Rejected(reply) | Invalid(reply):
            return Answer(reply)
        case Examined(outcomes):
            return Answer(adapter.reply(source, outcomes), stored(outcomes))


def _polled(adapter: AnyAdapter, item: PollItem) -> Answer:
    if not isinstance(adapter, PollingAdapter):
        return broken(TypeError("the adapter does not poll"))
    return Answer(OK, stored(examine_item(adapter, item).outcomes))


def _stored(outcome: Outcome) -> Stored:
    match outcome:
        case Accepted(lead):
            return Stored("accepted", lead=lead, record=msgspec.json.encode(lead))
        case Ignored(reason, key):
            return Stored("ignored", reason.value, record=key.encode("utf-8", "replace"))
        case Quarantined(reason, detail):
            told = detail.encode("utf-8", "replace")
            return Stored("quarantined", reason.value, record=told, detail=detail)
