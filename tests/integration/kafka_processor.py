"""A processor of its own process: Kafka → event store, by Faust or by the plain loop.

Arguments: faust or loop, the log's URL, a folder, seconds until the watchdog bites, and the URL of
a PostgreSQL database where the event store is not to be SQLite in the folder. Ends at SIGTERM.
"""

import signal
import sys
import threading
from collections.abc import Sequence
from pathlib import Path

from contracts.lead_logs import KEYRING
from eventsourcing.persistence import OperationalError

from eventstore.customer_base import CustomerBase
from eventstore.domain.matching import Matching
from eventstore.domain.pipeline import SALES
from eventstore.policy import Policy
from eventstore.recorders.port import CustomerRecorder, Meanwhile
from eventstore.recorders.postgres import PostgresCustomerRecorder
from eventstore.recorders.sqlite import SQLiteCustomerRecorder
from ingest.log.kafka_reader import KafkaLogReader
from ingest.log.kafka_topic import KafkaTopic
from ingest.log.port import Logged
from ingest.processor.batch import BatchHandler
from ingest.processor.faust_app import FaustProcessor
from ingest.processor.loop import ProcessorLoop


class Handler(BatchHandler):
    """While there is a file `away` in the folder, the event store cannot be written."""

    def __init__(self, base: CustomerBase, folder: Path) -> None:
        super().__init__(base)
        self._away = folder / "away"

    def handle(self, records: Sequence[Logged], meanwhile: Meanwhile | None = None) -> None:
        if self._away.exists():
            raise OperationalError("away")
        super().handle(records, meanwhile)


def base_in(folder: Path, database: str = "") -> CustomerBase:
    recorder: CustomerRecorder
    if database:
        recorder = PostgresCustomerRecorder(database)
    else:
        recorder = SQLiteCustomerRecorder(folder / "events.db")
    return CustomerBase(recorder, KEYRING, Policy.of(Matching(), (SALES,)))


def main(runner: str, url: str, folder: str, stuck_after: str, database: str = "") -> None:
    base = base_in(Path(folder), database)
    handler = Handler(base, Path(folder))
    topic = KafkaTopic.of(url)
    stop = threading.Event()
    signal.signal(signal.SIGTERM, lambda *_: stop.set())
    if runner == "loop":
        ProcessorLoop(KafkaLogReader(topic, stopping=stop), handler, base.recorder).run(stop)
    else:
        FaustProcessor(
            topic,
            handler,
            base.recorder,
            folder=Path(folder),
            session_timeout=3.0,
            stuck_after=float(stuck_after),
        ).run(stop)


if __name__ == "__main__":
    main(*sys.argv[1:])
