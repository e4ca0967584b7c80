"""Three brokers, of which one, then two, are gone. Three replicas, two in sync to say yes."""

import asyncio
import sys
import time

import pytest
from aiokafka.admin import AIOKafkaAdminClient, NewTopic
from chaos.checker import settled, stored_leads
from chaos.flood import Flood
from chaos.steady import Steady
from support.cluster import Cluster, store_settings, topic_of
from support.waiting import wait_until

from ingest.log.kafka_topic import KafkaTopic, TopicDiffers, prepare
from ingest.outbox.events_topic import beside, last_position, prepare_events

SENDERS = 6
EVERY_S = 0.05
QUIET_S = 4.0
ANSWERED_WITHIN_S = 5.0
"""Each answer, whatever happens to the brokers."""
LED_WITHIN_S = 60.0


@pytest.fixture
def settings(kafka_cluster, database, runner):
    text = store_settings(kafka_cluster.address, database, runner=runner)
    return text.replace("partitions=3", "partitions=6&replication=3&min_insync=2")


@pytest.fixture
def senders():
    """Made for a port; stopped at the end, should a test have failed before."""
    made = []

    def start(port):
        made.extend(Steady(port, f"91{n}", EVERY_S, phones=5) for n in range(SENDERS))
        for sender in made:
            sender.start()
        return made

    yield start
    for sender in made:
        sender.stop()


@pytest.mark.parametrize("runner", ["faust", "loop"])
def test_each_broker_may_be_lost_one_after_the_other(
    tmp_path, kafka_cluster, settings, senders, runner, capsys
):
    topic = topic_of(settings).name
    with Cluster(tmp_path, settings) as cluster:
        gateway = cluster.start("gateway", "gateway")
        worker = cluster.start("worker", "processor", "outbox")
        sending = senders(gateway.port)
        time.sleep(QUIET_S)
        without_leader = []
        for node in kafka_cluster.nodes:
            lost = time.monotonic()
            kafka_cluster.kill(node)
            wait_until(lambda node=node: led_without(kafka_cluster, topic, node), LED_WITHIN_S)
            without_leader.append(time.monotonic() - lost)
            all_taken_again(sending)
            kafka_cluster.start()
            wait_until(lambda: all_in_sync(kafka_cluster, topic), LED_WITHIN_S)
        time.sleep(QUIET_S)
        for sender in sending:
            sender.stop()
        told = check_all_are_there_once(cluster, gateway, worker, sending, settings)
    with capsys.disabled():
        times = ", ".join(f"{seconds:.1f}" for seconds in without_leader)
        sys.stdout.write(
            f"\nbrokers: {runner}, each of 3 killed once, led anew in {times} s: {told}\n"
        )


@pytest.mark.parametrize("runner", ["loop"])
def test_with_two_lost_nothing_is_accepted_and_with_one_of_them_back_it_goes_on(
    tmp_path, kafka_cluster, settings, senders, capsys
):
    with Cluster(tmp_path, settings) as cluster:
        gateway = cluster.start("gateway", "gateway")
        worker = cluster.start("worker", "processor", "outbox")
        sending = senders(gateway.port)
        time.sleep(QUIET_S)
        kafka_cluster.kill(1, 2)
        lost = time.monotonic()
        time.sleep(2 * QUIET_S + ANSWERED_WITHIN_S)
        refused = [sent for sender in sending for sent in sender.since(lost, time.monotonic())]
        assert refused
        assert {sent.answer.status for sent in refused} == {503}
        assert all("retry-after" in sent.answer.headers for sent in refused)
        assert gateway.get("/readyz").status_code == 503
        kafka_cluster.nodes[1].start()
        took = all_taken_again(sending)
        kafka_cluster.start()
        for sender in sending:
            sender.stop()
        told = check_all_are_there_once(cluster, gateway, worker, sending, settings)
    with capsys.disabled():
        sys.stdout.write(
            f"\nbrokers: 2 of 3 lost: {len(refused)} answered 503, none 202; all taken again"
            f" {took:.1f} s after one was back: {told}\n"
        )


@pytest.mark.parametrize("runner", ["loop"])
def test_a_broker_that_hangs_is_led_around_and_a_gateway_may_start_meanwhile(
    tmp_path, kafka_cluster, settings, senders, capsys
):
    topic = topic_of(settings).name
    with Cluster(tmp_path, settings) as cluster:
        gateway = cluster.start("gateway", "gateway")
        worker = cluster.start("worker", "processor", "outbox")
        sending = senders(gateway.port)
        time.sleep(QUIET_S)
        hung = time.monotonic()
        kafka_cluster.nodes[2].pause()
        try:
            second = cluster.start("second", "gateway")
            flood = Flood([second.port], iter([sending[0].sent[0].post]), connections=1)
            flood.start()
            flood.wait(LED_WITHIN_S)
            second_s = time.monotonic() - hung
            all_taken_again(sending)
            took = time.monotonic() - hung - QUIET_S
        finally:
            kafka_cluster.nodes[2].resume()
        wait_until(lambda: all_in_sync(kafka_cluster, topic), LED_WITHIN_S)
        for sender in sending:
            sender.stop()
        told = check_all_are_there_once(cluster, gateway, worker, sending, settings, repeats=1)
    with capsys.disabled():
        sys.stdout.write(
            f"\nbrokers: 1 of 3 hung: all taken again after {took:.1f} s at most; a gateway that"
            f" was started then took its first form after {second_s:.1f} s: {told}\n"
        )


