"""What the lab says of an adapter: a verdict on each rule, and the grade that they come to."""

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum

from channels.sdk.testing.on_care import DECLARED
from channels.sdk.testing.rule import NotApplicable, Rule, Subject

_DECLARED = frozenset(rule.name for rule in DECLARED)


class Status(StrEnum):
    """How a rule stands."""

    DONE = "done"
    FAILS = "fails"
    TODO = "todo"
    """Known not to hold: the manifest says so, or nobody has said that it does."""
    EXEMPT = "exempt"
    """The manifest says why the rule does not concern the adapter."""
    NOTHING = "nothing"
    """There was nothing to try it on."""


@dataclass(frozen=True, slots=True)
class Verdict:
    """How one rule stands, and why."""

    rule: Rule
    status: Status
    reasons: tuple[str, ...] = ()


def judge(rule: Rule, subject: Subject) -> Verdict:
    """Try a rule on an adapter, minding what its manifest says. Never raises."""
    if reason := subject.manifest.exempt(rule.name):
        return Verdict(rule, Status.EXEMPT, (reason,))
    if rule.name in _DECLARED:
        return _believed(rule, subject)
    try:
        faults = rule.faults(subject)
    except NotApplicable as nothing:
        return Verdict(rule, Status.NOTHING, (str(nothing),))
    except Exception as error:  # noqa: BLE001 - whatever it is, the adapter is not shown to be right
        return Verdict(
            rule, Status.FAILS, (f"it cannot be tried: {type(error).__name__}: {error}",)
        )
    return _weighed(rule, subject, tuple(faults))


def grade(verdicts: Sequence[Verdict]) -> str:
    """`none`; `bronze`: nothing is lost; `silver`: explained, too; `gold`: nothing left to do."""
    open_ = [v for v in verdicts if v.status in {Status.FAILS, Status.TODO}]
    if any(verdict.rule.word != "care" for verdict in open_):
        return "none"
    if any(verdict.rule.name not in _DECLARED for verdict in open_):
        return "bronze"
    return "silver" if open_ else "gold"


def _believed(rule: Rule, subject: Subject) -> Verdict:
    manifest = subject.manifest
    if manifest.says_done(rule.name):
        return Verdict(rule, Status.DONE)
    return Verdict(rule, Status.TODO, (manifest.todo(rule.name) or "the manifest says nothing",))


def _weighed(rule: Rule, subject: Subject, faults: tuple[str, ...]) -> Verdict:
    todo = subject.manifest.todo(rule.name)
    if not faults:
        if todo:
            return Verdict(rule, Status.FAILS, ('it holds: the manifest may say "done"',))
        return Verdict(rule, Status.DONE)
    if todo:
        return Verdict(rule, Status.TODO, (todo, *faults))
    unclaimed = rule.word == "care" and not subject.manifest.says_done(rule.name)
    return Verdict(rule, Status.TODO if unclaimed else Status.FAILS, faults)
