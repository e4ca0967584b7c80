"""What is logged names no person, whatever fails."""

import json
import logging
import subprocess
import sys

import pytest

from leadlog.logs import Seldom

FAIL = """
import structlog
from leadlog.logs import set_up
from leadlog.settings import Logging
set_up(Logging(format={format!r}))
def fail(phone):
    raise RuntimeError("it failed")
try:
    fail("+7912" + "3456789")
except RuntimeError:
    structlog.get_logger().exception("batch_failed", offset=7)
"""


@pytest.mark.parametrize("form", ["console", "json"])
def test_a_traceback_shows_no_local_values(form):
    run = [sys.executable, "-c", FAIL.format(format=form)]
    told = subprocess.run(run, capture_output=True, text=True, check=True).stderr
    assert "it failed" in told
    assert "batch_failed" in told
    assert "+79123456789" not in told


def test_a_library_logs_in_the_same_form():
    log = (
        "import logging; from leadlog.logs import set_up; from leadlog.settings import Logging;"
        "set_up(Logging(format='json')); logging.getLogger('some.library').warning('odd: %s', 7)"
    )
    told = subprocess.run([sys.executable, "-c", log], capture_output=True, text=True, check=True)
    line = json.loads(told.stderr)
    assert (line["event"], line["logger"], line["level"]) == ("odd: 7", "some.library", "warning")


def test_what_kafkas_client_repeats_is_told_once_a_minute():
    log = (
        "import logging; from leadlog.logs import set_up; from leadlog.settings import Logging;"
        "set_up(Logging());"
        "[logging.getLogger(name).error('no node %s', n) for n in range(5)"
        " for name in ('aiokafka', 'aiokafka.consumer', 'another')]"
    )
    told = subprocess.run([sys.executable, "-c", log], capture_output=True, text=True, check=True)
    assert told.stderr.count("[aiokafka]") == 1
    assert told.stderr.count("[aiokafka.consumer]") == 1
    assert told.stderr.count("[another]") == 5


def test_it_is_told_again_when_it_goes_on():
    now = [100.0]
    seldom = Seldom(lambda: now[0])

    def passes(kind):
        return seldom.filter(logging.makeLogRecord({"name": "aiokafka", "msg": kind, "args": (7,)}))

    assert passes("away %s")
    now[0] += 59
    assert not passes("away %s")
    assert passes("back %s")
    now[0] += 1
    assert passes("away %s")
