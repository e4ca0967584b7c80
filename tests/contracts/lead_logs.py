"""The lead logs that the contract is bound to, each with the way to break it."""

import os
import sqlite3
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from itertools import count
from pathlib import Path
from typing import Protocol

import msgspec
from servers.kafka import KafkaServer

from eventstore.keyring import Keyring
from ingest.log.kafka import KafkaLogWriter
from ingest.log.kafka_reader import KafkaLogReader
from ingest.log.kafka_topic import KafkaTopic
from ingest.log.port import LeadLogReader, LeadLogWriter, Record, RecordType
from ingest.log.spool import SpooledLogWriter
from ingest.log.sqlite import SQLiteLogReader, SQLiteLogWriter

ROOT = Path(__file__).parents[2]
ENVIRONMENT = {**os.environ, "PYTHONPATH": f"{ROOT}:{ROOT / 'tests'}"}
"""For scripts of the tests that import what tests share."""
KEYRING = Keyring(b"k" * 32)
_numbers = count(1)


class Reader(LeadLogReader, Protocol):
    def close(self) -> None: ...


class LeadLog(Protocol):
    """One log of one test. `arguments` make the same log in another process (see `opened`)."""

    arguments: tuple[str, ...]

    async def writer(self) -> LeadLogWriter: ...

    def reader(self) -> Reader: ...

    def broken(self) -> "ExitStack": ...


class SQLiteLeadLog:
    def __init__(self, path: str) -> None:
        self.path = Path(path)
        self.arguments = ("sqlite", path)

    async def writer(self) -> LeadLogWriter:
        return SQLiteLogWriter(self.path)

    def reader(self) -> Reader:
        return SQLiteLogReader(self.path)

    def broken(self) -> ExitStack:
        return _stack(_locked(self.path))


class KafkaLeadLog:
    def __init__(self, url: str, server: KafkaServer | None = None) -> None:
        self.topic = KafkaTopic.of(url)
        self.server = server
        self.arguments = ("kafka", url)

    async def writer(self) -> LeadLogWriter:
        writer = KafkaLogWriter(self.topic, KEYRING)
        await writer.start()
        return writer

    def reader(self) -> Reader:
        return KafkaLogReader(self.topic)

    def broken(self) -> ExitStack:
        return _stack(_paused(self.server))


class SpooledLeadLog(KafkaLeadLog):
    def __init__(self, url: str, path: str, server: KafkaServer | None = None) -> None:
        super().__init__(url, server)
        self.path = Path(path)
        self.arguments = ("spool", url, path)

    async def writer(self) -> LeadLogWriter:
        writer = SpooledLogWriter(await super().writer(), self.path)
        await writer.start()
        return writer

    def broken(self) -> ExitStack:
        return _stack(_paused(self.server), _locked(self.path))


KINDS = {"sqlite": SQLiteLeadLog, "kafka": KafkaLeadLog, "spool": SpooledLeadLog}


def opened(kind: str, *arguments: str) -> LeadLog:
    return KINDS[kind](*arguments)


def fresh(kind: str, folder: Path, server: KafkaServer) -> LeadLog:
    """A new, empty log."""
    url = f"kafka://{server.address}/log{time.time_ns()}{next(_numbers)}?partitions=3"
    if kind == "kafka":
        return KafkaLeadLog(url, server)
    if kind == "spool":
        return SpooledLeadLog(url, str(folder / "spool.db"), server)
    return SQLiteLeadLog(str(folder / "log.db"))


def record(number: int, who: str = "+79120000001", size: int = 0) -> Record:
    """A lead event, as far as a log looks at it."""
    identity = {"kind": "phone", "value": who, "proof": "claimed"}
    value = {"event_id": f"e{number}", "n": number, "identities": [identity], "text": "x" * size}
    return Record(RecordType.LEAD, msgspec.json.encode(value), ("phone", who))


def number_of(value: bytes) -> int:
    number: int = msgspec.json.decode(value)["n"]
    return number


def _stack(*contexts: object) -> ExitStack:
    stack = ExitStack()
    for context in contexts:
        stack.enter_context(context)  # type: ignore[arg-type] # contextlib's own type is private
    return stack


@contextmanager
def _locked(path: Path) -> Iterator[None]:
    """Somebody else holds the file's write lock and does not let go."""
    other = sqlite3.connect(path, isolation_level=None)
    other.execute("BEGIN IMMEDIATE")
    try:
        yield
    finally:
        other.execute("ROLLBACK")
        other.close()


@contextmanager
def _paused(server: KafkaServer | None) -> Iterator[None]:
    """The broker hangs: connections stand, nothing is answered."""
    if server is None:
        raise LookupError("this log's server is another process's")
    server.pause()
    try:
        yield
    finally:
        server.resume()
