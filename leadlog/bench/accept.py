"""POST to durable 202 through the real gateway, against bare ASGI applications."""

import os
import sqlite3
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import ExitStack, closing, contextmanager
from dataclasses import dataclass
from functools import partial
from pathlib import Path

from leadlog.bench.clock import apart, cpu_of
from leadlog.bench.leads import ACCOUNT
from leadlog.bench.pair import Benchmark, Sample, Setting, Sides
from leadlog.bench.posting import Load, post, tool

_SECONDS, _QUICK_SECONDS = 4.0, 1.0
_TABLES = {"ours": "lead_log", "durable": "body"}


@dataclass(frozen=True)
class Server:
    """One of `leadlog.bench.limit_server`, running on a core of its own where there are two."""

    kind: str
    process: subprocess.Popen[bytes]
    port: int
    log: str

    def stored(self) -> int | None:
        """How many bodies are on its log; None for one that stores nothing."""
        if self.log.startswith("kafka:"):
            return _on_kafka(self.log)
        if self.kind not in _TABLES:
            return None
        with closing(sqlite3.connect(f"file:{self.log}?mode=ro", uri=True)) as connection:
            (count,) = connection.execute(f"SELECT count(*) FROM {_TABLES[self.kind]}").fetchone()  # noqa: S608 - our own names
        return int(count)


def _on_kafka(log: str) -> int:
    from ingest.log.kafka_reader import KafkaLogReader
    from leadlog.bench.kafka_topics import bench_topic

    reader = KafkaLogReader(bench_topic(log))
    try:
        return sum(reader.end(partition) + 1 for partition in reader.partitions())
    finally:
        reader.close()


@contextmanager
def running(kind: str, log: str, cores: set[int]) -> Iterator[Server]:
    """A server of this kind; gone in the end."""
    command = [sys.executable, "-m", "leadlog.bench.limit_server", kind, log]
    with subprocess.Popen(command, stdout=subprocess.PIPE) as process:  # noqa: S603 - our own
        try:
            assert process.stdout is not None  # noqa: S101 - it was asked for
            port = process.stdout.readline()
            if not port:
                raise RuntimeError(f"the server {kind!r} did not start; its own words are above")
            os.sched_setaffinity(process.pid, cores)
            yield Server(kind, process, int(port), log)
        finally:
            process.kill()  # it has nothing to close that anybody would read


@contextmanager
def opened(
    setting: Setting, *, limit: str, connections: int, ours: str = "ours"
) -> Iterator[Sides]:
    """Both servers wait on the same core, so that who is idle costs the other nothing."""
    served, posting = apart()
    seconds = _QUICK_SECONDS if setting.quick else _SECONDS
    with ExitStack() as stack:
        folder = stack.enter_context(setting.scratch())
        servers = [
            stack.enter_context(running(kind, _log(kind, folder, setting), served))
            for kind in (ours, limit)
        ]
        loads = [
            Load(f"http://127.0.0.1:{server.port}/in/{ACCOUNT}", connections, seconds, "")
            for server in servers
        ]
        for server, load in zip(servers, loads, strict=True):
            _round(-1, server, load._replace(seconds=1), posting)
        where = "another core" if served != posting else "the same core"
        yield Sides(
            lambda number: _round(number, servers[0], loads[0], posting),
            lambda number: _round(number, servers[1], loads[1], posting),
            note=f"posted by {tool()} on {where}",
        )


def _log(kind: str, folder: Path, setting: Setting) -> str:
    if not kind.endswith("kafka"):
        return str(folder / f"{kind}.db")
    return f"kafka://{setting.kafka}/bench-{kind}-{time.time_ns()}?partitions=3"


def _round(number: int, server: Server, load: Load, cores: set[int]) -> Sample:
    """One round of posts; every one that was answered must be on the disk."""
    before, cpu = server.stored(), cpu_of(server.process.pid)
    posted = post(load._replace(run=f"{server.kind}{number}"), cores)
    used, after = cpu_of(server.process.pid) - cpu, server.stored()
    if before is not None and after is not None and after - before < posted.requests:
        raise AssertionError(
            f"{posted.requests} posts were answered 202, {after - before} are stored"
        )
    return Sample(posted.requests, posted.microseconds / 1e6, used, posted.p99_us / 1e3)


ACCEPT_16 = Benchmark(
    name="accept-16",
    a="gateway, 16 connections: verified, parsed, durable",
    b="bare ASGI, the same group commit into SQLite",
    unit="posts/s",
    aim=0.65,
    open=partial(opened, limit="durable", connections=16),
)
ACCEPT_64 = Benchmark(
    name="accept-64",
    a="gateway, 64 connections: verified, parsed, durable",
    b="bare ASGI that only decodes, nothing durable",
    unit="posts/s",
    aim=0.45,
    open=partial(opened, limit="parse", connections=64),
)
ON_KAFKA = Benchmark(
    name="kafka-accept",
    a="gateway on Kafka, 64 connections: verified, parsed, on all replicas",
    b="bare ASGI, aiokafka's send_and_wait of a record as large",
    unit="posts/s",
    aim=0.75,
    needs=("kafka",),
    open=partial(opened, ours="ours-kafka", limit="kafka", connections=64),
)
