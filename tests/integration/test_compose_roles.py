"""The roles of docker-compose.yml with its commands, variables and secrets, on the tests' stores.

All but the containers: an engine for them is not asked for.
"""

import os
import shutil
import subprocess
import time
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest
from servers.clickhouse import at, fresh_name
from servers.process import free_port
from support.deployment import (
    DEPLOY,
    PATHS,
    compose,
    image_environ,
    metrics_on_the_page,
    secret_of,
    secrets_made,
)
from support.leadlog_up import LEADLOG

from leadlog.role_names import Role

SERVICES = {n: s for n, s in compose()["services"].items() if s["image"].startswith("leadlog:")}
RUNNING = [name for name, service in SERVICES.items() if service["command"][-1] in set(Role)]
READY_WITHIN_S = 120


class Stack:
    """Each role as a process in a folder of its own."""

    def __init__(self, folder: Path, *, log: str, events: str, analytics: str) -> None:
        self._folder = folder
        self._log = log
        secrets_made(folder / "secrets")
        for name, url in (("events_url", events), ("analytics_url", analytics)):
            (folder / "secrets" / name).chmod(0o600)
            (folder / "secrets" / name).write_text(url)
        shutil.copy(DEPLOY / "leadlog.toml", folder / "leadlog.toml")
        self.ports = {name: free_port() for name in SERVICES}
        self.processes: dict[str, subprocess.Popen[bytes]] = {}

    def start(self, name: str) -> "subprocess.Popen[bytes]":
        with (self._folder / f"{name}.log").open("wb") as output:
            self.processes[name] = subprocess.Popen(
                [LEADLOG, *SERVICES[name]["command"]],
                cwd=self._folder,
                env={**os.environ, **self._environ(name)},
                stdout=output,
                stderr=output,
            )
        return self.processes[name]

    def get(self, name: str, path: str, *, token: str = "") -> httpx.Response:
        url = f"http://127.0.0.1:{self.ports[name]}{path}"
        headers = {"Authorization": f"Bearer {token}"} if token else {}
        return httpx.get(url, headers=headers, trust_env=False, verify=False, timeout=30)

    def secret(self, name: str) -> str:
        return (self._folder / "secrets" / name).read_text()

    def until_ready(self, name: str) -> None:
        end = time.monotonic() + READY_WITHIN_S
        while not self._is_ready(name):
            assert self.processes[name].poll() is None, self.said(name)
            assert time.monotonic() < end, self.said(name)
            time.sleep(0.1)

    def _is_ready(self, name: str) -> bool:
        try:
            return self.get(name, "/readyz").status_code == 200
        except httpx.TransportError:
            return False

    def said(self, name: str) -> str:
        return (self._folder / f"{name}.log").read_text(errors="replace")[-4000:]

    def _environ(self, name: str) -> dict[str, str]:
        environ = image_environ() | SERVICES[name]["environment"]
        for variable, value in environ.items():
            if value.startswith("/run/secrets/"):
                environ[variable] = str(self._folder / "secrets" / secret_of(value))
        return environ | {
            "LEADLOG_STORES_LOG": self._log,
            "LEADLOG_DATA": str(self._folder / f"{name}-data"),
            "LEADLOG_SERVER_HOST": "127.0.0.1",
            "LEADLOG_SERVER_PORT": str(self.ports[name]),
        }


@pytest.fixture
def stack(kafka: str, database: str, clickhouse: str, tmp_path: Path) -> Iterator[Stack]:
    stack = Stack(
        tmp_path,
        log=f"kafka://{kafka}/leads{time.time_ns()}",
        events=database,
        analytics=at(clickhouse, fresh_name()),
    )
    for name in RUNNING:
        stack.start(name)
    yield stack
    for process in stack.processes.values():
        process.kill()
        process.wait()


def test_what_the_gateway_takes_goes_through_all_roles(stack):
    for name in RUNNING:
        stack.until_ready(name)
    form = {"phone": "8 (921) 000-11-22", "text": "Нужен замер"}
    url = f"http://127.0.0.1:{stack.ports['gateway']}/in/site"
    assert httpx.post(url, json=form, trust_env=False).status_code == 202
    assert stack.start("audit").wait(READY_WITHIN_S) == 0, stack.said("audit")
    assert stack.get("desk", "/api/v1/funnel").json()["steps"][0]["count"] == 1
    assert stack.get("desk", "/api/v1/cards").status_code == 401
    assert stack.get("desk", "/api/v1/cards", token=stack.secret("desk_token")).status_code == 200
    token = stack.secret("metrics_token")
    assert {stack.get(name, "/metrics").status_code for name in RUNNING} == {403}
    answers = {
        name: {path: stack.get(name, path, token=token) for path in PATHS} for name in RUNNING
    }
    assert {a.status_code for told in answers.values() for a in told.values()} == {200}
    told = "".join(answer["/metrics"].text for answer in answers.values())
    assert {
        name for name in metrics_on_the_page() if f"# TYPE {_family(name)} " not in told
    } == set()
    behind = answers["projector"]["/metrics"].text
    for read_model in ("facts", "inbox"):
        assert f'leadlog_projector_lag{{read_model="{read_model}"}}' in behind
    for name in RUNNING:
        stack.processes[name].terminate()
    statuses = {name: stack.processes[name].wait(60) for name in RUNNING}
    assert statuses == dict.fromkeys(RUNNING, 0)


def _family(series: str) -> str:
    for part in ("_bucket", "_sum", "_count"):
        series = series.removesuffix(part)
    return series
