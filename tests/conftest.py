"""What all tests share."""

import structlog
from hypothesis import HealthCheck, settings
from servers.fixtures import (
    breakable_clickhouse,
    breakable_kafka,
    clickhouse,
    database,
    kafka,
    kafka_cluster,
    own_clickhouse,
    own_kafka,
    own_postgres,
    postgres,
    secured_kafka,
    shared_clickhouse,
    shared_kafka,
)

__all__ = [
    "breakable_clickhouse",
    "breakable_kafka",
    "clickhouse",
    "database",
    "kafka",
    "kafka_cluster",
    "own_clickhouse",
    "own_kafka",
    "own_postgres",
    "postgres",
    "secured_kafka",
    "shared_clickhouse",
    "shared_kafka",
]

settings.register_profile(
    "fast", deadline=None, suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large]
)
settings.load_profile("fast")

# As `leadlog` has it: the default shows every local variable, which takes seconds of a fault's log.
_plain = structlog.dev.ConsoleRenderer(exception_formatter=structlog.dev.plain_traceback)
structlog.configure(processors=[*structlog.get_config()["processors"][:-1], _plain])
