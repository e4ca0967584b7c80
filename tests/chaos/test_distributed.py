"""Two gateways, three processors and two projectors on Kafka, PostgreSQL and ClickHouse, killed.

What was accepted is there once, and is what one process with embedded stores makes of it: the
same persons whatever the order, and the same deals and numbers in the order that was recorded.
CHAOS_LEADS, CHAOS_KILLS and CHAOS_SEED make another, or a longer, run.
"""

import itertools
import json
import os
import random
import signal
import sys
import time
import tomllib

import pytest
from chaos.checker import settled
from chaos.flood import Flood
from support.cluster import KEY, Cluster, store_settings, topic_of
from support.deliveries import Crowd
from support.leadlog_up import Leadlog

from eventstore.domain.events import LeadRecorded
from eventstore.recorders.postgres import PostgresCustomerRecorder
from ingest.log.kafka_reader import KafkaLogReader

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
    posts, leads, events = deliveries(rng)
    gateways = [cluster.processes[name].port for name, role in ROLES.items() if role == "gateway"]
    flood = Flood(gateways, posts, seed=SEED)
    flood.start()
    killed = kill(cluster, servers, rng, flood)
    flood.wait(SETTLED_WITHIN_S)
    cluster.wait_until_ready()
    desk = cluster.processes["gateway-1"]
    audit = audit_of(desk)
    cards = cards_of(desk)
    assert {lead for card in cards for lead in card["leads"]} == leads
    assert sum(len(card["leads"]) for card in cards) == len(leads)
    assert audit["deliveries"]["accepted"] == len(events)
    funnel = funnel_of(desk)
    recorded = recorded_leads(settings)
    assert len(recorded) == len(events)
    in_order = embedded(tmp_path / "in-order", recorded)
    assert cards_of(in_order) == cards
    assert funnel_of(in_order) == funnel
    rng.shuffle(recorded)
    assert persons(cards_of(embedded(tmp_path / "shuffled", recorded))) == persons(cards)
    with capsys.disabled():
        told = ", ".join(f"{killed.count(name)} {name}" for name in sorted({*killed}))
        sys.stdout.write(
            f"\nchaos: {len(killed)} kills ({told}), seed {SEED}, {time.monotonic() - began:.0f} s:"
            f" {DELIVERIES} deliveries in {flood.attempts} attempts, {len(leads)} leads on"
            f" {len(cards)} cards, {audit['deliveries']}; 0 breaches\n"
        )


def deliveries(rng):
    """Posts in no order, a fifth of them repeats, with the lead ids and event ids they carry."""
    crowd = Crowd(SEED, began=int(time.time()) - 86_400, people=DELIVERIES // 10)
    distinct = round(DELIVERIES * (1 - REPEATS))
    of_leads = (post for post in crowd.posts() if post.fate == "lead")
    fresh = list(itertools.islice(of_leads, distinct))
    posts = [*fresh, *rng.choices(fresh, k=DELIVERIES - distinct)]
    rng.shuffle(posts)
    return posts, {post.lead for post in fresh}, {post.event for post in fresh}


def kill(cluster, servers, rng, flood):
    """Kill and restart, one after the other, over the whole flood; the servers every tenth time.

    Every tenth time, too, a processor is stopped for so long that its partitions are given to
    others; then it wakes and goes on with what it had in hand.
    """
    killed, asleep = [], {}
    for number in range(KILLS):
        time.sleep(rng.uniform(0.2, 2.0))
        while flood.left > DELIVERIES * (1 - number / KILLS):
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


def audit_of(process):
    (audit,) = process.objects("audit", "--wait", str(SETTLED_WITHIN_S), "--full")
    assert audit["ok"], audit
    return audit


def cards_of(process):
    """Every card but what tells when it was recorded, in the order of ids."""
    cards = process.objects("card", "list")
    return sorted(
        ({n: card[n] for n in ("id", "name", "leaves", "leads", "deals")} for card in cards),
        key=lambda c: c["id"],
    )


def persons(cards):
    """Who is one person. The id is that of the leaf card recorded first, so the order gives it."""
    return {frozenset(card["leads"]) for card in cards}


def funnel_of(process):
    (funnel,) = process.objects("funnel", "--by", "channel")
    return {name: funnel[name] for name in ("steps", "groups")}


def recorded_leads(settings):
    """The lead events of the log, each once, in the order of the event store."""
    reader = KafkaLogReader(topic_of(settings))
    found = {}
    for partition in reader.partitions():
        after = -1
        while page := reader.read(partition, after, 5000):
            after = page[-1].offset
            for record in page:
                found.setdefault(json.loads(record.value)["event_id"], record.value.decode())
    reader.close()
    recorder = PostgresCustomerRecorder(tomllib.loads(settings)["stores"]["events"])
    after, order = 0, []
    while page := recorder.read(after, 5000):
        after = page[-1].position
        order += [r.event.event_id.hex() for r in page if isinstance(r.event, LeadRecorded)]
    recorder.close()
    by_hex = {event.replace("-", ""): line for event, line in found.items()}
    return [by_hex[event] for event in order]


def embedded(folder, lines):
    """One process's stores, fed these lead events one after the other."""
    folder.mkdir()
    one = Leadlog(folder, settings=f'[keys]\nidentity = "{KEY}"')
    (folder / "leads.jsonl").write_text("\n".join(lines) + "\n")
    (fed,) = one.objects("feed", str(folder / "leads.jsonl"), "--wait")
    assert fed == {"appended": len(lines), "duplicate": 0, "quarantined": 0}
    settled(one)
    return one
