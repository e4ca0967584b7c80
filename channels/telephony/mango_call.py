"""Reading Mango's notifications about calls (docs/providers.md, 5.1). Pure, without network.

Decided here, as the reference is silent:

* Direction of a leg: a colleague's extension on both sides is internal (also a consultation); on
  the calling side only, the call goes out. A callback (`callback_initiator`, `task_id`, or a
  `command_id` without `taken_from_call_id`) goes out from its first leg on, though that leg rings
  our own colleague and shows the customer as the caller.
* `Connected` means answered only at an `abonent`: a voice menu or a queue picks up by itself. Nor
  does the first leg of a callback: it is our colleague who picked up.
* `Disconnected` ends the call, except where the leg only gives way to another one: a menu or the
  first leg of a callback that ended normally (1000, 1100), a colleague who transferred the call,
  or one of ours who did not take an incoming one. Then the summary tells.
* A summary happened at `end_time`; its wait runs from `create_time` to the answer or the end.
"""

import re
from dataclasses import dataclass
from typing import Any

from msgspec import structs

from channels.sdk.lead import Call, Direction
from channels.sdk.read import as_dict
from channels.sdk.times import Timestamp, epoch_or_none
from channels.telephony.values import between, plain, same_number, sane, whole

_NOT_TAKEN = re.compile(r"1111|112[1-9]|113[0-9]|116[0-9]")
"""Reasons why one colleague's telephone rang in vain: busy, declined, unreachable, too late."""
_DIRECTIONS: dict[int, Direction | None] = {0: None, 1: "in", 2: "out"}
_SUMMARY_FIELDS = frozenset({"call_direction", "entry_result", "talk_time", "end_time"})
_KINDS = frozenset({"call", "summary", "recording", "dtmf", "sms"})


def kind_of(payload: dict[str, Any], segments: tuple[str, ...]) -> str:
    """What a notification tells: by its shape, then by its path; "" for what is not known.

    Shape first, because Mango's own examples post summaries to /events/call.
    """
    if "call_state" in payload:
        return "call"
    if "recording_id" in payload:
        return "recording"
    if "dtmf" in payload:
        return "dtmf"
    if "entry_id" in payload and payload.keys() & _SUMMARY_FIELDS:
        return "summary"
    if segments[-2:-1] == ("result",):
        return "result"
    last = segments[-1] if segments else ""
    return last if last in _KINDS else ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Leg:
    """Who calls whom on one leg, or in the summary of all of them."""

    direction: Direction | None
    """None among colleagues."""
    customer: str
    """The other party's number as it came; empty where it is our own line."""
    customer_field: str
    extension: str
    line: str
    taken_over: bool
    """Whether an earlier leg of the same call led to this one."""


def leg_of(payload: dict[str, Any], country: str) -> Leg:
    """The parties of a notification, its direction included."""
    caller, called = as_dict(payload.get("from")), as_dict(payload.get("to"))
    direction, line = _direction(payload, country), line_of(payload)
    rings_ours = plain(called.get("extension")) and (
        _calls_back(payload) or not plain(caller.get("extension"))
    )
    dialled = direction == "out" and not rings_ours
    theirs, ours = (called, caller) if dialled else (caller, called)
    customer = plain(theirs.get("number"))
    return Leg(
        direction=direction,
        customer="" if same_number(customer, line, country) else customer,
        customer_field="to.number" if dialled else "from.number",
        extension=plain(ours.get("extension")),
        line=line,
        taken_over=bool(plain(caller.get("taken_from_call_id"))),
    )


def line_of(payload: dict[str, Any]) -> str:
    """Our number: as the exchange names it, else the one that was dialled or tracked."""
    caller, called = as_dict(payload.get("from")), as_dict(payload.get("to"))
    named = (
        payload.get("line_number"),
        called.get("line_number"),
        caller.get("line_number"),
        as_dict(payload.get("dct")).get("number"),
    )
    line = next((text for text in map(plain, named) if text), "")
    inside = plain(called.get("extension")) or plain(caller.get("extension"))
    return line if line or inside else plain(called.get("number"))


