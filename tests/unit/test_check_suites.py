"""CI is only as good as its eye for tests that did not run."""

import importlib.util
import sys
from pathlib import Path

import pytest

SCRIPT = Path(__file__).parents[2] / "scripts" / "check_suites.py"

REPORT = """<testsuites><testsuite>
<testcase file="tests/unit/test_a.py" name="test_one"/>
<testcase file="tests/unit/test_a.py" name="test_gap">
  <skipped type="pytest.xfail" message="#7"/></testcase>
<testcase file="tests/e2e/test_b.py" name="test_two">
  <skipped type="pytest.skip" message="no server"/></testcase>
<testcase file="tests/unit/test_c.py" name="test_three">
  <failure message="no"/></testcase>
</testsuite></testsuites>"""


@pytest.fixture(scope="module")
def script():
    spec = importlib.util.spec_from_file_location("check_suites", SCRIPT)
    module = importlib.util.module_from_spec(spec)
    sys.modules["check_suites"] = module
    spec.loader.exec_module(module)
    yield module
    del sys.modules["check_suites"]


@pytest.fixture
def cases(script, tmp_path):
    (tmp_path / "junit.xml").write_text(REPORT)
    return script.read(tmp_path / "junit.xml")


def test_a_test_that_a_library_made_counts_for_the_file_that_asked_for_it(script, tmp_path):
    where = 'classname="tests.properties.test_w.TestWorld" file="lib/hypothesis/stateful.py"'
    (tmp_path / "junit.xml").write_text(
        f'<testsuite><testcase {where} name="runTest"/></testsuite>'
    )
    (case,) = script.read(tmp_path / "junit.xml")
    assert case.file == "tests/properties/test_w.py"


def test_a_suite_of_which_no_test_ran_is_a_fault(script, cases):
    assert "tests/e2e: no test of this suite ran" in script.faults(cases, ["tests/e2e"], [])


def test_a_suite_of_which_one_test_ran_is_none(script, cases):
    wrong = list(script.faults(cases, ["tests/unit"], []))
    assert [fault for fault in wrong if fault.startswith("tests/unit:")] == []


def test_a_test_file_that_was_not_collected_is_a_fault(script, cases):
    on_disk = ["tests/chaos/test_x.py", "tests/unit/test_a.py", "tests/unit/test_d.py"]
    wrong = list(script.faults(cases, [], on_disk))
    assert [fault for fault in wrong if "none of its tests" in fault] == [
        "tests/unit/test_d.py: none of its tests ran"
    ]


def test_a_skipped_test_is_a_fault(script, cases):
    expected = (
        "tests/e2e/test_b.py::test_two: skipped (no server); a test that cannot run must fail"
    )
    assert expected in script.faults(cases, [], [])


def test_a_known_gap_is_no_fault_if_it_says_which(script, cases):
    assert [fault for fault in script.faults(cases, [], []) if "test_gap" in fault] == []
    silent = script.Case("tests/unit/test_a.py", "test_gap", "xfailed", "")
    assert len(list(script.faults([silent], [], []))) == 1


def test_the_last_line_counts_every_test_once(script, cases):
    assert list(script.summary(cases))[-1] == "2 passed, 1 failed, 1 skipped"
