"""Fails when tests that must run did not run: check_suites.py JUNIT_XML REQUIRED_SUITES.

pytest is content with a folder that collects nothing and with a skipped test; this is not. Every
folder named must have run a test, every test file on disk must have run one, and no test may be
skipped. A strict expected failure is a known gap and may stand, if it says why.
"""

import sys
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from xml.etree.ElementTree import Element

from defusedxml import ElementTree

NOT_IN_THE_FAST_SUITE = ("tests/chaos/", "tests/bench/", "tests/soak/")


@dataclass(frozen=True)
class Case:
    """One test of the report; `outcome` is passed, failed, skipped or xfailed."""

    file: str
    name: str
    outcome: str
    reason: str


def read(report: Path) -> list[Case]:
    """The tests of a report of pytest's family xunit1, which names files."""
    return [_case(element) for element in ElementTree.parse(report).iter("testcase")]


def _case(element: Element) -> Case:
    outcome, reason = "passed", ""
    for child in element:
        if child.tag in ("failure", "error"):
            outcome = "failed"
        elif child.tag == "skipped":
            expected = child.get("type") == "pytest.xfail"
            outcome, reason = "xfailed" if expected else "skipped", child.get("message", "")
    return Case(_file(element), element.get("name", ""), outcome, reason)


def _file(element: Element) -> str:
    """The test's own file; of a test that a library made, `file` is the library's."""
    names = element.get("classname", "").split(".")
    modules = [place for place, name in enumerate(names, 1) if name.startswith("test_")]
    return "/".join(names[: modules[-1]]) + ".py" if modules else element.get("file", "")


def faults(cases: list[Case], required: list[str], on_disk: list[str]) -> Iterator[str]:
    """What is wrong with a run, one line each; nothing when all is well."""
    ran = {case.file for case in cases if case.outcome != "skipped"}
    for folder in required:
        if not any(file.startswith(f"{folder}/") for file in ran):
            yield f"{folder}: no test of this suite ran"
    for file in on_disk:
        if file not in ran and not file.startswith(NOT_IN_THE_FAST_SUITE):
            yield f"{file}: none of its tests ran"
    for case in cases:
        where = f"{case.file}::{case.name}"
        if case.outcome == "skipped":
            yield f"{where}: skipped ({case.reason}); a test that cannot run must fail"
        if case.outcome == "xfailed" and not case.reason:
            yield f"{where}: expected to fail without a reason; say which gap it is"
        if case.outcome == "failed":
            yield f"{where}: failed"


def summary(cases: list[Case]) -> Iterator[str]:
    """How many tests ran, by suite, and in the end the count of all."""
    suites = Counter("/".join(case.file.split("/")[:2]) for case in cases)
    for suite, count in sorted(suites.items()):
        yield f"{suite:20} {count:5}"
    outcomes = Counter(case.outcome for case in cases)
    passed = outcomes["passed"] + outcomes["xfailed"]
    yield f"{passed} passed, {outcomes['failed']} failed, {outcomes['skipped']} skipped"


def main(report: str, required_suites: str) -> int:
    cases = read(Path(report))
    lines = Path(required_suites).read_text(encoding="utf-8").splitlines()
    required = [line for line in lines if line and not line.startswith("#")]
    on_disk = sorted(path.as_posix() for path in Path("tests").rglob("test_*.py"))
    wrong = list(faults(cases, required, on_disk))
    for line in [*wrong, *summary(cases)]:
        print(line)  # noqa: T201 - the answer
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
