"""Beeline's cloud exchange: XSI events of subscribed calls (docs/providers.md, 5.5).

Nothing is signed: give the account a `secret_path`. `extTrackingId` joins the legs of one customer
call. Decided here, as the reference is silent:

* A delivery is known by its `eventID`; where there is none, by its call half and event.
* A call that was released without an `answerTime` was missed: where it was answered, its
  CallAnsweredEvent knows it.
* The line is the address that was called first, where the call was passed on; `targetId` is the
  user of ours whose subscription tells.
* Times are milliseconds since 1970, seconds, or ISO 8601, those without zone in the account's.
"""

from collections.abc import Sequence

from channels.sdk.adapter import WebhookAdapter
from channels.sdk.delivery import Delivery
from channels.sdk.lead import Call, CallState, Direction, Identity, Profile
from channels.sdk.outcome import Ignored, IgnoreReason, Outcome
from channels.sdk.read import as_seq
from channels.sdk.settings import AccountSettings
from channels.sdk.times import Timestamp
from channels.telephony.calls import MAX_BODY, CallNews, call_lead, required
from channels.telephony.values import (
    between,
    calling_number,
    epoch,
    is_internal,
    other_fields,
    sane,
    wall_clock,
)
from channels.telephony.xsi import XsiEvent, read_event

_STATES: dict[str, tuple[CallState, str]] = {
    "CallReceivedEvent": ("ringing", "startTime"),
    "CallOriginatedEvent": ("ringing", "startTime"),
    "CallOriginatingEvent": ("ringing", "startTime"),
    "CallAnsweredEvent": ("answered", "answerTime"),
    "CallHeldEvent": ("answered", "heldTime"),
    "CallRetrievedEvent": ("answered", "retrievedTime"),
    "CallTransferredEvent": ("answered", "detachedTime"),
    "CallReleasedEvent": ("ended", "releaseTime"),
}
"""Event → the state of the call, and the field with the event's own time."""

_SERVICE = {
    *("HookStatusEvent", "SubscriptionEvent", "SubscriptionTerminatedEvent", "CallUpdatedEvent"),
    *("CallSubscriptionEvent", "ChannelTerminatedEvent", "CallForwardedEvent"),
    *("CallRedirectedEvent", "CallCollectingEvent", "CallTransferEvent", "CallBargedInEvent"),
}
_USED = {
    *("callId", "extTrackingId", "personality", "extension", "startTime", "answerTime"),
    *("releaseTime", "detachedTime", "address", "countryCode", "name"),
}


class BeelineAdapter(WebhookAdapter[AccountSettings]):
    """One XML document, one event of one call half."""

    account_type = "beeline"
    channel = "beeline"
    max_body = MAX_BODY

    def parse(self, delivery: Delivery) -> Sequence[Outcome]:
        event = read_event(delivery.body)
        if event.type not in _STATES:
            service = event.type in _SERVICE
            return (Ignored(IgnoreReason.SERVICE if service else IgnoreReason.UNKNOWN_KIND),)
        half = event.call.get("callId", "")
        key = required(event.call.get("extTrackingId", "") or half, "extTrackingId")
        delivery_key = event.envelope.get("eventID") or f"{half or key}/{event.type}"
        address = event.remote.get("address", "")
        if event.remote.get("callType") == "Group" or is_internal(_bare(address)):
            return (Ignored(IgnoreReason.INTERNAL, delivery_key),)
        customer = _number(event.remote, self.settings.country)
        name = event.remote.get("name", "")
        news = CallNews(
            key=key,
            delivery_key=delivery_key,
            call=self._call(key, event, delivery),
            direction=_direction(event),
            at=self._time(event, _STATES[event.type][1], delivery),
            first=_STATES[event.type][0] == "ringing",
            seq=as_seq(event.envelope.get("sequenceNumber")),
            profile=Profile(name=name) if name and not is_internal(name) else None,
        )
        return (call_lead(self, delivery, news.about(customer, _others(event, customer))),)

    def _call(self, key: str, event: XsiEvent, delivery: Delivery) -> Call:
        state: CallState = _STATES[event.type][0]
        started = self._time(event, "startTime", delivery)
        answered = self._time(event, "answerTime", delivery)
        ended = self._time(event, "releaseTime", delivery) if state == "ended" else None
        if state == "ended" and answered is None:
            state = "missed"
        return Call(
            id=key,
            line=_bare(event.redirected_from),
            extension=event.call.get("extension", ""),
            state=state,
            answered_at=answered,
            ended_at=ended,
            wait_s=between(started, answered or ended),
            talk_s=0 if state == "missed" else between(answered, ended),
            operator=event.envelope.get("targetId", "").partition("@")[0],
        )

    def _time(self, event: XsiEvent, name: str, delivery: Delivery) -> Timestamp | None:
        text = event.call.get(name, "")
        return sane(epoch(text) or wall_clock(text, self.settings.timezone), delivery.received_at)


def _direction(event: XsiEvent) -> Direction:
    personality = event.call.get("personality", "").lower()
    if not personality:
        return "out" if event.type.startswith("CallOriginat") else "in"
    return "in" if personality == "terminator" else "out"


def _bare(address: str) -> str:
    return address.removeprefix("tel:").partition(";")[0]


def _number(remote: dict[str, str], country: str) -> Identity | None:
    """The remote party's number; a national one of ten digits is of its own country code."""
    address = remote.get("address", "")
    code, bare = remote.get("countryCode", ""), _bare(address)
    if code.isdecimal() and bare.isdecimal() and len(bare) == 10:
        return calling_number(f"+{code}{bare}", country)
    return calling_number(address, country)


def _others(event: XsiEvent, customer: Identity | None) -> dict[str, str]:
    kept = other_fields(event.call, _USED)
    if customer is None and event.remote.get("address"):
        kept["remoteParty"] = event.remote["address"]
    return kept
