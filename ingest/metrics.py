"""Every metric of the intake and the processor; docs/metrics.md is written from this file."""

from prometheus_client import Counter, Gauge, Histogram

DELIVERIES = Counter(
    "leadlog_deliveries",
    "Deliveries by account and the gateway's provisional outcome",
    ("account", "outcome"),
)
ACCEPT_SECONDS = Histogram(
    "leadlog_accept_seconds",
    "From the whole request read to the reply, the durable append included",
    buckets=(0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5),
)
LOG_UNAVAILABLE = Counter(
    "leadlog_log_unavailable", "Deliveries answered 503 because the lead log did not take them"
)
SPOOLED = Counter("leadlog_spooled", "Records kept in the spool because Kafka did not take them")
SPOOL_RECORDS = Gauge("leadlog_spool_records", "Records of the spool that Kafka does not have yet")
PROCESSED = Counter(
    "leadlog_processed", "Deliveries by the processor's final outcome", ("outcome",)
)
for _outcome in ("accepted", "ignored", "quarantined", "duplicate"):
    PROCESSED.labels(_outcome)  # from 0: the first one ever is a rise, too
PROCESSOR_BATCHES = Counter("leadlog_processor_batches", "Batches saved")
PROCESSOR_LAG = Gauge(
    "leadlog_processor_lag", "Records of the log that are not processed yet", ("partition",)
)
PROCESSOR_RETRIES = Counter(
    "leadlog_processor_retries", "Batches tried again because the store was away"
)
PENDING = Gauge(
    "leadlog_pending",
    "Touches, items of evidence and cards that a decision is still to be carried out for",
)
PIECES_FAILED = Counter(
    "leadlog_pieces_failed", "Tries to carry a decision out that failed; leads and others go on"
)
POLL_STATE = Gauge(
    "leadlog_poll_state", "1 for what the polling of an account does now", ("account", "state")
)
POLL_LAST_SUCCESS = Gauge(
    "leadlog_poll_last_success_timestamp_seconds",
    "When an account's provider last answered and all that came was stored, since 1970",
    ("account",),
)
POLL_LAG_SECONDS = Gauge(
    "leadlog_poll_lag_seconds",
    "From the happening of the newest fetched lead to its append",
    ("account",),
)
POLL_ERRORS = Counter(
    "leadlog_poll_errors", "Failed tries of an account by what followed", ("account", "state")
)
EVENTS_PUBLISHED = Counter(
    "leadlog_events_published", "Domain events published on Kafka for others to consume"
)
PUBLISHER_LAG = Gauge(
    "leadlog_publisher_lag",
    "Domain events that are recorded and not published yet; 0 for one that stands by",
)
OUTBOX_MESSAGES = Gauge(
    "leadlog_outbox_messages",
    "Messages to people by state: waiting, sent (of the last 30 days), failed, set_aside",
    ("state",),
)
OUTBOX_TRIES = Counter(
    "leadlog_outbox_tries",
    "Tries to send, by account: done (sent, or refused for good), later, set_aside",
    ("account", "outcome"),
)
