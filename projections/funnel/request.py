"""What one may ask of the funnel. Everything is from a closed set, a time or a number."""

import re
from collections.abc import Mapping, Sequence
from typing import Final, Literal, TypeVar, get_args

import msgspec

from eventstore.domain.pipeline import Pipeline
from eventstore.said import said, text_of
from projections.moments import read_as_of, read_moment

Basis = Literal["cohort", "event"]
Of = Literal["deals"]
Dimension = Literal[
    "channel",
    "account",
    "kind",
    "utm_source",
    "utm_medium",
    "utm_campaign",
    "utm_term",
    "utm_content",
    "start",
    "ref",
    "paid",
    "repeat",
    "pipeline",
]
"""A deal's labels are those of the touch that opened it."""

DIMENSIONS: Final[tuple[Dimension, ...]] = get_args(Dimension)
FIELDS: Final = ("pipeline", "from", "to", "by", "as_of", "basis", "of", "window")

_Name = TypeVar("_Name", bound=str)
_WINDOW = re.compile(r"(\d{1,5})\s*(d|h|m)")
_UNIT_MS = {"d": 86_400_000, "h": 3_600_000, "m": 60_000}


class WrongRequest(ValueError):
    """A report was asked for wrongly: the field, and what it may be."""

    def __init__(self, field: str, problem: str, allowed: Sequence[str] = ()) -> None:
        known = f"; it may be: {', '.join(allowed)}" if allowed else ""
        super().__init__(f"{field}: {problem}{known}")
        self.field = field
        self.problem = problem
        self.allowed = tuple(allowed)


class FunnelRequest(msgspec.Struct, frozen=True, kw_only=True):
    """One question. Times are milliseconds since 1970; the period is [since, until)."""

    pipeline: Pipeline
    since: int | None = None
    until: int | None = None
    by: tuple[Dimension, ...] = ()
    position: int | None = None
    """As known at this position …"""
    time: int | None = None
    """… or as known at this time; neither: as known now."""
    basis: Basis = "cohort"
    of: Of = "deals"
    window: int | None = None
    """Milliseconds from a deal's first step within which a step must be entered to count."""


def read_request(
    given: Mapping[str, str | Sequence[str]], pipelines: Sequence[Pipeline]
) -> FunnelRequest:
    """The request of a command line or a query string. Raises WrongRequest.

    `by` may be given several times or as a list with commas; the pipeline, if none is named, is
    the first one.
    """
    if unknown := [field for field in given if field not in FIELDS]:
        raise WrongRequest(unknown[0], said("there is no such parameter"), FIELDS)
    position, time = _as_of(_one(given, "as_of"))
    since, until = _moment(given, "from"), _moment(given, "to")
    if since is not None and until is not None and since >= until:
        told = said(
            "it must be later than '%(parameter)s'; its own day doesn't count", parameter="from"
        )
        raise WrongRequest("to", told)
    return FunnelRequest(
        pipeline=_pipeline(_one(given, "pipeline"), pipelines),
        since=since,
        until=until,
        by=_dimensions(given.get("by", ())),
        position=position,
        time=time,
        basis=_choice("basis", _one(given, "basis") or "cohort", get_args(Basis)),
        of=_choice("of", _one(given, "of") or "deals", get_args(Of)),
        window=_window(_one(given, "window")),
    )


def _one(given: Mapping[str, str | Sequence[str]], field: str) -> str:
    value = given.get(field, "")
    if isinstance(value, str):
        return value.strip()
    if len(value) > 1:
        raise WrongRequest(field, said("it was given more than once"))
    return value[0].strip() if value else ""


def _as_of(text: str) -> tuple[int | None, int | None]:
    try:
        return read_as_of(text) if text else (None, None)
    except ValueError:
        told = said(
            "no time: '%(text)s'; write a day as 2026-01-31 or a time as 2026-01-31T09:00:00Z,"
            " or a position of the event store",
            text=text,
        )
        raise WrongRequest("as_of", told) from None


def _moment(given: Mapping[str, str | Sequence[str]], field: str) -> int | None:
    text = _one(given, field)
    try:
        return read_moment(text) if text else None
    except ValueError as error:
        raise WrongRequest(field, text_of(error)) from None


def _pipeline(name: str, pipelines: Sequence[Pipeline]) -> Pipeline:
    if not name:
        return pipelines[0]
    known = {pipeline.id: pipeline for pipeline in pipelines}
    return known[_choice("pipeline", name, tuple(known))]


def _dimensions(given: str | Sequence[str]) -> tuple[Dimension, ...]:
    texts = [given] if isinstance(given, str) else given
    names = [name.strip() for text in texts for name in text.split(",") if name.strip()]
    chosen = [_choice("by", name, DIMENSIONS) for name in names]
    return tuple(dict.fromkeys(chosen))


def _choice(field: str, name: str, allowed: Sequence[_Name]) -> _Name:
    for known in allowed:
        if name == known:
            return known
    raise WrongRequest(field, said("there is no '%(name)s'", name=name), allowed)


def _window(text: str) -> int | None:
    if not text:
        return None
    if not (match := _WINDOW.fullmatch(text)):
        raise WrongRequest(
            "window", said("no length of time: '%(text)s'; write 30d, 12h or 90m", text=text)
        )
    return int(match[1]) * _UNIT_MS[match[2]]
