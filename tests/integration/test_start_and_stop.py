"""`leadlog up` says clearly why it cannot start, and leaves nothing behind when it is stopped."""

import json
import signal
import socket
import subprocess
import sys
import time
from pathlib import Path

import httpx
import pytest
from support.waiting import wait_until

LEADLOG = str(Path(sys.executable).with_name("leadlog"))


PROJECTS = 'leadlog_projector_lag{read_model="facts"}'
"""Told once the engine of analytics is there: while it starts, nothing can stop it."""


FAILS_AT_ONCE = """
import asyncio, pathlib, sys, uvicorn
from leadlog import roles
from leadlog.runners import Runner
from leadlog.settings import Server, Settings

def opened():
    raise ValueError("it cannot be opened")

async def late(*arguments, **more):
    await asyncio.sleep(0.5)  # as on a busy machine
    await serve(*arguments, **more)

roles._runners = lambda *_: [Runner("broken", opened)]
serve, uvicorn.Server.serve = uvicorn.Server.serve, late
settings = Settings(data=pathlib.Path(sys.argv[1]), server=Server(port=0))
sys.exit(roles.serve(settings, announce=lambda *_: None))
"""


def get(url: str) -> httpx.Response:
    return httpx.get(url, trust_env=False, verify=False, timeout=30)


def up(data: Path, *arguments: str) -> "subprocess.Popen[str]":
    command = [LEADLOG, "up", "--data", str(data), *arguments]
    return subprocess.Popen(
        command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, cwd=data.parent
    )


@pytest.mark.parametrize(
    ("host", "stopped_by"), [("127.0.0.1", signal.SIGINT), ("::1", signal.SIGTERM)]
)
def test_a_signal_stops_it_cleanly(tmp_path: Path, stopped_by: signal.Signals, host: str) -> None:
    data = tmp_path / "data"
    server = up(data, "--port", "0", "--host", host)
    assert server.stdout is not None
    try:
        assert "ready" in server.stdout.readline()
        url = json.loads((data / "server.json").read_text())["url"]
        assert get(f"{url}/healthz").status_code == 200
        wait_until(lambda: PROJECTS in get(f"{url}/metrics").text)
        server.send_signal(stopped_by)
        _, said = server.communicate(timeout=60)
    finally:
        server.kill()
    assert (server.returncode, said) == (0, "")
    assert not (data / "server.json").exists()


def test_a_port_in_use_is_named(tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as other:
        port = other.getsockname()[1]
        server = up(tmp_path / "data", "--port", str(port))
        _, said = server.communicate(timeout=60)
    assert server.returncode == 1
    assert said == (
        f"leadlog: cannot listen on 127.0.0.1:{port}: Address already in use;"
        " choose another with --port or --host\n"
    )


def test_a_role_that_fails_at_once_ends_the_process_in_order(tmp_path: Path) -> None:
    """Also where it fails before the web server has taken over what a signal does."""
    command = [sys.executable, "-c", FAILS_AT_ONCE, str(tmp_path)]
    done = subprocess.run(command, capture_output=True, text=True, timeout=60, check=False)
    assert done.returncode == 1, done.stderr
    assert "it cannot be opened" in done.stdout + done.stderr
    assert not (tmp_path / "server.json").exists()


def test_a_relative_data_directory_is_where_it_was_started(tmp_path: Path) -> None:
    """Although the analytics engine changes the working directory while it loads."""
    (tmp_path / "data").mkdir()
    server = up(tmp_path / "data", "--port", "0", "--data", "data")
    assert server.stdout is not None
    try:
        assert "ready" in server.stdout.readline()
        end = time.monotonic() + 60
        while not (tmp_path / "data" / "analytics").exists():
            assert time.monotonic() < end
            time.sleep(0.05)
        server.send_signal(signal.SIGINT)
        server.communicate(timeout=60)
    finally:
        server.kill()
    assert (tmp_path / "data" / "events.db").exists()
