"""Sipuni: call events as parameters of a GET or POST (docs/providers.md, 5.6).

Nothing is signed: give the account a `secret_path`. Decided here, as the reference is silent:

* A call is out where its source is internal and its destination is not; both internal, or
  `is_inner_call`, is a call between colleagues.
* Event 4 ends one leg of several that rang: it tells of the call only where that leg was answered.
* The time of an event is its `timestamp`, also that of the hang-up.
"""

from collections.abc import Sequence

from msgspec import structs

from channels.sdk.adapter import WebhookAdapter
from channels.sdk.delivery import Delivery, Reply, json_reply
from channels.sdk.lead import Call, Direction
from channels.sdk.outcome import Ignored, IgnoreReason, Outcome
from channels.sdk.settings import AccountSettings
from channels.sdk.times import Timestamp
from channels.telephony.calls import MAX_BODY, CallNews, call_lead, required
from channels.telephony.forms import parameters
from channels.telephony.values import (
    between,
    calling_number,
    epoch,
    is_internal,
    other_fields,
    recording_link,
    sane,
)

_START, _LEG_HANGUP = "1", "4"
_EVENTS = {_START, "2", "3", _LEG_HANGUP}
_INTERNAL = "2"
_USED = {
    *("event", "call_id", "src_type", "dst_type", "timestamp", "call_start_timestamp"),
    *("call_answer_timestamp", "call_record_link", "is_inner_call"),
}


class SipuniAdapter(WebhookAdapter[AccountSettings]):
    """Every answer is `{"success": true}`: anything else may stop the events."""

    account_type = "sipuni"
    channel = "sipuni"
    methods = frozenset({"GET", "POST"})
    max_body = MAX_BODY

    def parse(self, delivery: Delivery) -> Sequence[Outcome]:
        told = {name: text.strip() for name, text in parameters(delivery).items()}
        event = told.get("event", "")
        if event not in _EVENTS:
            return (Ignored(IgnoreReason.UNKNOWN_KIND),)
        call_id = required(told.get("call_id", ""), "call_id")
        delivery_key = f"{call_id}/{event}/{told.get('dst_num', '')}"
        direction = _direction(told)
        if direction is None:
            return (Ignored(IgnoreReason.INTERNAL, delivery_key),)
        theirs, ours = ("src_num", "dst_num") if direction == "in" else ("dst_num", "src_num")
        customer = calling_number(told.get(theirs, ""), self.settings.country)
        news = CallNews(
            key=call_id,
            delivery_key=delivery_key,
            call=_call(call_id, told, told.get(ours, ""), delivery.received_at),
            direction=direction,
            at=_time(told, "timestamp", delivery.received_at),
            first=event == _START,
            identities=(customer,),
            fields=other_fields(told, {*_USED, ours, theirs} if customer else {*_USED, ours}),
        )
        return (call_lead(self, delivery, news),)

    def reply(self, delivery: Delivery, outcomes: Sequence[Outcome]) -> Reply:
        del delivery, outcomes
        return json_reply(b'{"success":true}')


def _direction(told: dict[str, str]) -> Direction | None:
    """None among colleagues. Where the types are missing, the length of the numbers tells."""
    source, target = _inside(told, "src"), _inside(told, "dst")
    if (source and target) or told.get("is_inner_call", "").lower() in {"1", "true"}:
        return None
    return "out" if source else "in"


def _inside(told: dict[str, str], side: str) -> bool:
    kind = told.get(f"{side}_type", "")
    return kind == _INTERNAL or (not kind and is_internal(told.get(f"{side}_num", "")))


def _call(call_id: str, told: dict[str, str], ours: str, received_at: Timestamp) -> Call:
    """The call as one event knows it; `ours` is our party: an extension or a line."""
    inside = is_internal(ours)
    known = Call(id=call_id, line="" if inside else ours, extension=ours if inside else "")
    at = _time(told, "timestamp", received_at)
    match told.get("event"):
        case "1":  # the call starts
            return structs.replace(known, state="ringing")
        case "3":  # somebody answers
            return structs.replace(known, state="answered", answered_at=at)
        case _:
            return _hung_up(known, told, at, received_at)


def _hung_up(
    known: Call, told: dict[str, str], at: Timestamp | None, received_at: Timestamp
) -> Call:
    started = _time(told, "call_start_timestamp", received_at)
    answered = _time(told, "call_answer_timestamp", received_at)
    status = told.get("status", "").upper()
    spoke = status == "ANSWER" if status else answered is not None
    known = structs.replace(known, recording=recording_link(told.get("call_record_link", "")))
    if told.get("event") == _LEG_HANGUP and not spoke:
        return known
    return structs.replace(
        known,
        state="ended" if spoke else "missed",
        answered_at=answered if spoke else None,
        ended_at=at,
        wait_s=between(started, answered if spoke else at),
        talk_s=between(answered, at) if spoke else 0,
    )


def _time(told: dict[str, str], name: str, received_at: Timestamp) -> Timestamp | None:
    return sane(epoch(told.get(name)), received_at)
