"""The lab's report: for people as tables, for scripts as objects."""

from collections import Counter
from collections.abc import Sequence
from typing import Any

from rich.console import Console
from rich.markup import escape
from rich.table import Table

from channels.sdk.testing.verdict import Status, Verdict
from leadlog.lab.check import Report

_COLOURS = {
    Status.DONE: "green",
    Status.FAILS: "bold red",
    Status.TODO: "yellow",
    Status.EXEMPT: "cyan",
    Status.NOTHING: "dim",
}


def as_object(report: Report) -> dict[str, Any]:
    """What `--json` prints of one adapter."""
    return {
        "type": report.account_type,
        "ok": report.ok,
        "grade": report.grade,
        "recordings": report.recordings,
        "rules": [
            {
                "rule": verdict.rule.name,
                "about": verdict.rule.word,
                "promise": verdict.rule.promise,
                "status": verdict.status.value,
                "reasons": list(verdict.reasons),
            }
            for verdict in report.verdicts
        ],
    }


def show(console: Console, report: Report) -> None:
    """Every rule of one adapter, and what is wrong."""
    table = Table("rule", "status", "why", box=None, title=_headline(report), title_justify="left")
    for verdict in report.verdicts:
        fails = verdict.status is Status.FAILS
        why = "told below" if fails else _why(verdict)
        table.add_row(verdict.rule.name, _coloured(verdict.status), why)
    console.print(table)
    _show_faults(console, [report])


def show_all(console: Console, reports: Sequence[Report]) -> None:
    """A line for each adapter, then what fails."""
    names = [status.value for status in Status]
    table = Table("type", "grade", "recordings", *names, box=None)
    for report in reports:
        counts = Counter(verdict.status for verdict in report.verdicts)
        cells = [str(counts[status]) if counts[status] else "" for status in Status]
        table.add_row(report.account_type, report.grade, str(report.recordings), *cells)
    console.print(table)
    _show_faults(console, reports)


def _show_faults(console: Console, reports: Sequence[Report]) -> None:
    """Whole, however narrow the terminal is: what breaks an adapter goes into a recording."""
    for report in reports:
        for verdict in report.verdicts:
            if verdict.status is Status.FAILS:
                where = f"{report.account_type}: {verdict.rule.name}"
                console.print(f"\n[bold red]{where}[/] {escape(verdict.rule.promise)}")
                console.print(_why(verdict), soft_wrap=True)


def _headline(report: Report) -> str:
    fails = sum(verdict.status is Status.FAILS for verdict in report.verdicts)
    told = f"{fails} rules fail" if fails else f"grade {report.grade}"
    return f"{report.account_type}: {told}, {report.recordings} recordings"


def _coloured(status: Status) -> str:
    colour = _COLOURS[status]
    return f"[{colour}]{status.value}[/]"


def _why(verdict: Verdict) -> str:
    return escape("\n".join(verdict.reasons))
