"""Every metric of the projections; docs/metrics.md is written from this file."""

from prometheus_client import Gauge

PROJECTOR_LAG = Gauge(
    "leadlog_projector_lag",
    "Events that are recorded and not yet in a read model: facts (the numbers), inbox (the search)",
    ("read_model",),
)
