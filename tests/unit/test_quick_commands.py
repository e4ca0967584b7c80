"""A command that a running server answers starts without what works on the stores."""

import subprocess
import sys

SLOW = ("leadlog.system", "leadlog.operations", "chdb", "litestar", "plotly", "pyarrow")


def test_the_command_line_imports_nothing_that_opens_stores():
    look = f"import sys, leadlog.cli; print(*sorted(sys.modules.keys() & {set(SLOW)!r}))"
    done = subprocess.run([sys.executable, "-c", look], capture_output=True, text=True, check=True)
    assert done.stdout.split() == []
