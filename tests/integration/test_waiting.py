"""A command that waits for the numbers where nobody else makes them."""

import pytest
from support import desks

from leadlog.operations import run


@pytest.mark.parametrize("unattended", [True, False])
def test_what_comes_meanwhile_is_processed_by_who_waits_where_no_role_runs(tmp_path, unattended):
    with desks.opened(tmp_path) as system:
        system.unattended = unattended
        line = desks.lead(1, desks.claimed("phone:+79120000001"))
        list(run(system, "feed", {"lines": [("test", 1, line, False)]}))
        (told,) = run(system, "wait", {"seconds": 10 if unattended else 0.2})
    assert told == {"current": unattended}
