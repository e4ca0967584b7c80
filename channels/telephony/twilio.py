"""Twilio Voice: status and recording callbacks (docs/providers.md, 5.7).

Decided here, as the reference is silent:

* Every answer is an empty TwiML document, which a status callback ignores.
* A leg that our own TwiML dials (`ParentCallSid`) belongs to its parent call: it tells who of us
  was rung and whether he answered, and nothing of the customer.
* Where a call is over, the answer was `CallDuration` seconds before the end.
* A recording in progress and the same one completed are two deliveries of one recording.
"""

from collections.abc import Sequence
from datetime import UTC
from email.utils import parsedate_to_datetime

from channels.sdk.adapter import WebhookAdapter
from channels.sdk.delivery import Delivery, Reply
from channels.sdk.errors import NotAuthentic
from channels.sdk.lead import Call, CallState, Direction, Profile
from channels.sdk.outcome import Ignored, IgnoreReason, Outcome
from channels.sdk.read import as_seq, read_json_object
from channels.sdk.settings import AccountSettings, Secrets
from channels.sdk.times import Timestamp, format_time
from channels.telephony.calls import MAX_BODY, CallNews, call_lead, required
from channels.telephony.forms import parameters
from channels.telephony.twilio_signature import is_signed
from channels.telephony.values import (
    after,
    calling_number,
    other_fields,
    plain,
    recording_link,
    sane,
    seconds,
)

ANONYMOUS = {
    *("+266696687", "+7378742833", "+7378742883", "+2562533", "+8656696", "+86282452253"),
    *("266696687", "7378742833", "7378742883", "2562533", "8656696", "86282452253"),
}
"""The letters of anonymous, restricted and the like, dialled: Twilio's words for no number."""

_STATES: dict[str, CallState] = {
    **dict.fromkeys(("queued", "initiated", "ringing"), "ringing"),
    **dict.fromkeys(("in-progress", "answered"), "answered"),
    "completed": "ended",
    **dict.fromkeys(("busy", "failed", "no-answer", "canceled"), "missed"),
}
_USED = {
    *("CallSid", "AccountSid", "ApiVersion", "CallStatus", "CallDuration", "SequenceNumber"),
    *("Timestamp", "Direction", "RecordingSid", "RecordingUrl", "CallerName", "bodySHA256"),
}
_TWIML = Reply(
    body=b'<?xml version="1.0" encoding="UTF-8"?><Response/>',
    content_type="text/xml; charset=utf-8",
)


class TwilioSettings(AccountSettings, frozen=True, kw_only=True):
    """`auth_tokens` are those of the main account: the primary, and the secondary while rotating.

    `public_url` is the address that is configured at Twilio, where it differs from the one that
    reaches us (a proxy that ends TLS).
    """

    auth_tokens: Secrets
    public_url: str = ""

    def __post_init__(self) -> None:
        AccountSettings.__post_init__(self)
        if not self.auth_tokens or not all(self.auth_tokens):
            raise ValueError("auth_tokens is needed: the auth token of the Twilio account")


