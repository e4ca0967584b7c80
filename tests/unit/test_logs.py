"""What is logged names no person, whatever fails."""

import json
import subprocess
import sys

import pytest

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
