"""The configured lead log: one object for those who write it, read it or feed it."""

import threading
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Protocol

from eventstore.keyring import Keyring
from ingest.log.port import LeadLogReader, LeadLogWriter, Record
from ingest.log.sqlite import SQLiteLogReader, SQLiteLogWriter, append_now

if TYPE_CHECKING:  # imports of the distributed extra
    from ingest.log.kafka_topic import KafkaTopic


class ClosableReader(LeadLogReader, Protocol):
    """A reader that holds a connection."""

    def close(self) -> None: ...


class LeadLog(Protocol):
    """Where the lead log is. Opens nothing by itself."""

    async def new_writer(self) -> LeadLogWriter:
        """A started writer for the running event loop, which its user closes."""

    def new_reader(self, stopping: threading.Event) -> ClosableReader:
        """A reader, which its user closes, and which waits for nobody once `stopping` is set."""

    def append_now(self, records: Sequence[Record]) -> None:
        """Append from a thread without an event loop; raises LogUnavailable."""


@dataclass(frozen=True, slots=True)
class EmbeddedLog:
    """A SQLite file of this machine."""

    path: Path

    async def new_writer(self) -> LeadLogWriter:
        return SQLiteLogWriter(self.path)

    def new_reader(self, stopping: threading.Event) -> ClosableReader:  # noqa: ARG002 - it never waits
        return SQLiteLogReader(self.path)

    def append_now(self, records: Sequence[Record]) -> None:
        append_now(self.path, records)


@dataclass(frozen=True, slots=True)
class KafkaLog:
    """A topic of Kafka, with a spool on the local disk in front of it or without."""

    topic: "KafkaTopic"
    keyring: Keyring
    spool: Path | None

    async def new_writer(self) -> LeadLogWriter:
        from ingest.log.kafka import KafkaLogWriter
        from ingest.log.spool import SpooledLogWriter

        writer = KafkaLogWriter(self.topic, self.keyring)
        await writer.start()
        if self.spool is None:
            return writer
        spooled = SpooledLogWriter(writer, self.spool)
        await spooled.start()
        return spooled

    def new_reader(self, stopping: threading.Event) -> ClosableReader:
        from ingest.log.kafka_reader import KafkaLogReader

        return KafkaLogReader(self.topic, stopping=stopping)

    def append_now(self, records: Sequence[Record]) -> None:
        from ingest.log.kafka import append_now

        append_now(self.topic, self.keyring, records)
