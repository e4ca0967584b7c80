"""What UIS's variables say, wherever the owner's template put them. Pure, never raises."""

import re
from collections.abc import Iterator
from typing import Any

from channels.sdk.campaigns import is_macro
from channels.sdk.lead import CallState, Direction
from channels.telephony.values import plain, seconds

_DEEPEST = 6
_MOST = 500
_ABSENT = {"", "null", "none", "undefined"}
_NO = {"0", "false", "no", "нет"}

_RECORDED = re.compile(r"record|запис")
_LOST = re.compile(r"lost|miss|(un|no_?t?_?)answer|потерян|пропущ|неотвеч")
_OVER = re.compile(r"finish|disconnect|(?<![a-z])end|complet|hang_?up|releas|заверш|оконч")
_WAITING = re.compile(r"wait|ожидан")
_ANSWERED = re.compile(r"answer|accept|connect|talk|отве[тч]|разговор|соединен")
_OUTGOING = re.compile(r"(?<![a-z])out|исходящ")
_DURATIONS = ("talk_time_duration", "total_time_duration", "finish_reason")


def variables(payload: Any) -> dict[str, str]:
    """Name → text of every expanded variable at any depth; the shallowest of one name counts.

    One more of the same name is kept under its path.
    """
    found: dict[str, str] = {}
    for path, text in sorted(_leaves(payload, "", 0), key=lambda leaf: leaf[0].count(".")):
        if len(found) >= _MOST:
            break
        if text.lower() in _ABSENT or is_macro(text):
            continue
        name = path.rpartition(".")[2]
        found.setdefault(name if name not in found else path, text)
    return found


def first_of(told: dict[str, str], *names: str) -> str:
    """The first of these variables that is there."""
    return next((told[name] for name in names if told.get(name)), "")


def flag(told: dict[str, str], name: str) -> bool | None:
    """A yes or no in any spelling; None where nothing is said."""
    text = told.get(name, "").lower()
    return None if not text else text not in _NO


def event_of(told: dict[str, str]) -> str:
    """The words that name the event."""
    return first_of(told, "notification_mnemonic", "event", "notification_name").lower()


def direction_of(told: dict[str, str]) -> Direction:
    said = told.get("direction", "").lower() or event_of(told)
    return "out" if _OUTGOING.search(said) else "in"


def state_of(told: dict[str, str]) -> CallState | None:
    """What became of the call; None for a recording and for what cannot be told."""
    event = event_of(told)
    lost = flag(told, "is_lost")
    if lost or _LOST.search(event):
        return "missed"
    if _RECORDED.search(event):
        return None
    if _OVER.search(event) or any(name in told for name in _DURATIONS):
        silent = seconds(told.get("talk_time_duration")) == 0 and lost is None
        return "missed" if silent else "ended"
    if _ANSWERED.search(event) and not _WAITING.search(event):
        return "answered"
    return "ringing" if event else None


def is_first(told: dict[str, str]) -> bool:
    """Whether the call appears with this event (a wait for one more colleague is later)."""
    return state_of(told) == "ringing" and not _WAITING.search(event_of(told))


def _leaves(value: Any, path: str, depth: int) -> Iterator[tuple[str, str]]:
    if isinstance(value, dict) and depth < _DEEPEST:
        for name, inner in value.items():
            key = str(name).strip().lower()
            yield from _leaves(inner, f"{path}.{key}" if path else key, depth + 1)
    elif isinstance(value, list):
        yield path, ", ".join(filter(None, map(plain, value)))
    else:
        yield path, plain(value)
