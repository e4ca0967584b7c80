"""Roles in processes of their own, on Kafka and PostgreSQL: what one accepts, the others show."""

import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from chaos.checker import settled, stored_leads
from support.deliveries import form
from support.leadlog_up import Leadlog
from support.raw_http import ask

KEY = "ab" * 32


class Cluster:
    """Processes on the same stores, each with a data directory of its own."""

    def __init__(self, folder: Path, kafka: str, database: str, *, runner: str, spool: str = ""):
        self.settings = "\n".join(
            [
                "[stores]",
                f'log = "kafka://{kafka}/leads{time.time_ns()}?partitions=3"',
                f'events = "{database}"',
                f'spool = "{spool}"',
                "[keys]",
                f'identity = "{KEY}"',
                "[processor]",
                f'runner = "{runner}"',
            ]
        )
        self.folder = folder
        self.processes: list[Leadlog] = []

    def start(self, name: str, *roles: str) -> Leadlog:
        (folder := self.folder / name).mkdir()
        process = Leadlog(folder, settings=self.settings)
        self.processes.append(process)
        process.start(roles=roles)
        return process

    def stop(self) -> None:
        for process in self.processes:
            process.__exit__()


@pytest.fixture(params=["faust", "loop"])
def cluster(request, kafka: str, database: str, tmp_path: Path) -> Iterator[Cluster]:
    cluster = Cluster(tmp_path, kafka, database, runner=request.param)
    yield cluster
    cluster.stop()


def test_what_two_gateways_accept_becomes_cards_and_numbers_once(cluster):
    gateways = [cluster.start("gateway-1", "gateway"), cluster.start("gateway-2", "gateway")]
    cluster.start("processor-1", "processor")
    desk = cluster.start("desk", "projector", "desk")
    posts = [form(f"f{n}", phone=f"8912000{n % 7:04d}") for n in range(40)]
    for number, post in enumerate([*posts, *posts[:10]]):
        assert ask(gateways[number % 2].port, post.as_bytes).status == 202
    audit = settled(desk)
    assert audit["deliveries"] == {
        "accepted": 40,
        "ignored": 0,
        "quarantined": 0,
        "duplicate": 10,
    }
    assert set(stored_leads(desk).values()) == {1}
    assert len(desk.objects("card", "list")) == 7
    assert desk.get("/api/v1/funnel").json()["steps"][0]["count"] == 7
    assert gateways[0].get("/numbers").status_code == 404
    for process in cluster.processes:
        assert process.stop() == 0, process.said()
    desk.config.write_text(desk.config.read_text().replace(KEY, "cd" * 32))
    refused = desk.run("card", "list")
    assert refused.returncode == 2
    assert "another key of identities" in refused.stderr


def test_a_gateway_alone_waits_for_kafka_and_says_so(tmp_path, database):
    cluster = Cluster(tmp_path, "127.0.0.1:1", database, runner="loop")
    try:
        gateway = cluster.start("gateway", "gateway")
        answer = ask(gateway.port, form("f1", phone="89120000001").as_bytes)
        assert answer.status == 503
        assert "retry-after" in answer.headers
        told = gateway.get("/readyz").json()
        assert not told["ready"]
        assert "Kafka" in told["reasons"]["log"]
        assert gateway.stop() == 0
    finally:
        cluster.stop()


def test_with_a_spool_a_gateway_accepts_while_kafka_is_away(tmp_path, database):
    cluster = Cluster(tmp_path, "127.0.0.1:1", database, runner="loop", spool="sqlite:///spool.db")
    try:
        gateway = cluster.start("gateway", "gateway")
        assert ask(gateway.port, form("f1", phone="89120000001").as_bytes).status == 202
        assert gateway.stop() == 0
    finally:
        cluster.stop()


@pytest.mark.parametrize(
    ("role", "told"), [("router", "no work in this version"), ("rooter", "no role")]
)
def test_a_role_that_is_none_is_named(tmp_path, role, told):
    done = Leadlog(tmp_path).run("run", role)
    assert done.returncode == 2
    assert told in done.stderr
