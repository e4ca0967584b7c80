"""A Kafka with authorisation, and a user who lacks a right: what is told, and what to do."""

import asyncio
from contextlib import closing
from dataclasses import replace
from functools import partial

import pytest
from contracts.lead_logs import KEYRING, record
from servers.kafka_acls import Kind, May, allow
from servers.kafka_security import PASSWORD, STRANGER
from structlog.testing import capture_logs
from support.cluster import Cluster, store_settings
from support.deliveries import form
from support.raw_http import ask
from support.waiting import wait_until

from ingest.log.kafka import KafkaLogWriter
from ingest.log.kafka_access import OPEN
from ingest.log.kafka_topic import prepare
from ingest.log.port import LogUnavailable
from ingest.outbox.events_topic import beside, prepare_events
from ingest.outbox.publisher import transactional_id
from ingest.processor.group import group_of
from leadlog.doctor import examine
from leadlog.settings import load
from leadlog.system import System

REMEDY = "docs/servers.md has the rights that it needs"
EVERY = (May.CREATE, May.DESCRIBE_CONFIGS, May.READ, May.WRITE)


class Stranger:
    """A user of the shared broker, who has the rights that a test allows, and a log of his own."""

    def __init__(self, server, folder, events="sqlite:///events.db"):
        self._server = server
        self._folder = folder
        (folder / "password").write_text(PASSWORD)
        stores = store_settings(server.security.address("CLEAR"), events, runner="faust")
        access = f'user = "{STRANGER}"\npassword_file = "{folder / "password"}"\nsasl = "PLAIN"'
        self.settings = f"{stores}\n[kafka]\n{access}\n"
        with closing(self._system()) as system:
            self.topic = system.lead_log.topic
        self.events = beside(self.topic)

    def _system(self):
        file = self._folder / "leadlog.toml"
        file.write_text(self.settings)
        return System(load(file, data=self._folder / "data", environ={}))

    def allow(self, kind, name, *operations):
        allow(self._server, kind, name, *operations)

    async def make_topics(self):
        """As their owner, who may everything."""
        for topic, made in ((self.topic, prepare), (self.events, prepare_events)):
            await made(replace(topic, servers=(self._server.address,), access=OPEN))

    def doctor(self):
        """What it says of the lead log."""
        with closing(self._system()) as system:
            return next(found for found in examine(system) if found.subject == "stores.log")


@pytest.fixture
def stranger(tmp_path, secured_kafka):
    return Stranger(secured_kafka, tmp_path)


def test_whoever_has_no_right_at_all_is_told_so(stranger):
    found = stranger.doctor()
    assert (found.state, REMEDY in found.remedy) == ("broken", True)
    assert f"topic '{stranger.topic.name}' cannot be described: its user has no" in found.told


def test_the_doctor_names_every_right_that_is_lacking(stranger):
    """Before anything is refused; and says nothing once the user has what docs/servers.md asks."""
    asyncio.run(stranger.make_topics())
    name, events, group = stranger.topic.name, stranger.events.name, group_of(stranger.topic)
    transactions = transactional_id(stranger.events)
    lacking = {
        f"Write on topic '{name}'": (Kind.TOPIC, name, May.WRITE),
        f"Read on group '{group}'": (Kind.GROUP, group, May.READ),
        f"Write on topic '{events}'": (Kind.TOPIC, events, May.WRITE),
        f"Write on transactional id '{transactions}'": (
            Kind.TRANSACTIONAL_ID,
            transactions,
            May.WRITE,
        ),
    }
    for topic in (name, events):
        stranger.allow(Kind.TOPIC, topic, May.CREATE, May.DESCRIBE_CONFIGS, May.READ)
    while lacking:
        wait_until(partial(names, stranger, [*lacking]))
        assert REMEDY in stranger.doctor().remedy
        stranger.allow(*lacking.popitem()[1])
    wait_until(lambda: "no right" not in stranger.doctor().told)


def names(stranger, rights) -> bool:
    """Whether the doctor says that these are lacking; a broker learns of new ones in a moment."""
    told = stranger.doctor().told.split("; ")[1:]
    return told == [f"its user has no right to {right}" for right in rights]


async def test_a_gateway_that_may_not_write_says_so_and_takes_nothing(stranger):
    await stranger.make_topics()
    may = (May.DESCRIBE_CONFIGS, May.READ)
    await asyncio.to_thread(stranger.allow, Kind.TOPIC, stranger.topic.name, *may)
    writer = KafkaLogWriter(stranger.topic, KEYRING)
    with capture_logs() as said:
        await writer.start()
    with pytest.raises(LogUnavailable, match=f"Write on topic '{stranger.topic.name}'"):
        await writer.append([record(1)])
    await writer.close()
    ((event, remedy),) = [(line["event"], line["remedy"]) for line in said]
    assert (event, REMEDY in remedy) == ("lead_log.away", True)


def test_roles_that_lack_a_right_say_which_and_go_on_once_they_have_it(
    tmp_path, secured_kafka, database
):
    """Faust itself would be silent, and wait for ever for a group where it may not be."""
    stranger = Stranger(secured_kafka, tmp_path, database)
    stranger.allow(Kind.TOPIC, stranger.topic.name, *EVERY)
    stranger.allow(Kind.TOPIC, stranger.events.name, *EVERY)
    with Cluster(tmp_path, stranger.settings) as cluster:
        process = cluster.start("all", "gateway", "processor", "outbox")
        assert ask(process.port, form("f1", phone="89120000001").as_bytes).status == 202
        waits = {
            f"Read on group '{group_of(stranger.topic)}'",
            "has no right to that: [Error 53]",
        }
        wait_until(lambda: all(right in process.output.read_text() for right in waits))
        assert REMEDY in process.output.read_text()
        stranger.allow(Kind.GROUP, group_of(stranger.topic), May.READ)
        stranger.allow(Kind.TRANSACTIONAL_ID, transactional_id(stranger.events), May.WRITE)
        wait_until(lambda: not process.get("/readyz").json()["lag"]["processor"])
        wait_until(lambda: published(process) > 0)


def published(process) -> float:
    name = "leadlog_events_published_total "
    lines = process.get("/metrics").text.splitlines()
    return next(float(line.removeprefix(name)) for line in lines if line.startswith(name))
