"""Two gateways, three processors and two projectors on Kafka, PostgreSQL and ClickHouse, killed.

What was accepted is there once, and is what one process with embedded stores makes of it: the
same persons whatever the order, and the same deals and numbers in the order that was recorded.
CHAOS_LEADS, CHAOS_KILLS and CHAOS_SEED make another, or a longer, run.
"""

import itertools
import os
import random
import signal
import sys
import time

import pytest
from chaos.equalities import check_equal
from chaos.flood import Flood
from chaos.invariants import Stores, check, come_to_rest
from servers.clickhouse import fresh_name
from support.cluster import Cluster, store_settings
from support.deliveries import Crowd
from support.desks import opened

SEED = int(os.environ.get("CHAOS_SEED", "20260201"))
KILLS = int(os.environ.get("CHAOS_KILLS", "60"))
DELIVERIES = int(os.environ.get("CHAOS_LEADS", "20000"))
REPEATS = 0.2
ROLES = {
    "gateway-1": "gateway",
    "gateway-2": "gateway",
    "processor-1": "processor",
    "processor-2": "processor",
    "processor-3": "processor",
    "projector-1": "projector",
    "projector-2": "projector",
}
SERVERS = ("kafka", "postgres", "clickhouse")
ASLEEP_S = 30.0
"""Longer than a group of Kafka waits for a member."""
SETTLED_WITHIN_S = 900


@pytest.fixture
def place(tmp_path, own_kafka, own_postgres, own_clickhouse):
    """A cluster that runs, its settings, and what may be killed beside its roles."""
    settings = store_settings(
        own_kafka.address,
        own_postgres.url(),
        runner="faust",
        analytics=f"{own_clickhouse.url()}/leadlog",
    )
    servers = dict(zip(SERVERS, (own_kafka, own_postgres, own_clickhouse), strict=True))
    with Cluster(tmp_path, settings) as cluster:
        for name, role in ROLES.items():
            cluster.start(name, role)
        yield cluster, settings, servers


def test_kills_of_roles_and_servers_lose_invent_and_double_nothing(place, tmp_path, capsys):
    cluster, settings, servers = place
    began = time.monotonic()
    rng = random.Random(SEED)
    posts = deliveries(rng)
    flood = Flood(cluster.ports("gateway"), iter(posts), seed=SEED).start()
    killed = kill(cluster, servers, rng, flood)
    flood.wait(SETTLED_WITHIN_S)
    cluster.wait_until_ready()
    (tmp_path / "oracle").mkdir()
    with opened(tmp_path / "oracle", settings) as system:
        come_to_rest(system, SETTLED_WITHIN_S)
        found = check(system, posts)
        check_equal(
            system,
            Stores.of(system),
            tmp_path / "equal",
            lambda: f"{servers['clickhouse'].url()}/{fresh_name()}",
        )
    with capsys.disabled():
        told = ", ".join(f"{killed.count(name)} {name}" for name in sorted({*killed}))
        sys.stdout.write(
            f"\nchaos: {len(killed)} kills ({told}), seed {SEED}, {time.monotonic() - began:.0f} s:"
            f" {DELIVERIES} deliveries in {flood.attempts} attempts, {found}; 0 breaches\n"
        )


def deliveries(rng):
    """Posts in no order, a fifth of them repeats."""
    crowd = Crowd(SEED, began=int(time.time()) - 86_400, people=DELIVERIES // 10)
    distinct = round(DELIVERIES * (1 - REPEATS))
    of_leads = (post for post in crowd.posts() if post.fate == "lead")
    fresh = list(itertools.islice(of_leads, distinct))
    posts = [*fresh, *rng.choices(fresh, k=DELIVERIES - distinct)]
    rng.shuffle(posts)
    return posts


def kill(cluster, servers, rng, flood):
    """Kill and restart, one after the other, over the whole flood; the servers every tenth time.

    Every tenth time, too, a processor is stopped for so long that its partitions are given to
    others; then it wakes and goes on with what it had in hand.
    """
    killed, asleep = [], {}
    for number in range(KILLS):
        time.sleep(rng.uniform(0.2, 2.0))
        while len(flood.given) < DELIVERIES * number / KILLS:
            time.sleep(0.05)
        awake = sorted(ROLES.keys() - asleep.keys())
        if number % 10 == 5:
            name = SERVERS[number // 10 % len(SERVERS)]
            servers[name].kill()
            time.sleep(rng.uniform(0.0, 2.0))
            servers[name].start()
        elif number % 10 == 8 and not asleep:
            name = rng.choice([name for name in awake if ROLES[name] == "processor"])
            cluster.processes[name].process.send_signal(signal.SIGSTOP)
            asleep[name] = time.monotonic() + ASLEEP_S
            name = f"stopped {name}"
        else:
            name = rng.choice(awake)
            cluster.restart(name)
        killed.append(name)
        wake(cluster, asleep, time.monotonic())
    time.sleep(max([0.0, *(until - time.monotonic() for until in asleep.values())]))
    wake(cluster, asleep, time.monotonic() + ASLEEP_S)
    return killed


def wake(cluster, asleep, now):
    for name in [name for name, until in asleep.items() if until <= now]:
        cluster.processes[name].process.send_signal(signal.SIGCONT)
        del asleep[name]
