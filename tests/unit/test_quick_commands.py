"""A command that a running server answers starts without what works on the stores."""

import subprocess
import sys

from typer.testing import CliRunner

from leadlog.cli import app, ask
from leadlog.operations import OPERATIONS

STORES = ("leadlog.system", "leadlog.operations", "chdb", "litestar", "plotly", "pyarrow")
SLOW = (*STORES, "httpx")
"""Where a command does not speak to a server, it needs no client either."""


def test_the_command_line_imports_nothing_that_it_may_not_need():
    look = f"import sys, leadlog.cli; print(*sorted(sys.modules.keys() & {set(SLOW)!r}))"
    done = subprocess.run([sys.executable, "-c", look], capture_output=True, text=True, check=True)
    assert done.stdout.split() == []


def test_the_operations_that_are_told_apart_by_name_are_there():
    assert OPERATIONS.keys() >= ask.DECIDING | ask.RELAYED


def test_a_deals_decision_is_undone_by_the_operation_that_undoes_every_other(tmp_path):
    """`leadlog deal undo` of a decision that nobody took."""
    command = ["deal", "undo", "00000000-0000-0000-0000-000000000001", "--data", str(tmp_path)]
    done = CliRunner().invoke(app, command)
    assert (done.exit_code, "no decision" in str(done.exception) + done.output) == (1, True)
