"""Kafka away for CHAOS_OUTAGE_S seconds (60; 600 for the figure that is promised).

Forms go on: with the spool they are answered 202 and stand on the log afterwards, those of a phone
in the order in which they came; without it each is answered 503, and comes again.
"""

import asyncio
import json
import os
import sys
import time

import pytest
from chaos.checker import settled, stored_leads
from chaos.steady import Sent, Steady
from support.cluster import Cluster, store_settings, topic_of
from support.raw_http import ask
from support.waiting import wait_until

from ingest.log.kafka_reader import KafkaLogReader
from ingest.outbox.events_topic import beside, last_position, prepare_events

OUTAGE_S = float(os.environ.get("CHAOS_OUTAGE_S", "60"))
SENDERS = 4
EVERY_S = 0.4
BEFORE_S = 5.0
AFTER_S = 5.0
ANSWERED_WITHIN_S = 5.0
NOTICED_WITHIN_S = 3.0
DRAINED_WITHIN_S = 60.0


@pytest.fixture
def place(tmp_path, own_kafka, own_postgres):
    """A gateway with a spool, one without, and what works on what they accept; with its Kafka."""
    without = store_settings(own_kafka.address, own_postgres.url(), runner="faust")
    spooled = without.replace('spool = ""', 'spool = "sqlite:///spool.db"')
    with Cluster(tmp_path, without) as cluster, Cluster(tmp_path, spooled) as beside_it:
        cluster.start("gateway", "gateway")
        cluster.start("processor", "processor")
        cluster.start("outbox", "outbox")
        beside_it.start("spooling", "gateway")
        cluster.processes["spooling"] = beside_it.processes["spooling"]
        yield cluster, without, own_kafka


def test_forms_go_on_while_kafka_is_away_and_all_are_there_afterwards(place, capsys):
    cluster, settings, kafka = place
    spooling, gateway = cluster.processes["spooling"], cluster.processes["gateway"]
    kept = [Steady(spooling.port, f"9120{n}", EVERY_S) for n in range(SENDERS)]
    refused = [Steady(gateway.port, f"9130{n}", EVERY_S) for n in range(SENDERS)]
    for sender in (*kept, *refused):
        sender.start()
    time.sleep(BEFORE_S)
    kafka.kill()
    away = time.monotonic()
    spool = look(cluster, away + OUTAGE_S)
    back = time.monotonic()
    kafka.start()
    up = time.monotonic()
    wait_until(lambda: metric(spooling, "leadlog_spool_records") == 0, DRAINED_WITHIN_S)
    drained_s = time.monotonic() - up
    wait_until(lambda: gateway.get("/readyz").status_code == 200, DRAINED_WITHIN_S)
    time.sleep(AFTER_S)
    ended = time.monotonic()
    for sender in (*kept, *refused):
        sender.stop()

    assert {sent.answer.status for sender in kept for sent in sender.sent} == {202}
    longest = max(sent.took_s for sender in (*kept, *refused) for sent in sender.sent)
    assert longest < ANSWERED_WITHIN_S
    told_no = [sent for sender in refused for sent in sender.since(away, back)]
    assert {sent.answer.status for sent in told_no} == {503}
    assert all("retry-after" in sent.answer.headers for sent in told_no)
    for sender in refused:  # by itself, and soon
        assert sender.since(ended - AFTER_S, ended)[-1].answer.status == 202
    spooled = metric(spooling, "leadlog_spooled_total")
    assert spooled >= sum(len(sender.since(away, back)) for sender in kept)
    assert spool >= sum(len(sender.since(away, back - NOTICED_WITHIN_S)) for sender in kept)

    repeated = [sent for sender in refused for sent in sender.sent if sent.answer.status == 503]
    for sent in repeated:  # as a provider does
        assert ask(gateway.port, sent.post.as_bytes).status == 202
    everything = [sent for sender in (*kept, *refused) for sent in sender.sent]
    audit = settled_with_processes(cluster)
    stored = stored_leads(spooling)
    assert stored == dict.fromkeys((sent.post.lead for sent in everything), 1)
    assert audit["deliveries"]["accepted"] == len(everything)
    on_the_log = events_by_phone(settings)
    for sender in kept:
        check_order(on_the_log, sender.sent)
    wait_until(lambda: asyncio.run(published(settings)) == audit["positions"]["events"])
    with capsys.disabled():
        during = sum(len(sender.since(away, back)) for sender in kept)
        sys.stdout.write(
            f"\noutage: Kafka away for {back - away:.0f} s, {len(everything)} forms; with the spool"
            f" {during} answered 202 meanwhile, {spooled:.0f} spooled, drained {drained_s:.1f} s"
            f" after Kafka was up again ({up - back:.1f} s to start), in order; without it"
            f" {len(told_no)} answered 503; the"
            f" longest answer took {longest:.2f} s; {audit['deliveries']}\n"
        )


def look(cluster, until):
    """What is told meanwhile; every process must live through it. Gives the fullest spool."""
    spooling, gateway = cluster.processes["spooling"], cluster.processes["gateway"]
    spool, not_ready = 0.0, 0
    while time.monotonic() < until:
        for name, process in cluster.processes.items():
            assert process.process.poll() is None, f"{name} ended by itself:\n{process.said()}"
        assert spooling.get("/readyz").status_code == 200, "it takes deliveries"
        spool = max(spool, metric(spooling, "leadlog_spool_records"))
        told = gateway.get("/readyz")
        if told.status_code == 503:
            assert "Kafka" in told.json()["reasons"]["log"]
            not_ready += 1
        time.sleep(1)
    assert not_ready, "a gateway that takes nothing never said so"
    assert metric(gateway, "leadlog_log_unavailable_total") > 0
    return spool


def metric(process, name):
    """A metric without labels; 0 before it is first told."""
    lines = process.get("/metrics").text.splitlines()
    return next((float(line.split()[1]) for line in lines if line.startswith(f"{name} ")), 0.0)


def settled_with_processes(cluster):
    audit = settled(cluster.processes["spooling"])
    for name, process in cluster.processes.items():
        assert process.process.poll() is None, f"{name} ended by itself:\n{process.said()}"
    return audit


def events_by_phone(settings) -> dict[str, list[str]]:
    """The events of each phone as they stand on the log; all of one phone in one partition."""
    found: dict[str, list[str]] = {}
    reader = KafkaLogReader(topic_of(settings))
    for partition in reader.partitions():
        after = -1
        while page := reader.read(partition, after, 5000):
            after = page[-1].offset
            for lead in (json.loads(record.value) for record in page):
                found.setdefault(lead["identities"][0]["value"], []).append(lead["event_id"])
    reader.close()
    return found


def check_order(on_the_log: dict[str, list[str]], sent: list[Sent]) -> None:
    """On the log, the forms of each phone stand in the order in which they were accepted."""
    for phone in {one.phone for one in sent}:
        accepted = [one.post.event for one in sent if one.phone == phone]
        assert list(dict.fromkeys(on_the_log[phone])) == accepted  # repeats stand behind the first


async def published(settings):
    topic = beside(topic_of(settings))
    return await last_position(topic, await prepare_events(topic))
