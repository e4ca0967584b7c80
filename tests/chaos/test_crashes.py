"""Killed by -9 at any moment under load: what was accepted is there, exactly once.

CHAOS_SEED and CHAOS_KILLS make another, or a longer, run.
"""

import os
import random
import sys
import time

import pytest
from chaos.checker import check, settled, stored_leads
from chaos.crashes import kill_at, kill_at_random, load, told
from chaos.points import EMBEDDED
from support.leadlog_up import Leadlog

SEED = int(os.environ.get("CHAOS_SEED", "20260201"))
KILLS = int(os.environ.get("CHAOS_KILLS", "50"))
PASSES = 2
"""Kills at each point: at its first pass, and at a later one."""


@pytest.fixture
def server(tmp_path):
    with Leadlog(tmp_path) as server:
        yield server


def test_random_kills_lose_invent_and_double_nothing(server, capsys):
    began = time.monotonic()
    server.start()
    with load(server, seed=SEED) as path:
        kill_at_random(server, KILLS, random.Random(SEED))
        time.sleep(2)
    found = check(server, told([path]))
    report(capsys, f"{KILLS} random kills, seed {SEED}", began, found)
    check_after_the_end(server)


def test_every_fault_point_is_reached_and_loses_nothing(server, capsys):
    began = time.monotonic()
    rng = random.Random(SEED)
    points = sorted(EMBEDDED)
    server.start()
    with load(server, seed=SEED + 1) as path:
        for point in points:
            for nth in (1, *(rng.randrange(2, 60) for _ in range(PASSES - 1))):
                kill_at(server, point, nth)
        time.sleep(2)
    found = check(server, told([path]))
    kills = f"{len(points)} fault points x {PASSES} kills, seed {SEED + 1}"
    report(capsys, kills, began, found)
    check_after_the_end(server)


def check_after_the_end(server):
    """Stopped, the same commands give the same, by themselves."""
    running = stored_leads(server), settled(server)
    assert server.stop() == 0
    assert (stored_leads(server), settled(server)) == running


def report(capsys, kills, began, found):
    numbers = ", ".join(f"{count} {name}" for name, count in found.items())
    with capsys.disabled():
        took = time.monotonic() - began
        sys.stdout.write(f"\nchaos: {kills}, {took:.0f} s: {numbers}; 0 breaches\n")
