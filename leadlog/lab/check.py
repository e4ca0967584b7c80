"""Trying one adapter by every rule, through the real gateway."""

from collections.abc import Callable, Collection, Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Any

from structlog.testing import capture_logs

from channels.registry import adapter_class
from channels.sdk.testing.doors import AnyAdapter
from channels.sdk.testing.rule import TRIES, Rule, Subject
from channels.sdk.testing.rules import CARE, INTAKE_NAMES, RULES, subject_of
from channels.sdk.testing.verdict import Status, Verdict, grade, judge
from leadlog.lab import on_effect, on_intake
from leadlog.lab.gateway import GatewayDoor

INTAKE: tuple[Rule, ...] = (
    on_intake.keeps_one_lead_in_any_order,
    on_intake.acknowledges_after_append,
    on_intake.survives_restarts,
    on_intake.waits_for_slow_clients,
    on_intake.refuses_what_is_too_large,
    on_effect.has_one_effect,
)
ALL_RULES: tuple[Rule, ...] = (*RULES, *INTAKE, *CARE)

Progress = Callable[[Rule], None]


@dataclass(frozen=True, slots=True)
class Report:
    """What the lab says of one adapter."""

    account_type: str
    recordings: int
    verdicts: tuple[Verdict, ...]

    @property
    def grade(self) -> str:
        """See `verdict.grade`; `unknown` where not every rule was tried."""
        return grade(self.verdicts) if len(self.verdicts) == len(ALL_RULES) else "unknown"

    @property
    def ok(self) -> bool:
        return not any(verdict.status is Status.FAILS for verdict in self.verdicts)


def check(account_type: str, **how: Any) -> Report:
    """Try the adapter of a type; `how` is that of `check_adapter`.

    Raises UnknownType, and BadRecording for a broken recording or manifest.
    """
    return check_adapter(adapter_class(account_type), **how)


def check_adapter(
    adapter: type[AnyAdapter],
    *,
    only: Collection[str] = (),
    tries: int = TRIES,
    progress: Progress | None = None,
) -> Report:
    """Try an adapter, registered or not, by all rules or by those named. Raises BadRecording.

    `tries` is the number of changed copies of each recording.
    """
    rules = [rule for rule in ALL_RULES if not only or rule.name in only]
    door = GatewayDoor()
    try:
        subject = replace(subject_of(adapter, door), tries=tries)
        with capture_logs():  # the gateway tells the faults that are provoked here
            verdicts = tuple(_judged(subject, rules, progress))
    finally:
        door.close()
    return Report(adapter.account_type, len(subject.recordings), verdicts)


def _judged(
    subject: Subject, rules: Sequence[Rule], progress: Progress | None
) -> Iterator[Verdict]:
    for rule in rules:
        if progress:
            progress(rule)
        yield judge(rule, subject)


assert tuple(rule.name for rule in INTAKE) == INTAKE_NAMES  # noqa: S101 - manifests name them
