"""Servers that die and hang, and the ways to them cut in every manner, under load.

After each fault the invariants I1 to I6 and I9, at the end of a server I7 and I8 as well.
CHAOS_SEED makes another run.
"""

import os
import time

import pytest
from chaos.stage import Stage, wait_for
from servers.proxy import Way

SEED = int(os.environ.get("CHAOS_SEED", "20260201"))
PAUSED_S = 20.0
"""Longer than Kafka's group waits for a member."""
DARK_S = 12.0
DEAF_S = 2.0
RESETS = 5
COMMIT = b"COMMIT\0"
INSERT = b"insert_deduplication_token"


@pytest.fixture
def stage(servers, tmp_path):
    with Stage(tmp_path, servers, seed=SEED) as stage:
        stage.start(
            gateway_1="gateway",
            spool="gateway",
            one="processor",
            two="processor",
            facts="projector",
            heir="projector",
        )
        yield stage
        for proxy in servers.proxies.values():
            proxy.let(Way.OPEN)


def killed(server, proxy):
    server.kill()
    time.sleep(1)
    server.start()


def stopped(server, proxy):
    server.stop()
    server.start()


def paused(server, proxy):
    server.pause()
    time.sleep(PAUSED_S)
    server.resume()


def reset(server, proxy):
    for _ in range(RESETS):
        wait_for(proxy.reset, "void: there is no connection")
        time.sleep(0.7)


def dark(server, proxy):
    """Nothing passes; what was on its way passes in the end."""
    proxy.let(Way.DARK)
    time.sleep(DARK_S)
    proxy.let(Way.OPEN)


def deaf(server, proxy):
    """What is asked is done, and nobody hears of it."""
    before = proxy.lost
    proxy.let(Way.DEAF)
    time.sleep(DEAF_S)
    proxy.let(Way.OPEN)
    assert proxy.lost > before, "void: no answer was lost"


def half_open(server, proxy):
    """The server has ended every connection, and no client ever hears of it."""
    assert proxy.half_open(), "void: there is no connection"


def killed_mid_commit(server, proxy):
    for _ in range(3):
        strike(proxy, COMMIT, server.kill)
        server.start()


def commits_cut(server, proxy):
    for heard in (True, False) * 3:
        cut(proxy, COMMIT, heard=heard)


def inserts_cut(server, proxy):
    for heard in (True, False) * 2:
        cut(proxy, INSERT, heard=heard)


def strike(proxy, at, act):
    before = proxy.cuts
    proxy.strike, proxy.cut_at = act, at
    wait_for(lambda: proxy.cuts > before, f"void: {at!r} was not said")
    proxy.strike = None


def cut(proxy, at, *, heard):
    before = proxy.cuts
    proxy.heard, proxy.cut_at = heard, at
    wait_for(lambda: proxy.cuts > before, f"void: {at!r} was not said")


@pytest.mark.parametrize(
    ("name", "faults"),
    [
        ("kafka", (killed, stopped, paused, reset, dark, deaf, half_open)),
        ("postgres", (killed_mid_commit, stopped, reset, commits_cut, dark, deaf, half_open)),
        ("clickhouse", (killed, paused, reset, inserts_cut, dark, deaf, half_open)),
    ],
)
def test_a_server_that_fails_and_the_way_to_it(stage, servers, name, faults, capsys):
    server, proxy = getattr(servers, name), servers.proxies[name]
    for fault in faults:
        with stage.load():
            fault(server, proxy)
        stage.tell(capsys, f"{name} {fault.__name__}", stage.check())
    stage.check_all()