def led_without(kafka_cluster, topic, node):
    partitions = kafka_cluster.partitions(topic)
    return partitions and all(p.leader not in (node, -1) for p in partitions)


def all_in_sync(kafka_cluster, topic):
    partitions = kafka_cluster.partitions(topic)
    return partitions and all(len(p.in_sync) == len(p.replicas) == 3 for p in partitions)


def all_taken_again(sending):
    """Wait until all that was sent for QUIET_S was taken; the seconds until that began."""
    began = time.monotonic()

    def taken():
        now = time.monotonic()
        lately = [sender.since(max(began, now - QUIET_S), now) for sender in sending]
        statuses = {sent.answer.status for sender in lately for sent in sender}
        return now > began + QUIET_S and all(lately) and statuses == {202}

    wait_until(taken, LED_WITHIN_S)
    return time.monotonic() - began - QUIET_S


def check_all_are_there_once(cluster, gateway, worker, sending, settings, *, repeats=0):
    """And what was refused comes again, as a provider's repeats do."""
    everything = [sent for sender in sending for sent in sender.sent]
    assert {sent.answer.status for sent in everything} <= {202, 503}
    longest = max(sent.took_s for sent in everything)
    assert longest < ANSWERED_WITHIN_S
    for name, process in cluster.processes.items():
        assert process.process.poll() is None, f"{name} ended by itself:\n{process.said()}"
    said = {sent.post.lead for sent in everything if sent.answer.status == 202}
    settled(worker)
    assert said <= stored_leads(worker).keys(), "it was accepted, and is lost"
    again = [sent.post for sent in everything if sent.answer.status == 503]
    flood = Flood([gateway.port], iter(again), connections=4)
    flood.start()
    flood.wait(60)
    audit = settled(worker)
    assert stored_leads(worker) == dict.fromkeys((sent.post.lead for sent in everything), 1)
    assert audit["deliveries"]["accepted"] == len(everything)
    assert audit["deliveries"]["duplicate"] <= len(again) + repeats
    wait_until(lambda: asyncio.run(published(settings)) == audit["positions"]["events"])
    return (
        f"{len(everything)} forms, {len(again)} answered 503 at first, the longest answer"
        f" {longest:.2f} s; {audit['deliveries']}"
    )


async def published(settings):
    topic = beside(topic_of(settings))
    return await last_position(topic, await prepare_events(topic))


# --- the topics ---


def wanted(kafka_cluster, **query) -> KafkaTopic:
    asked = "&".join(f"{name}={value}" for name, value in query.items())
    return KafkaTopic.of(f"kafka://{kafka_cluster.address}/log{time.time_ns()}?{asked}")


async def made(kafka_cluster, topic, *, replicas, **config) -> None:
    """Somebody else made it."""
    admin = AIOKafkaAdminClient(bootstrap_servers=kafka_cluster.address)
    await admin.start()
    told = {name.replace("_", "."): value for name, value in config.items()}
    await admin.create_topics([NewTopic(topic.name, 2, replicas, topic_configs=told)])
    await admin.close()


@pytest.mark.parametrize("query", [{}, {"replication": 3, "min_insync": 2}])
async def test_a_topic_is_made_on_three_brokers_of_which_two_must_agree(kafka_cluster, query):
    topic = wanted(kafka_cluster, partitions=2, **query)
    assert await prepare(topic) == 2
    assert all(len(p.replicas) == 3 for p in kafka_cluster.partitions(topic.name))
    with pytest.raises(TopicDiffers, match=r"min\.insync\.replicas is 2, must be 3"):
        await prepare(KafkaTopic(topic.servers, topic.name, min_insync=3))


async def test_a_topic_that_is_less_safe_than_configured_is_refused_with_the_remedy(kafka_cluster):
    topic = wanted(kafka_cluster, replication=3, min_insync=2, retention_days=7)
    await made(kafka_cluster, topic, replicas=2, min_insync_replicas="1", retention_ms="3600000")
    with pytest.raises(TopicDiffers) as refused:
        await prepare(topic)
    for line in (
        "replicas are 2, configured 3: configure replication=2, or run kafka-reassign-partitions",
        "min.insync.replicas is 1, must be 2: kafka-configs.sh --alter --topic",
        "retention.ms is 3600000, must be 604800000: kafka-configs.sh",
    ):
        assert line in str(refused.value)
