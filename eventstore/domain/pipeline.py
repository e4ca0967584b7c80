"""Pipelines: the ordered stages of selling, from configuration (SEMANTICS 3.1)."""

import re

import msgspec

UNSORTED = "unsorted"
WON = "won"
SPAM = "spam"
_DAYS = re.compile(r"(\d+)\s*(d|h|m)")
_UNIT_MS = {"d": 86_400_000, "h": 3_600_000, "m": 60_000}


class Stage(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """`id` is for ever, `name` may change; fields in `required` must be known to enter it."""

    id: str
    name: str = ""
    required: tuple[str, ...] = ()


class Pipeline(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """One pipeline, as a `[[pipelines]]` table has it. ValueError tells what is wrong."""

    id: str
    name: str = ""
    reopen_window: str = "30d"
    lost_reasons: tuple[str, ...] = ("price", "terms", "no answer", "spam")
    stages: tuple[Stage, ...] = (
        Stage(UNSORTED),
        Stage("contact"),
        Stage("measure"),
        Stage("offer"),
        Stage("contract", required=("amount",)),
    )

    def __post_init__(self) -> None:
        ids = [stage.id for stage in self.stages]
        if not ids or ids[0] != UNSORTED:
            raise ValueError(f"pipeline {self.id}: the first stage must have the id {UNSORTED!r}")
        if len(set(ids)) != len(ids) or {WON, "lost"} & set(ids):
            raise ValueError(
                f"pipeline {self.id}: stage ids must differ, and not be 'won' or 'lost'"
            )
        if not _DAYS.fullmatch(self.reopen_window):
            raise ValueError(f"pipeline {self.id}: reopen_window is a length such as 30d or 12h")

    @property
    def decline_reasons(self) -> tuple[str, ...]:
        """Why an unsorted deal is declined: as deals are lost, and spam in any case."""
        return self.lost_reasons if SPAM in self.lost_reasons else (*self.lost_reasons, SPAM)

    @property
    def reopen_ms(self) -> int:
        """The window after a deal's end in which a message or call joins it, in milliseconds."""
        number, unit = _DAYS.fullmatch(self.reopen_window).groups()  # type: ignore[union-attr] # checked at start
        return int(number) * _UNIT_MS[unit]

    @property
    def steps(self) -> tuple[str, ...]:
        """The steps of the funnel: every stage, then `won`."""
        return (*(stage.id for stage in self.stages), WON)

    def stage_name(self, stage: str) -> str:
        """As configured; empty where it is not."""
        return next((known.name for known in self.stages if known.id == stage), "")


SALES = Pipeline(id="sales", name="Sales")
"""The pipeline where nothing is configured."""
