"""The servers that other tests rest on are the real ones, and survive what is done to them."""

import subprocess
import sys

import psycopg
from aiokafka import AIOKafkaProducer
from aiokafka.admin import AIOKafkaAdminClient, NewTopic
from contracts.lead_logs import ENVIRONMENT
from servers.postgres import PostgresServer, fresh_database
from servers.process import free_port


async def create(address: str, topic: str) -> None:
    admin = AIOKafkaAdminClient(bootstrap_servers=address)
    await admin.start()
    try:
        answer = await admin.create_topics([NewTopic(topic, 1, 1)])
        assert answer.topic_errors[0][1] == 0, answer
    finally:
        await admin.close()


async def produce(address: str, topic: str) -> int:
    producer = AIOKafkaProducer(bootstrap_servers=address, acks="all", enable_idempotence=True)
    await producer.start()
    try:
        return (await producer.send_and_wait(topic, b"value")).offset
    finally:
        await producer.stop()


async def test_kafka_takes_records(kafka: str) -> None:
    await create(kafka, "servers")
    assert [await produce(kafka, "servers") for _ in range(2)] == [0, 1]


def test_each_database_is_new_and_commits_go_to_the_disk(postgres: str) -> None:
    first, second = fresh_database(postgres), fresh_database(postgres)
    with psycopg.connect(first) as connection:
        connection.execute("CREATE TABLE found AS SELECT 1")
        assert connection.execute("SHOW fsync").fetchone() == ("on",)
        assert connection.execute("SHOW server_version_num").fetchone() >= ("150000",)
    with psycopg.connect(second) as connection:
        assert connection.execute("SELECT to_regclass('found')").fetchone() == (None,)


def test_a_killed_postgres_keeps_what_it_committed(own_postgres: PostgresServer) -> None:
    url = own_postgres.url()
    with psycopg.connect(url) as connection:
        connection.execute("CREATE TABLE kept AS SELECT 7 AS number")
    own_postgres.kill()
    own_postgres.start()
    with psycopg.connect(url) as connection:
        assert connection.execute("SELECT number FROM kept").fetchone() == (7,)


def test_a_port_that_was_given_is_given_to_no_other_process() -> None:
    port = free_port()
    ask = f"from servers.process import _claimed; print(_claimed({port}))"
    done = subprocess.run(
        [sys.executable, "-c", ask], env=ENVIRONMENT, capture_output=True, text=True, check=True
    )
    assert done.stdout.strip() == "False"
