"""A server that is killed again and again under load, and started anew on the same data."""

import random
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from chaos import history
from support.leadlog_up import Leadlog
from support.waiting import wait_until

TESTS = Path(__file__).parents[1]
_REACHED_WITHIN_S = 120
_LONGEST_S = 1.5
_WHILE_STARTING = 0.2
"""The part of the kills that come before the server is ready."""


@contextmanager
def load(server: Leadlog, *, seed: int, connections: int = 8) -> Iterator[Path]:
    """A client at work beside; gives its history, which is whole at the end."""
    path = server.folder / f"history-{seed}.jsonl"
    arguments = [str(server.port), str(path), str(seed), str(connections)]
    client = subprocess.Popen([sys.executable, "-m", "chaos.client", *arguments], cwd=TESTS)
    try:
        yield path
        client.send_signal(signal.SIGTERM)
        assert client.wait(60) == 0, "the client failed: its history is worth nothing"
    finally:
        client.kill()


def until_accepted(path: Path, count: int) -> None:
    """Return once the server has said yes to so many posts of the client with this history."""
    wait_until(lambda: path.exists() and path.read_bytes().count(b'"end": "ok"') >= count)


def kill_at_random(server: Leadlog, kills: int, rng: random.Random) -> None:
    """Kill and restart a running server, at any moment of its life; it runs at the end."""
    for _ in range(kills):
        if rng.random() < _WHILE_STARTING:
            server.kill()
            server.start(ready=False)
            time.sleep(rng.uniform(0.1, 3.0))
        else:
            server.wait_until_ready()
            time.sleep(rng.uniform(0.0, _LONGEST_S))
        server.kill()
        server.start(ready=False)
    server.wait_until_ready()


def kill_at(server: Leadlog, point: str, nth: int) -> None:
    """Run a server that kills itself at the nth pass of a fault point; then one that does not."""
    server.kill()
    server.start(fault=f"{point}:{nth}:kill", ready=False)
    wait_for_its_end(server, point)
    server.start()


def wait_for_its_end(server: Leadlog, point: str) -> None:
    """Of a server that is to kill itself at that fault point."""
    end = time.monotonic() + _REACHED_WITHIN_S
    while server.process.poll() is None:
        assert time.monotonic() < end, f"{point} was not reached in time: the run is void"
        time.sleep(0.02)
    assert server.process.returncode == -signal.SIGKILL, f"it ended otherwise:\n{server.said()}"


def told(paths: list[Path]) -> history.Told:
    """Several clients' histories as one; they have different seeds, so they share no post."""
    everything = history.Told()
    for path in paths:
        one = history.read(path)
        first = len(everything.posts)
        everything.posts |= {first + n: post for n, post in one.posts.items()}
        everything.ends |= {first + n: ends for n, ends in one.ends.items()}
        everything.statuses |= {first + n: found for n, found in one.statuses.items()}
    return everything
