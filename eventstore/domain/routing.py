"""Which pipeline a lead goes to, by what it brings: rules, the first that fits (SEMANTICS 4.1).

One versioned piece of configuration. A lead is routed once, by the rules in force and by what it
brought when it was first recorded. Pure: nothing here knows who the person is.
"""

import re
from collections.abc import Callable, Collection
from typing import Final, NamedTuple

import msgspec

from channels.sdk.lead import LeadContent
from eventstore.domain.events import Routed

Wanted = tuple[str, ...] | str
"""What a condition wants: one text or any of several; `*` in them stands for any text."""

_BROUGHT: Final = {
    "channel": ("", "channel"),
    "account": ("", "account"),
    "kind": ("", "kind"),
    "line": ("call", "line"),
    "utm_source": ("campaign", "utm_source"),
    "utm_medium": ("campaign", "utm_medium"),
    "utm_campaign": ("campaign", "utm_campaign"),
    "utm_term": ("campaign", "utm_term"),
    "utm_content": ("campaign", "utm_content"),
    "start": ("campaign", "start"),
    "ref": ("campaign", "ref"),
    "city": ("profile", "city"),
    "language": ("profile", "language"),
}
"""Condition → the part of the lead event that has it, and its name there (docs/lead-event.md)."""


class When(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What a rule asks of a lead: all that is given must fit. Case does not count.

    A condition never fits where the lead brings nothing; `*` fits whatever it brings.
    """

    channel: Wanted | None = None
    account: Wanted | None = None
    kind: Wanted | None = None
    line: Wanted | None = None
    """The number that was called."""
    utm_source: Wanted | None = None
    utm_medium: Wanted | None = None
    utm_campaign: Wanted | None = None
    utm_term: Wanted | None = None
    utm_content: Wanted | None = None
    start: Wanted | None = None
    ref: Wanted | None = None
    city: Wanted | None = None
    language: Wanted | None = None
    fields: dict[str, Wanted] = {}
    """By the name of the form's field."""


class RoutingRule(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """One `[[routing.rules]]` table. ValueError tells what is wrong."""

    name: str
    when: When
    pipeline: str
    """The id of a pipeline."""

    def __post_init__(self) -> None:
        if not self.name:
            raise ValueError("a rule needs a name: it is told wherever somebody asks why")
        given = _given(self.when)
        if not given:
            raise ValueError(
                f"rule {self.name!r}: `when` names no condition; what no rule fits goes to the"
                " first pipeline anyway"
            )
        for name, wanted in given:
            if not wanted or not all(text.strip() for text in _several(wanted)):
                raise ValueError(
                    f"rule {self.name!r}: {name} names nothing; give a value, or leave it out"
                )


class Routing(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The routing configuration, as `[routing]` has it."""

    version: int = 1
    rules: tuple[RoutingRule, ...] = ()


NO_RULES: Final = Routing()


class Route(NamedTuple):
    """Where a lead goes."""

    pipeline: str
    why: Routed | None = None
    """Empty where no rules are configured."""


class Router:
    """A `Routing` worked out once. `default` is the pipeline of what no rule fits."""

    def __init__(self, routing: Routing, default: str) -> None:
        self.routing = routing
        self.otherwise = Route(default, Routed("", routing.version) if routing.rules else None)
        self.only = None if routing.rules else self.otherwise
        """The way of every lead, where there are no rules."""
        self._rules = [
            (_conditions(rule.when), Route(rule.pipeline, Routed(rule.name, routing.version)))
            for rule in routing.rules
        ]

    def choose(self, lead: LeadContent) -> Route:
        """The route of the first rule that fits; `otherwise` where none does."""
        for conditions, route in self._rules:
            if all(fits(brought(lead)) for brought, fits in conditions):
                return route
        return self.otherwise


def fitting_none(wanted: Wanted | None, known: Collection[str]) -> list[str]:
    """The texts of a condition that none of these would fit."""
    texts = _several(wanted or ())
    return [text for text in texts if not any(map(_pattern(text).fullmatch, known))]


_Brought = Callable[[LeadContent], str]
_Fits = Callable[[str], object]


def _conditions(when: When) -> list[tuple[_Brought, _Fits]]:
    return [(_reader(name), _pattern(wanted).fullmatch) for name, wanted in _given(when)]


def _given(when: When) -> list[tuple[str, Wanted]]:
    """Every condition that is given; of a form's field as `fields.NAME`."""
    found = [(name, wanted) for name in _BROUGHT if (wanted := getattr(when, name)) is not None]
    return found + [(f"fields.{name}", wanted) for name, wanted in when.fields.items()]


def _reader(name: str) -> _Brought:
    if name.startswith("fields."):
        field = name.removeprefix("fields.")
        return lambda lead: lead.fields.get(field, "").strip()
    part, attribute = _BROUGHT[name]
    if not part:
        return lambda lead: str(getattr(lead, attribute))
    return lambda lead: str(getattr(getattr(lead, part), attribute, "")).strip()


def _several(wanted: Wanted) -> tuple[str, ...]:
    return (wanted,) if isinstance(wanted, str) else wanted


def _pattern(wanted: Wanted) -> re.Pattern[str]:
    """Only `*` is special: names of campaigns have brackets and question marks."""
    texts = [re.escape(text.strip()).replace(r"\*", ".*") for text in _several(wanted)]
    return re.compile(rf"(?=.)(?:{'|'.join(texts)})", re.IGNORECASE | re.DOTALL)
