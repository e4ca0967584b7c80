"""The servers that the gateway is held against, and the gateway alone: `python -m … KIND LOG`.

`ours` is the gateway as `leadlog up` serves it, without the other roles. `durable` decodes the
body and commits it, all of one turn of the loop together, to a SQLite file with
`synchronous=FULL`. `parse` only decodes. `ours-kafka` is the gateway with a topic of Kafka for log;
`kafka` decodes the body and awaits aiokafka's `send_and_wait` of a record as large as ours.
Both are confirmed by all replicas and idempotent. All on uvicorn with httptools and uvloop, with
Python's collector set as `leadlog up` sets it; each prints its port once it listens.
"""

import asyncio
import socket
import sqlite3
import sys
import threading
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any

import msgspec
import uvicorn
import uvloop

from eventstore.keyring import Keyring
from ingest.gateway.app import Gateway
from ingest.log.port import LeadLogWriter
from ingest.log.sqlite import SQLiteLogWriter
from leadlog.bench.leads import ACCOUNT, form_adapter
from leadlog.collector import settle_collector
from leadlog.insiders import Insiders
from leadlog.readiness import Readiness
from leadlog.server import FrontDoor
from leadlog.web_server import new_server

KINDS = ("ours", "durable", "parse", "ours-kafka", "kafka")
_BACKLOG = 2048
_MOST_CONNECTIONS = 1000
_RECORD_BYTES = 960
"""What the gateway's record of such a form has, with its key and headers: else Kafka's own work, on
the same machine, would be less for one side."""
_START = {
    "type": "http.response.start",
    "status": 202,
    "headers": [(b"content-type", b"application/json"), (b"content-length", b"21")],
}
_BODY = {"type": "http.response.body", "body": b'{"status":"accepted"}'}

Store = Callable[[bytes], Awaitable[None]]


class Form(msgspec.Struct):
    """As much validation as anybody would do."""

    name: str
    phone: str
    submission_id: str
    message: str = ""
    utm_source: str = ""


class GroupCommit:
    """Handlers append; the first of a turn of the loop commits for all (DESIGN §3)."""

    def __init__(self, path: Path) -> None:
        self._connection = sqlite3.connect(path, isolation_level=None)
        self._connection.execute("PRAGMA journal_mode=WAL")
        self._connection.execute("PRAGMA synchronous=FULL")
        self._connection.execute("CREATE TABLE IF NOT EXISTS body (id INTEGER PRIMARY KEY, value)")
        self._waiting: list[tuple[bytes, asyncio.Future[None]]] = []

    async def append(self, body: bytes) -> None:
        """Return once it is durable."""
        loop = asyncio.get_running_loop()
        done: asyncio.Future[None] = loop.create_future()
        self._waiting.append((body, done))
        if len(self._waiting) == 1:
            loop.call_soon(self._flush)
        await done

    def _flush(self) -> None:
        batch, self._waiting = self._waiting, []
        self._connection.execute("BEGIN IMMEDIATE")
        self._connection.executemany(
            "INSERT INTO body (value) VALUES (?)", [(body,) for body, _ in batch]
        )
        self._connection.execute("COMMIT")
        for _, done in batch:
            if not done.done():
                done.set_result(None)


def limit(store: Store | None) -> Any:
    """A bare ASGI application: read, decode, store, reply."""
    decode = msgspec.json.Decoder(Form).decode

    async def app(_: Any, receive: Any, send: Any) -> None:
        body = b""
        more = True
        while more:
            message = await receive()
            body += message["body"]
            more = message.get("more_body", False)
        decode(body)
        if store is not None:
            await store(body)
        await send(_START)
        await send(_BODY)

    return app


def _ready() -> Readiness:
    return Readiness(roles=dict, log_fault=lambda: None, progress=dict)


async def _serve(kind: str, log: str) -> None:
    listening = socket.create_server(("127.0.0.1", 0), backlog=_BACKLOG)
    if kind.startswith("ours"):
        gateway = Gateway({ACCOUNT: form_adapter()}, await _writer(kind, log))
        door = FrontDoor(
            gateway=gateway,
            desk=None,
            control=None,
            ready=_ready(),
            insider=Insiders(),
            measuring=Insiders(),
        )
        server = new_server(door, most=_MOST_CONNECTIONS, stopping=threading.Event())
    else:
        server = uvicorn.Server(
            uvicorn.Config(
                limit(await _store(kind, log)),
                http="httptools",
                loop="uvloop",
                ws="none",
                lifespan="off",
                log_level="error",
                access_log=False,
                server_header=False,
            )
        )
    settle_collector()  # as roles do once they serve; the limit's side gains by it as well
    print(listening.getsockname()[1], flush=True)  # noqa: T201 - told to whoever started it
    await server.serve(sockets=[listening])


async def _writer(kind: str, log: str) -> LeadLogWriter:
    if kind == "ours":
        return SQLiteLogWriter(Path(log))
    from ingest.log.kafka import KafkaLogWriter
    from leadlog.bench.kafka_topics import bench_topic

    writer = KafkaLogWriter(bench_topic(log), Keyring(b"b" * 32))
    await writer.start()
    return writer


async def _store(kind: str, log: str) -> Store | None:
    if kind == "durable":
        return GroupCommit(Path(log)).append
    return None if kind == "parse" else await _send_and_wait(log)


async def _send_and_wait(log: str) -> Store:
    from aiokafka import AIOKafkaProducer

    from ingest.log.kafka_topic import prepare
    from leadlog.bench.kafka_topics import bench_topic

    topic = bench_topic(log)
    await prepare(topic)
    producer = AIOKafkaProducer(
        **topic.client_settings(), acks="all", enable_idempotence=True, linger_ms=0
    )
    await producer.start()

    async def store(body: bytes) -> None:
        await producer.send_and_wait(topic.name, body.ljust(_RECORD_BYTES))

    return store


if __name__ == "__main__":
    uvloop.run(_serve(sys.argv[1], sys.argv[2]))
