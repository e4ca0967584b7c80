"""Roles in processes of their own, on Kafka and PostgreSQL: what one accepts, the others show."""

import asyncio

import pytest
from aiokafka import TopicPartition
from aiokafka.admin import AIOKafkaAdminClient
from aiokafka.admin.records_to_delete import RecordsToDelete
from chaos.checker import settled, stored_leads
from servers.clickhouse import at, fresh_name
from support.cluster import KEY, Cluster, store_settings, topic_of
from support.deliveries import form
from support.leadlog_up import Leadlog
from support.raw_http import ask
from support.waiting import wait_until

from ingest.outbox.events_topic import beside, last_position, prepare_events

NOWHERE = "127.0.0.1:1"


def test_what_two_gateways_accept_becomes_cards_and_numbers_once(
    tmp_path, kafka, database, clickhouse
):
    """With the plain loop; test_compose_roles.py has all roles with Faust."""
    analytics = at(clickhouse, fresh_name())
    settings = store_settings(kafka, database, runner="loop", analytics=analytics)
    with Cluster(tmp_path, settings) as cluster:
        gateways = [
            cluster.start("gateway-1", "gateway", ready=False),
            cluster.start("gateway-2", "gateway", ready=False),
        ]
        cluster.start("processor", "processor", ready=False)
        cluster.start("projector", "projector", "outbox", ready=False)
        desk = cluster.start("desk", "desk", ready=False)
        cluster.wait_until_ready()
        posts = [form(f"f{n}", phone=f"8912000{n % 7:04d}") for n in range(40)]
        for number, post in enumerate([*posts, *posts[:10]]):
            assert ask(gateways[number % 2].port, post.as_bytes).status == 202
        deliveries = settled(desk)["deliveries"]
        assert deliveries == {"accepted": 40, "ignored": 0, "quarantined": 0, "duplicate": 10}
        assert set(stored_leads(desk).values()) == {1}
        assert len(desk.objects("card", "list")) == 7
        assert desk.get("/api/v1/funnel").json()["steps"][0]["count"] == 7
        assert gateways[0].get("/numbers").status_code == 404
        position = settled(desk)["positions"]["events"]
        wait_until(lambda: asyncio.run(published(settings, position)))
        asyncio.run(expire(kafka, settings))
        after = settled(desk)
        assert after["expired"] == 50
        assert after["deliveries"] == deliveries
        for process in cluster.processes.values():
            assert process.stop() == 0, process.said()
    check_that_another_key_is_refused(desk)


async def published(settings, position):
    """Whether others can read the domain events up to here."""
    topic = beside(topic_of(settings))
    return await last_position(topic, await prepare_events(topic)) == position


async def expire(kafka, settings):
    """Take away what is on the log, as Kafka does when its time is over."""
    admin = AIOKafkaAdminClient(bootstrap_servers=kafka)
    await admin.start()
    every = [TopicPartition(topic_of(settings).name, number) for number in range(3)]
    await admin.delete_records({tp: RecordsToDelete(before_offset=-1) for tp in every})
    await admin.close()


def check_that_another_key_is_refused(desk):
    desk.config.write_text(desk.config.read_text().replace(KEY, "cd" * 32))
    done = desk.run("card", "list")
    assert done.returncode == 2
    assert "another key of identities" in done.stderr


def test_a_gateway_alone_waits_for_kafka_and_says_so(tmp_path, database):
    with Cluster(tmp_path, store_settings(NOWHERE, database, runner="loop")) as cluster:
        gateway = cluster.start("gateway", "gateway")
        answer = ask(gateway.port, form("f1", phone="89120000001").as_bytes)
        assert answer.status == 503
        assert "retry-after" in answer.headers
        told = gateway.get("/readyz").json()
        assert not told["ready"]
        assert NOWHERE in told["reasons"]["log"]
        stranger = gateway.get("/readyz", host="leads.example")
        assert stranger.status_code == 503
        assert NOWHERE not in f"{stranger.text} {answer.body}"
        assert stranger.json()["reasons"]["log"].startswith("not ok")
        assert gateway.stop() == 0


def test_with_a_spool_a_gateway_accepts_while_kafka_is_away(tmp_path, database):
    settings = store_settings(NOWHERE, database, runner="loop", spool="sqlite:///spool.db")
    with Cluster(tmp_path, settings) as cluster:
        gateway = cluster.start("gateway", "gateway")
        assert ask(gateway.port, form("f1", phone="89120000001").as_bytes).status == 202
        assert gateway.stop() == 0


@pytest.mark.parametrize(
    ("role", "told"), [("router", "no work in this version"), ("rooter", "no role")]
)
def test_a_role_that_is_none_is_named(tmp_path, role, told):
    done = Leadlog(tmp_path).run("run", role)
    assert done.returncode == 2
    assert told in done.stderr
