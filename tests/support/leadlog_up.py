"""The real command: `leadlog up` as a child process, and other commands on the same data."""

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any, Self

import httpx
from servers.process import free_port
from support.deliveries import ACCOUNTS
from typer.testing import CliRunner

from leadlog import control
from leadlog.cli import app

LEADLOG = str(Path(sys.executable).with_name("leadlog"))
READY_WITHIN_S = 180
"""Generous: a server is ready in under 3 s, on a machine that has nothing else to do."""


class Leadlog:
    """One data directory with the three accounts of `support.deliveries`, and its server."""

    def __init__(self, folder: Path, *, settings: str = "", data: Path | None = None) -> None:
        self.folder = folder
        self.data = data or folder / "data"
        self.port = free_port()
        self.url = f"http://127.0.0.1:{self.port}"
        self.config = folder / "leadlog.toml"
        self.config.write_text(f'data = "{self.data}"\n{settings}\n{ACCOUNTS}')
        self.output = folder / "up.log"
        self.process: subprocess.Popen[bytes] | None = None

    def start(self, *, fault: str = "", ready: bool = True, roles: Sequence[str] = ()) -> float:
        """Start the server, or chosen roles; the seconds until it was ready (if waited for)."""
        command = ["run", *roles] if roles else ["up"]
        began = time.monotonic()
        with self.output.open("ab") as output:
            self.process = subprocess.Popen(
                [LEADLOG, *command, "--config", str(self.config), "--port", str(self.port)],
                stdout=output,
                stderr=output,
                cwd=self.folder,
                env={**os.environ, "LEADLOG_FAULT": fault},
            )
        if ready:
            self.wait_until_ready()
        return time.monotonic() - began

    def wait_until_ready(self) -> None:
        end = time.monotonic() + READY_WITHIN_S
        while not self._is_ready():
            assert self.process.poll() is None, f"it ended by itself:\n{self.said()}"
            assert time.monotonic() < end, f"not ready:\n{self.said()}"
            time.sleep(0.02)

    def _is_ready(self) -> bool:
        try:
            return self.get("/readyz").status_code == 200
        except httpx.TransportError:
            return False

    def get(self, path: str, **headers: str) -> httpx.Response:
        return httpx.get(
            self.url + path, headers=headers, trust_env=False, verify=False, timeout=30
        )

    def said(self) -> str:
        return self.output.read_text(errors="replace")[-4000:]

    def kill(self) -> None:
        """As a crash, or the kernel short of memory, would end it."""
        self.process.kill()
        self.process.wait()

    def stop(self, by: signal.Signals = signal.SIGTERM) -> int:
        """As an operator would end it; the exit status."""
        self.process.send_signal(by)
        return self.process.wait(60)

    def run(self, *arguments: str) -> "subprocess.CompletedProcess[str]":
        """A command on the same data, whether the server runs or not."""
        command = [LEADLOG, *arguments, "--config", str(self.config)]
        return subprocess.run(command, capture_output=True, text=True, timeout=300, check=False)

    def objects(self, *arguments: str):
        """What a command prints with `--json`; it must succeed.

        Where a server does its work, the command runs in this process: to start one takes a
        second. It opens no store then, of which the embedded analytics bear one a process.
        """
        if control.running(self.data) is None:
            done = self.run(*arguments, "--json")
            status, told, said = done.returncode, done.stdout, done.stderr
        else:
            here = CliRunner().invoke(app, [*arguments, "--json", "--config", str(self.config)])
            status, told = here.exit_code, here.stdout
            said = f"{here.stderr}\n{here.exception!r}"
        assert status == 0, f"{arguments}: {said}\n{told[-2000:]}"
        return [json.loads(line) for line in told.splitlines()]

    def asks(self, operation: str, **arguments: str) -> list[Any]:
        """The same from the running server, without a process for each question."""
        address = control.running(self.data)
        assert address is not None, "there is no server"
        return list(control.ask(address, operation, arguments))

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        if self.process is not None and self.process.poll() is None:
            self.kill()
