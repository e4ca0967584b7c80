"""Processors on Kafka, which these tests share with others, and servers behind proxies."""

from collections.abc import Iterator
from functools import partial

import pytest
from chaos.stage import Servers
from servers.clickhouse import ClickHouseServer
from servers.fixtures import running
from servers.kafka import Far, KafkaServer
from servers.postgres import PostgresServer
from servers.proxy import Proxy
from support.kafka_place import on_postgres, place, processors, start

__all__ = ["on_postgres", "place", "processors", "servers", "start"]


@pytest.fixture(scope="module")
def servers() -> Iterator[Servers]:
    """For the tests of one file, which mend what they have broken."""
    far = Far()
    with (
        running("kafka", partial(KafkaServer, far=far), KafkaServer.kill) as kafka,
        running("postgres", PostgresServer, PostgresServer.stop) as postgres,
        running("clickhouse", ClickHouseServer, ClickHouseServer.kill) as clickhouse,
        Proxy(far.behind, at=far.proxy) as to_kafka,
        Proxy(postgres.port) as to_postgres,
        Proxy(clickhouse.port) as to_clickhouse,
    ):
        yield Servers(kafka, postgres, clickhouse, to_kafka, to_postgres, to_clickhouse)
