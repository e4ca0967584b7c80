"""A publisher of its own process: SQLite event store → Kafka. Ends at SIGTERM.

Arguments: the events' topic as kafka://host:port/name, the folder of the event store.
"""

import signal
import sys
import threading
from pathlib import Path

from eventstore.recorders.sqlite import SQLiteCustomerRecorder
from ingest.log.kafka_topic import KafkaTopic
from ingest.outbox.publisher import EventPublisher


def main(url: str, folder: str) -> None:
    stop = threading.Event()
    signal.signal(signal.SIGTERM, lambda *_: stop.set())
    recorder = SQLiteCustomerRecorder(Path(folder) / "events.db")
    EventPublisher(recorder, KafkaTopic.of(url), page=25, idle=0.05).run(stop)


if __name__ == "__main__":
    main(*sys.argv[1:])
