"""Some kills by -9 under load; `make chaos` has many more, at any moment and at every point."""

import random
import time

from chaos.checker import check
from chaos.crashes import kill_at, kill_at_random, load, told
from support.leadlog_up import Leadlog

SEED = 3


def test_a_killed_server_comes_back_with_everything_it_accepted(tmp_path):
    with Leadlog(tmp_path) as server:
        server.start()
        with load(server, seed=SEED, connections=4) as path:
            time.sleep(1)
            kill_at_random(server, 1, random.Random(SEED))
            kill_at(server, "log.after_commit", 20)
            kill_at(server, "processor.before_commit", 3)
            time.sleep(1)
        check(server, told([path]))
