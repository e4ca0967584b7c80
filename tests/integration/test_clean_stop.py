"""Stopped in the middle of its work: in good time, cleanly, and with everything it accepted."""

import asyncio
import signal
import socket
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from chaos.checker import check, settled, stored_leads
from chaos.crashes import load, told, until_accepted
from support.deliveries import form
from support.leadlog_up import READY_WITHIN_S, Leadlog
from support.raw_http import Raw, ask, head
from support.waiting import wait_until

from ingest.log import kafka_topic
from ingest.log.kafka_topic import KafkaTopic
from ingest.processor.group import may_join

STOPPED_WITHIN_S = 20


@pytest.fixture
def server(tmp_path):
    with Leadlog(tmp_path) as server:
        yield server


def test_signals_under_load_end_it_cleanly_and_lose_nothing(server, record_property):
    for number, signals in enumerate((signal.SIGINT, signal.SIGTERM)):
        took = server.start()
        record_property(f"ready_s_{number}", round(took, 2))
        print(f"ready after {took:.2f} s")  # noqa: T201 - a figure for whoever runs it with -s
        assert took < READY_WITHIN_S
        with load(server, seed=100 + number, connections=4) as history:
            until_accepted(history, 50)
            began = time.monotonic()
            assert server.stop(signals) == 0
            assert time.monotonic() - began < STOPPED_WITHIN_S
            time.sleep(0.2)
    assert "Traceback" not in server.said()
    assert not (server.data / "server.json").exists()
    server.start()
    check(server, told(sorted(server.folder.glob("history-*.jsonl"))))


def test_slow_clients_do_not_hold_it_up(server):
    server.start()
    with Raw(server.port) as idle, Raw(server.port) as slow:
        slow.send(head("/in/site", "content-type: application/json", "content-length: 50") + b"{")
        idle.send(form("kept", phone="89120000001").as_bytes)
        assert idle.answer().status == 202
        began = time.monotonic()
        assert server.stop(signal.SIGTERM) == 0
        assert time.monotonic() - began < STOPPED_WITHIN_S
    settled(server)
    assert stored_leads(server).total() == 1


def test_a_role_that_hangs_and_whoever_waits_for_it_do_not_hold_it_up(server):
    server.start(fault="processor.before_commit:1:stall")
    assert ask(server.port, form("kept", phone="89120000001").as_bytes).status == 202
    with ThreadPoolExecutor() as threads:
        waiting = threads.submit(server.run, "audit", "--wait", "60")
        wait_until(lambda: is_connected_to(server.port))
        began = time.monotonic()
        assert server.stop(signal.SIGTERM) == 1
        assert time.monotonic() - began < STOPPED_WITHIN_S
        assert waiting.result().returncode == 1
    assert "role_cut_off" in server.said()
    settled(server)
    assert stored_leads(server).total() == 1


def test_a_role_that_has_begun_nothing_is_not_waited_for(tmp_path):
    """Its event store takes the connection, and is silent for longer than anybody waits."""
    with socket.create_server(("127.0.0.1", 0)) as silent:
        address = f"postgresql://x@127.0.0.1:{silent.getsockname()[1]}/x?connect_timeout=120"
        settings = f'[stores]\nevents = "{address}"\n[keys]\nidentity = "{"ab" * 32}"'
        with Leadlog(tmp_path, settings=settings) as server:
            server.start(roles=["processor"], ready=False)
            silent.settimeout(READY_WITHIN_S)
            silent.accept()
            wait_until(lambda: "leadlog" in server.said())  # it has told where it is
            assert server.stop(signal.SIGTERM) == 0
            assert "role_cut_off" not in server.said()


async def test_a_look_at_a_kafka_that_is_silent_ends_when_it_is_to_stop(monkeypatch):
    monkeypatch.setattr(kafka_topic, "_ADMIN_TIMEOUT_MS", 600_000)
    stop = threading.Event()
    with socket.create_server(("127.0.0.1", 0)) as silent:
        topic = KafkaTopic((f"127.0.0.1:{silent.getsockname()[1]}",), "leads")
        looking = asyncio.create_task(may_join(topic, stop))
        await asyncio.to_thread(silent.accept)
        stop.set()
        await asyncio.wait_for(looking, 60)


def is_connected_to(port):
    """Whether anybody on this machine has a connection to that port."""
    connections = Path("/proc/net/tcp").read_text().splitlines()[1:]
    ends = [line.split()[2:4] for line in connections]
    return any(far.endswith(f":{port:04X}") and state == "01" for far, state in ends)


def test_a_second_server_on_the_same_data_is_refused(server):
    server.start()
    done = server.run("up", "--port", "0")
    assert done.returncode == 1
    assert str(server.data) in done.stderr
    assert "stop it first" in done.stderr
    assert server.get("/readyz").json()["ready"], "the first one goes on"


def test_commands_give_the_same_with_and_without_a_server(server):
    server.start()
    with load(server, seed=200, connections=4) as history:
        until_accepted(history, 50)
    settled(server)
    commands = [("card", "list"), ("deal", "list"), ("quarantine", "list"), ("audit", "--full")]
    running = [server.objects(*command) for command in commands]
    assert running[0]
    assert server.stop() == 0
    assert [server.objects(*command) for command in commands] == running
