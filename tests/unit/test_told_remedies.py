"""Whoever waits for Kafka says in the log why, and what to do, where that is known."""

import threading

from structlog.testing import capture_logs

from ingest.log.kafka_reach import Unreachable
from ingest.log.kafka_topic import KafkaTopic
from ingest.log.port import LogUnavailable
from ingest.outbox.publisher import EventPublisher
from ingest.processor.patience import until_done

REFUSED = Unreachable("it speaks TLS on this port", "set tls = true")


def test_a_processor_says_what_to_do():
    stop = threading.Event()

    def attempt():
        stop.set()
        raise LogUnavailable("Kafka is away") from REFUSED

    with capture_logs() as said:
        assert not until_done(attempt, stop)
    assert [(line["event"], line["remedy"]) for line in said] == [("store_away", "set tls = true")]


def test_a_publisher_says_what_to_do():
    stop = threading.Event()

    class Lease:
        def held(self):
            stop.set()
            raise REFUSED

        def release(self):
            pass

    topic = KafkaTopic.of("kafka://host:9092/leads")
    with capture_logs() as said:
        EventPublisher(None, topic, lease=Lease()).run(stop)
    told = {line["event"]: line.get("remedy") for line in said}
    assert told["publisher_waits"] == "set tls = true"
