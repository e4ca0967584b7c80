"""Who posts forms: `wrk` where it is installed, else a client of our own that is slower."""

import asyncio
import itertools
import shutil
import subprocess
import time
from collections.abc import Iterator
from pathlib import Path
from random import Random
from statistics import quantiles
from typing import NamedTuple

import msgspec

from leadlog.bench.leads import Mix, form_body

_SCRIPT = Path(__file__).with_name("post.lua")
_PREPARED = 5000


class Posted(msgspec.Struct, frozen=True):
    """What was posted in one round, and how the server kept up."""

    requests: int
    microseconds: int
    failed: int
    p50_us: float
    p99_us: float


class Load(NamedTuple):
    """A closed loop: each connection posts again as soon as it was answered."""

    url: str
    connections: int
    seconds: float
    run: str
    """Makes the forms of this round differ from those of every other."""


def tool() -> str:
    """What `post` will use, for the reader of the figures."""
    return "wrk" if shutil.which("wrk") else "Python client (install wrk for the true figures)"


def post(load: Load, cores: set[int]) -> Posted:
    """Post forms on these cores; ConnectionError where the server did not take them all."""
    posted = _by_wrk(load, cores) if shutil.which("wrk") else _by_client(load)
    if posted.failed or not posted.requests:
        raise ConnectionError(f"{posted.failed} of {posted.requests} posts to {load.url} failed")
    return posted


def _by_wrk(load: Load, cores: set[int]) -> Posted:
    command = ["taskset", "-c", ",".join(map(str, sorted(cores))), "wrk", "-t1"]
    command += [f"-c{load.connections}", f"-d{max(1, round(load.seconds))}s"]
    command += ["-s", str(_SCRIPT), load.url, "--", load.run, str(abs(hash(load.run)) % 2**31)]
    told = subprocess.run(command, capture_output=True, check=True)  # noqa: S603 - our own words
    return msgspec.json.decode(told.stdout.splitlines()[-1], type=Posted)


def _by_client(load: Load) -> Posted:
    host, _, rest = load.url.removeprefix("http://").partition(":")
    port, _, path = rest.partition("/")
    return asyncio.run(_drive(load, host, int(port), f"/{path}"))


async def _drive(load: Load, host: str, port: int, path: str) -> Posted:
    requests = _requests(load.run, host, path)
    loop = asyncio.get_running_loop()
    started = time.perf_counter()
    ends = started + load.seconds
    clients = []
    for _ in range(load.connections):
        _, client = await loop.create_connection(lambda: _Client(requests, ends), host, port)
        clients.append(client)
    await asyncio.gather(*(client.done for client in clients))
    waited = sorted(itertools.chain.from_iterable(client.waited for client in clients))
    cuts = quantiles(waited, n=100)
    return Posted(
        requests=len(waited),
        microseconds=round((time.perf_counter() - started) * 1e6),
        failed=sum(client.failed for client in clients),
        p50_us=cuts[49] * 1e6,
        p99_us=cuts[98] * 1e6,
    )


def _requests(run: str, host: str, path: str) -> Iterator[bytes]:
    """Whole requests, each another form; only the submission's id is made in the measured time."""
    rng = Random(run)  # noqa: S311 - the same forms for the same run
    head = f"POST {path} HTTP/1.1\r\nHost: {host}\r\nContent-Type: application/json\r\n".encode()
    bodies = [form_body(rng.randrange(10**9), Mix(), rng) for _ in range(_PREPARED)]
    for number, body in enumerate(itertools.cycle(bodies)):
        own = b'{"submission_id":"%b-%d",' % (run.encode(), number) + body[1:]
        yield head + b"Content-Length: %d\r\n\r\n" % len(own) + own


class _Client(asyncio.Protocol):
    """One connection. Knows answers whose head and body come with a length."""

    def __init__(self, requests: Iterator[bytes], ends: float) -> None:
        self.done: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self.waited: list[float] = []
        self.failed = 0
        self._requests = requests
        self._ends = ends
        self._came = b""

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.Transport)  # noqa: S101 - TCP always is
        self._transport = transport
        self._send()

    def data_received(self, data: bytes) -> None:
        self._came += data
        head, end, body = self._came.partition(b"\r\n\r\n")
        if not end or len(body) < _length(head):
            return
        self._came = b""
        self.waited.append(time.perf_counter() - self._sent)
        self.failed += not head.startswith(b"HTTP/1.1 202")
        if self._sent < self._ends:
            self._send()
        else:
            self._transport.close()

    def connection_lost(self, error: Exception | None) -> None:
        self.failed += error is not None
        if not self.done.done():
            self.done.set_result(None)

    def _send(self) -> None:
        self._sent = time.perf_counter()
        self._transport.write(next(self._requests))


def _length(head: bytes) -> int:
    _, _, rest = head.lower().partition(b"content-length:")
    return int(rest.partition(b"\r\n")[0])
