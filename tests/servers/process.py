"""A server of ours as a child process: it dies with us, and tells why it did not start."""

import random
import shutil
import signal
import socket
import subprocess
import time
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

_STOP_WITHIN_S = 20
# What is to die with its parent dies with the thread that started it: this one lives to the end.
_STARTER = ThreadPoolExecutor(1, "server-starter")
_OURS = range(12_000, 32_000)
"""Below the ports that Linux gives to whoever names none."""
_CLAIMS: list[socket.socket] = []


class ServerFault(Exception):
    """A test server cannot start; the text says why, with the end of its log."""


def free_port() -> int:
    """A port of the loopback that is the caller's while this process lives, bound or not.

    It is none of those that the kernel gives out by itself, and no other test process gets it.
    """
    for port in random.sample(_OURS, len(_OURS)):
        if _claimed(port):
            return port
    raise ServerFault(f"all ports from {_OURS.start} to {_OURS.stop} are taken")


def _claimed(port: int) -> bool:
    """Whether it is ours: by a name that one socket of this machine can have, kept for ever."""
    claim = socket.socket(socket.AF_UNIX)
    try:
        claim.bind(f"\0leadlog-tests-port-{port}")
        with socket.socket() as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            probe.bind(("127.0.0.1", port))
    except OSError:
        claim.close()
        return False
    _CLAIMS.append(claim)
    return True


class ServerProcess:
    """One start of one server, which gets `stop_with` should this process die."""

    def __init__(
        self,
        name: str,
        command: Sequence[str],
        *,
        log: Path,
        user: str | None = None,
        stop_with: signal.Signals = signal.SIGTERM,
    ) -> None:
        self._name = name
        self._log = log
        self._stop_with = stop_with
        wrapped = [
            program("setpriv", "util-linux"),
            "--pdeathsig",
            stop_with.name.removeprefix("SIG"),
        ]
        if user is not None:
            wrapped += [f"--reuid={user}", f"--regid={user}", "--init-groups"]
        with log.open("ab") as output:
            self._process = _STARTER.submit(
                subprocess.Popen,
                [*wrapped, *command],
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=output,
            ).result()

    @property
    def running(self) -> bool:
        return self._process.poll() is None

    def wait_until(self, ready: Callable[[], bool], within_s: float) -> None:
        """Return once `ready`; ServerFault when the process ends or the time is over."""
        end = time.monotonic() + within_s
        while not ready():
            if not self.running:
                raise self._fault(f"ended with status {self._process.returncode}")
            if time.monotonic() > end:
                self.kill()
                raise self._fault(f"was not ready within {within_s:.0f} s")
            time.sleep(0.05)

    def stop(self) -> None:
        """Orderly; by force where that takes too long."""
        if self.running:
            self._process.send_signal(self._stop_with)
        try:
            self._process.wait(_STOP_WITHIN_S)
        except subprocess.TimeoutExpired:
            self.kill()

    def kill(self) -> None:
        self._process.kill()
        self._process.wait()

    def children(self) -> list[int]:
        """The processes that it has started and that still run."""
        pid = self._process.pid
        listed = Path(f"/proc/{pid}/task/{pid}/children").read_text()
        return [int(child) for child in listed.split()]

    def pause(self) -> None:
        """It hangs: connections stay open, nothing is answered."""
        self._process.send_signal(signal.SIGSTOP)

    def resume(self) -> None:
        self._process.send_signal(signal.SIGCONT)

    def _fault(self, what: str) -> ServerFault:
        last = self._log.read_text(errors="replace")[-3000:]
        return ServerFault(f"{self._name} {what}; the end of its log:\n{last}")


class Startable:
    """A server that can be started again and again on its data: `start` makes its process."""

    _process: ServerProcess | None = None

    @property
    def running(self) -> bool:
        return self._process is not None and self._process.running

    def stop(self) -> None:
        self._started.stop()

    def kill(self) -> None:
        self._started.kill()

    def pause(self) -> None:
        self._started.pause()

    def resume(self) -> None:
        self._started.resume()

    @property
    def _started(self) -> ServerProcess:
        if self._process is None:
            raise ServerFault(f"{type(self).__name__} was not started")
        return self._process


def listening(port: int) -> bool:
    """Whether somebody takes connections on this port of the loopback."""
    with socket.socket() as probe:
        probe.settimeout(1)
        return probe.connect_ex(("127.0.0.1", port)) == 0


def wait_for_end(pids: Sequence[int]) -> None:
    """Return once none of these runs any more."""
    end = time.monotonic() + _STOP_WITHIN_S
    while any(Path(f"/proc/{pid}").exists() for pid in pids):
        if time.monotonic() > end:
            raise ServerFault(f"some of the processes {list(pids)} do not end")
        time.sleep(0.02)


def program(name: str, package: str) -> str:
    """The path of a program; ServerFault names the package that has it."""
    found = shutil.which(name)
    if found is None:
        raise ServerFault(f"there is no {name} ({package}); run scripts/install-test-servers")
    return found