def _direction(payload: dict[str, Any], country: str) -> Direction | None:
    told = whole(payload.get("call_direction"))
    if told in _DIRECTIONS:
        return _DIRECTIONS[told]
    caller, called = as_dict(payload.get("from")), as_dict(payload.get("to"))
    if _calls_back(payload):
        return "out"
    if plain(caller.get("extension")):
        return None if plain(called.get("extension")) else "out"
    ours = same_number(plain(caller.get("number")), plain(called.get("line_number")), country)
    return "out" if ours else "in"


def _calls_back(payload: dict[str, Any]) -> bool:
    """Whether it is the first leg of a call that we asked the exchange to make."""
    if plain(as_dict(payload.get("from")).get("taken_from_call_id")):
        return False
    asked = (payload.get("callback_initiator"), payload.get("task_id"), payload.get("command_id"))
    return any(plain(value) not in {"", "0"} for value in asked)


def moment(payload: dict[str, Any], name: str, received_at: Timestamp) -> Timestamp | None:
    """A time of the notification (UTC seconds); None for 0 and other nonsense."""
    return sane(epoch_or_none(payload.get(name)), received_at)


def leg_state(payload: dict[str, Any], call: Call, at: Timestamp | None) -> Call:
    """`call` with the state of the whole call as one leg's notification tells it."""
    by_machine = _at_machine(payload)
    match plain(payload.get("call_state")):
        case "Appeared":
            return structs.replace(call, state="ringing")
        case "Connected" if by_machine or _calls_back(payload):
            return structs.replace(call, state="ringing")
        case "Connected":
            return structs.replace(call, state="answered", answered_at=at)
        case "OnHold":
            return structs.replace(call, state=None if by_machine else "answered")
        case "Disconnected" if not _goes_on(payload):
            return structs.replace(call, state="ended", ended_at=at)
        case _:
            return call


def _at_machine(payload: dict[str, Any]) -> bool:
    return plain(payload.get("location")).partition(".")[0] in {"ivr", "queue"}


def _goes_on(payload: dict[str, Any]) -> bool:
    """Whether a leg's end is not the call's: another leg follows, or the summary will tell."""
    caller, called = as_dict(payload.get("from")), as_dict(payload.get("to"))
    passed_on = caller.get("was_transferred") or called.get("was_transferred")
    reason = plain(payload.get("disconnect_reason"))
    if _at_machine(payload) or _calls_back(payload):
        return reason in {"1000", "1100"}
    rings_on = not plain(caller.get("extension")) and bool(_NOT_TAKEN.fullmatch(reason))
    return passed_on is True or rings_on


def recording_of(payload: dict[str, Any]) -> str:
    """The recording's id once there is something to listen to, else nothing."""
    state = plain(payload.get("recording_state")) or "Completed"
    kept = plain(payload.get("completion_code")) or "1000"
    return plain(payload.get("recording_id")) if state == "Completed" and kept[0] == "1" else ""


def summary_call(payload: dict[str, Any], key: str, leg: Leg, received_at: Timestamp) -> Call:
    """The whole call, once it is over. Missed means that nobody talked, whatever the result."""
    created = moment(payload, "create_time", received_at)
    answered = moment(payload, "talk_time", received_at)
    ended = moment(payload, "end_time", received_at)
    talked = answered is not None or (
        "talk_time" not in payload and whole(payload.get("entry_result")) == 1
    )
    return Call(
        id=key,
        line=leg.line,
        extension=leg.extension,
        state="ended" if talked else "missed",
        answered_at=answered,
        ended_at=ended,
        wait_s=between(created, answered or ended),
        talk_s=between(answered, ended) if talked else 0,
    )