class TwilioAdapter(WebhookAdapter[TwilioSettings]):
    """Status callbacks of calls and of their recordings."""

    account_type = "twilio"
    channel = "twilio"
    Settings = TwilioSettings
    methods = frozenset({"GET", "POST"})
    max_body = MAX_BODY

    def verify(self, delivery: Delivery) -> None:
        self.verify_secret_path(delivery)
        given = delivery.headers.get("x-twilio-signature", "").strip()
        if not given:
            raise NotAuthentic("the X-Twilio-Signature header is missing", status=401)
        if not is_signed(delivery, given, self.settings.auth_tokens, self.settings.public_url):
            raise NotAuthentic("the X-Twilio-Signature header is wrong", status=403)

    def parse(self, delivery: Delivery) -> Sequence[Outcome]:
        told = _told(delivery)
        if "CallSid" not in told:
            status = "MessageStatus" in told or "SmsStatus" in told
            return (Ignored(IgnoreReason.STATUS if status else IgnoreReason.UNKNOWN_KIND),)
        call_sid = required(told["CallSid"], "CallSid")
        parent = told.get("ParentCallSid", "")
        if parent:
            return (self._own_leg(delivery, told, parent),)
        direction, theirs, ours = _parties(told)
        number = told.get(theirs, "")
        customer = None
        if number not in ANONYMOUS:
            customer = calling_number(number, self.settings.country)
        if told.get("From", "").startswith("client:") and customer is None:
            return (Ignored(IgnoreReason.INTERNAL, _delivery_key(told)),)
        call = _call(call_sid, told, delivery, line=told.get(ours, ""))
        used = {*_USED, "Caller", "Called", ours, theirs if customer else ""}
        news = self._news(told, call, delivery, direction)
        return (call_lead(self, delivery, news.about(customer, other_fields(told, used))),)

    def reply(self, delivery: Delivery, outcomes: Sequence[Outcome]) -> Reply:
        del delivery, outcomes
        return _TWIML

    def _own_leg(self, delivery: Delivery, told: dict[str, str], parent: str) -> Outcome:
        call = _call(parent, told, delivery, operator=told.get("To", ""))
        news = self._news(told, call, delivery, "in")
        return call_lead(self, delivery, news.about(None, other_fields(told, _USED)))

    def _news(
        self, told: dict[str, str], call: Call, delivery: Delivery, direction: Direction
    ) -> CallNews:
        city = told.get("FromCity" if direction == "in" else "ToCity", "")
        name = told.get("CallerName", "") if direction == "in" else ""
        return CallNews(
            key=call.id,
            delivery_key=_delivery_key(told),
            call=call,
            direction=direction,
            at=_time(told, delivery),
            first=call.state == "ringing" and "ParentCallSid" not in told,
            seq=as_seq(told.get("SequenceNumber")),
            profile=Profile(name=name, city=city) if name or city else None,
        )


def _told(delivery: Delivery) -> dict[str, str]:
    told = parameters(delivery)
    if delivery.content_type == "application/json" and delivery.body:
        told |= {name: plain(value) for name, value in read_json_object(delivery.body).items()}
    for name, other in (("From", "Caller"), ("To", "Called")):
        told.setdefault(name, told.get(other, ""))
    return {name: text.strip() for name, text in told.items()}


def _parties(told: dict[str, str]) -> tuple[Direction, str, str]:
    """The direction, and the names of the fields with the customer's number and with ours."""
    by_us = told.get("Direction", "").startswith("outbound")
    if by_us or told.get("From", "").startswith("client:"):
        return "out", "To", "From"
    return "in", "From", "To"


def _delivery_key(told: dict[str, str]) -> str:
    recording = told.get("RecordingSid", "")
    if "CallStatus" in told:
        order = told.get("SequenceNumber") or recording
        return f"{told['CallSid']}/{told['CallStatus']}/{order}"
    if recording:
        return "/".join(filter(None, (recording, told.get("RecordingStatus"))))
    return told["CallSid"]


def _call(
    call_id: str, told: dict[str, str], delivery: Delivery, *, line: str = "", operator: str = ""
) -> Call:
    dialled = told.get("DialCallStatus", "")
    state = _STATES.get(dialled or told.get("CallStatus", ""))
    at = _time(told, delivery)
    talked = seconds(told.get("DialCallDuration" if dialled else "CallDuration"))
    if state == "missed":
        talked = 0
    answered = at if state == "answered" else None
    if state == "ended" and talked:
        answered = after(at, -talked)
    kept = told.get("RecordingStatus", "completed") == "completed"
    recording = told.get("RecordingSid", "") or recording_link(told.get("RecordingUrl", ""))
    return Call(
        id=call_id,
        state=state,
        answered_at=answered,
        ended_at=at if state in {"ended", "missed"} else None,
        talk_s=talked,
        line=line,
        operator=operator,
        recording=recording if kept else "",
    )


def _time(told: dict[str, str], delivery: Delivery) -> Timestamp | None:
    """`Timestamp` is written as in a mail's head: `Sun, 01 Feb 2026 10:00:42 +0000`."""
    try:
        moment = parsedate_to_datetime(told.get("Timestamp", "")[:64])  # it is slow with long ones
        if moment.tzinfo is None:  # so it reads "-0000", which is UTC
            moment = moment.replace(tzinfo=UTC)
        return sane(format_time(moment), delivery.received_at)
    except (ValueError, TypeError, OverflowError, IndexError):
        return None
