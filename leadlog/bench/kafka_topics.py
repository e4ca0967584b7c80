"""Topics of benchmarks, on the Kafka that was named, spoken to as [kafka] of the settings says."""

from ingest.log.kafka_topic import KafkaTopic
from leadlog.settings import load


def bench_topic(url: str) -> KafkaTopic:
    """In this process or one that a benchmark starts: both read the same settings."""
    return KafkaTopic.of(url, load().kafka.access)
