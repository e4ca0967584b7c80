"""The office line, at Mango: states of the call, its summary, its recording."""

from base64 import b64encode
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from hashlib import sha256
from typing import Any

from leadlog.demo.cast import Cast
from leadlog.demo.providers.course import Course
from leadlog.demo.request import Expected, Request, Step, compact, form_request
from leadlog.demo.workshop import OFFICE_LINE

_NOW = timedelta(0)
_LINE = {"number": OFFICE_LINE, "line_number": OFFICE_LINE}


@dataclass(frozen=True, slots=True, kw_only=True)
class _Notice:
    """What one notification says, apart from its time."""

    event: str
    payload: Mapping[str, Any]
    expected: Expected = Expected.ACCEPTED
    salt: str = ""
    """Signed with this one instead of the account's."""


def incoming(cast: Cast, number: str, course: Course, *, after: timedelta = _NOW) -> Iterable[Step]:
    """A customer calls: every state, the summary, and the recording if they talked.

    `number` is what the exchange knows of the caller: nothing for a hidden one.
    """
    entry, call = _new_id(cast), _new_id(cast)
    party = {"number": number} if number else {}
    yield from _states(cast, entry, call, party, course, after)
    yield _summary(cast, entry, party, course, after, direction=1)
    if course.talked:
        recording = {
            "recording_id": _new_id(cast),
            "recording_state": "Completed",
            "seq": 2,
            "entry_id": entry,
            "call_id": call,
            "extension": course.extension,
            "completion_code": 1000,
            "recipient": "Cloud",
        }
        kept = _Notice(event="recording", payload=recording)
        yield _step(cast, kept, after=after, seconds=course.lasted + 5)


def callback(cast: Cast, number: str, course: Course, *, after: timedelta) -> Step:
    """An operator rings back. Only the summary: some exchanges are set up so."""
    return _summary(cast, _new_id(cast), {"number": number}, course, after, direction=2)


def among_colleagues(cast: Cast) -> Step:
    """A call from desk to desk: no customer, no lead."""
    leg = {
        **_first_state(cast),
        "location": "abonent",
        "from": {"extension": "12", "number": "sip:anna@mebel.example"},
        "to": {"extension": "21", "number": "sip:boris@mebel.example"},
    }
    return _step(cast, _Notice(event="call", payload=leg, expected=Expected.IGNORED))


def forged(cast: Cast, number: str) -> Step:
    """Somebody who found the address, but not the salt."""
    leg = {**_first_state(cast), "location": "ivr", "from": {"number": number}, "to": _LINE}
    notice = _Notice(event="call", payload=leg, expected=Expected.REJECTED, salt="guessed")
    return _step(cast, notice)


def _first_state(cast: Cast) -> dict[str, Any]:
    return {
        "entry_id": _new_id(cast),
        "call_id": _new_id(cast),
        "seq": 1,
        "call_state": "Appeared",
    }


def _states(
    cast: Cast,
    entry: str,
    call: str,
    party: Mapping[str, str],
    course: Course,
    after: timedelta,
) -> Iterable[Step]:
    states = [("Appeared", 0), ("Connected", course.waited), ("Disconnected", course.lasted)]
    if not course.talked:
        del states[1]
    extension = {"extension": course.extension} if course.extension else {}
    for seq, (state, seconds) in enumerate(states, 1):
        leg = {
            "entry_id": entry,
            "call_id": call,
            "seq": seq,
            "call_state": state,
            "location": "abonent" if course.talked else "ivr",
            "from": party,
            "to": {**_LINE, **extension},
        }
        yield _step(cast, _Notice(event="call", payload=leg), after=after, seconds=seconds)


def _step(cast: Cast, notice: _Notice, *, after: timedelta = _NOW, seconds: int = 0) -> Step:
    """A notification of what happens `seconds` after the call began."""

    def build(at: datetime) -> Request:
        told = {**notice.payload, "timestamp": int(at.timestamp()) + seconds}
        return _signed(cast, notice, told)

    return Step(after, build, timedelta(seconds=seconds))


def _summary(
    cast: Cast,
    entry: str,
    party: Mapping[str, str],
    course: Course,
    after: timedelta,
    *,
    direction: int,
) -> Step:
    ours = {"extension": course.extension or "12", "number": "sip:office@mebel.example"}
    ends = {"from": party, "to": ours} if direction == 1 else {"from": ours, "to": party}
    fixed = {
        "entry_id": entry,
        "call_direction": direction,
        **ends,
        "line_number": OFFICE_LINE,
        "entry_result": 1 if course.talked else 0,
        "disconnect_reason": 1110 if course.talked else 1121,
    }
    notice = _Notice(event="summary", payload=fixed)

    def build(at: datetime) -> Request:
        began = int(at.timestamp())
        times = {
            "create_time": began,
            "forward_time": began,
            "talk_time": began + course.waited if course.talked else 0,
            "end_time": began + course.lasted,
        }
        return _signed(cast, notice, {**fixed, **times})

    return Step(after, build, timedelta(seconds=course.lasted + 1))


def _signed(cast: Cast, notice: _Notice, payload: Mapping[str, Any]) -> Request:
    account = cast.shop["office"]
    text = compact(payload, ascii_only=True)
    signed = f"{account['key']}{text}{notice.salt or account['salt']}"
    fields = {
        "vpbx_api_key": str(account["key"]),
        "sign": sha256(signed.encode()).hexdigest(),
        "json": text,
    }
    path = f"/events/{notice.event}"
    return form_request("office", fields, path=path, expected=notice.expected)


def _new_id(cast: Cast) -> str:
    return b64encode(f"mango:{cast.number()}".encode()).decode()
