"""Reading the notifications of Zadarma's protocol (channels.md, 5.2). Pure, never raises."""

from channels.sdk.lead import Call, CallState, Direction
from channels.telephony.values import is_internal, seconds

STATES: dict[str, tuple[int, CallState | None]] = {
    "NOTIFY_START": (1, "ringing"),
    "NOTIFY_OUT_START": (1, "ringing"),
    "NOTIFY_IVR": (2, "ringing"),
    "NOTIFY_INTERNAL": (3, "ringing"),
    "NOTIFY_ANSWER": (4, "answered"),
    "NOTIFY_END": (5, None),
    "NOTIFY_OUT_END": (5, None),
    "NOTIFY_RECORD": (6, None),
}
"""Event → its place in a call's life, and the state that it tells by itself."""


def distinction(event: str, told: dict[str, str]) -> str:
    """What tells one notification of an event from another one of the same call."""
    if event == "NOTIFY_RECORD":
        return told.get("call_id_with_rec", "")
    if event == "NOTIFY_IVR":
        return ",".join(told[name] for name in sorted(told) if name.startswith("wait_dtmf"))
    return told.get("internal", "")


def direction_of(event: str, call_id: str) -> Direction:
    return "out" if event.startswith("NOTIFY_OUT") or call_id.startswith("out_") else "in"


def parties(event: str, direction: Direction, told: dict[str, str]) -> tuple[str, str]:
    """The customer's number and our line, as they came."""
    if direction == "out":
        return told.get("destination", ""), told.get("caller_id", "")
    line = told.get("called_did", "")
    if not line and event == "NOTIFY_ANSWER" and not is_internal(told.get("destination", "")):
        line = told.get("destination", "")
    return told.get("caller_id", ""), line


def call_of(event: str, call_id: str, told: dict[str, str], *, line: str) -> Call:
    _, state = STATES[event]
    extension = told.get("internal", "")
    if event == "NOTIFY_ANSWER" and not extension and is_internal(told.get("destination", "")):
        extension = told["destination"]
    talked = None
    if event in {"NOTIFY_END", "NOTIFY_OUT_END"}:
        talked = _talked(told)
        state = "missed" if talked == 0 and not _answered(told) else "ended"
    return Call(
        id=call_id,
        line="" if is_internal(line) else line,
        extension=extension,
        state=state,
        talk_s=talked,
        recording=_recording(event, told),
    )


def _answered(told: dict[str, str]) -> bool:
    disposition = told.get("disposition", "").lower()
    return disposition == "answered" or (not disposition and bool(seconds(told.get("duration"))))


def _talked(told: dict[str, str]) -> int | None:
    return seconds(told.get("duration")) if _answered(told) else 0


def _recording(event: str, told: dict[str, str]) -> str:
    recorded = event == "NOTIFY_RECORD" or told.get("is_recorded", "").lower() in {"1", "true"}
    return told.get("call_id_with_rec", "") if recorded else ""
