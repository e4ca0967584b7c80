"""Topics of benchmarks, on the Kafka that was named, spoken to as [kafka] of the settings says."""

import os
from pathlib import Path

from ingest.log.kafka_topic import KafkaTopic
from leadlog.environment import BENCH_CONFIG
from leadlog.settings import load


def bench_topic(url: str) -> KafkaTopic:
    """In this process or one that a benchmark starts: both read the same settings."""
    named = os.environ.get(BENCH_CONFIG)
    return KafkaTopic.of(url, load(Path(named) if named else None).kafka.access)
