"""Killed by -9 under load at two points; `make chaos` has all of them, and any moment."""

from chaos.checker import check
from chaos.crashes import load, told, wait_for_its_end
from support.leadlog_up import Leadlog

SEED = 3
KILLS = (("log.after_commit", 20), ("processor.before_commit", 3))


def test_a_killed_server_comes_back_with_everything_it_accepted(tmp_path):
    with Leadlog(tmp_path) as server:
        with load(server, seed=SEED, connections=4) as path:
            for point, nth in KILLS:
                server.start(fault=f"{point}:{nth}:kill", ready=False)
                wait_for_its_end(server, point)
            server.start()
        check(server, told([path]))
