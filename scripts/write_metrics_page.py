"""Writes docs/metrics.md from the metrics that the code defines: make docs."""

import importlib
import sys
from collections.abc import Iterator
from pathlib import Path
from types import ModuleType

from prometheus_client.metrics import MetricWrapperBase

PAGE = Path(__file__).parents[1] / "docs" / "metrics.md"
MODULES = ("ingest.metrics", "projections.metrics")
"""The files that define metrics, in the order of a lead's way."""

_HEAD = """\
# Metrics

What `/metrics` tells, in the words of the code that counts it. This page is written by `make docs`,
and a test holds it to the code. Nothing here identifies a person: labels are accounts, outcomes and
partitions. Accounts are nobody else's business: it is told to programs of the same machine, and to
whoever sends `Authorization: Bearer` with `[metrics] token` or the desk's. Where either is set, one
of them must be shown on this machine, too.

| metric | type | labels | what it counts |
| --- | --- | --- | --- |
"""
_TAIL = """
## Alarms to begin with

As rules for Prometheus, each with what to do: `deploy/prometheus/rules.yml`, `deploy/runbook.md`. In short:

| when | means | do |
| --- | --- | --- |
| `rate(leadlog_log_unavailable_total[5m]) > 0` | deliveries are answered 503 | disk full or lead log away: `leadlog doctor` |
| `leadlog_processor_lag > 0` for 5 minutes and `rate(leadlog_processor_batches_total[5m]) == 0` | leads are kept, and nobody decides about them | the log of the process; `leadlog doctor` |
| `leadlog_pending > 0`, the same for 15 minutes | a large decision is recorded, and the deals of its persons do not follow | `pieces_failed` in the log of the process; `leadlog doctor` |
| `rate(leadlog_deliveries_total{outcome="quarantined"}[1h]) > 0` | a provider sends what no parser reads | `leadlog quarantine list` |
| `rate(leadlog_deliveries_total{outcome="rejected"}[5m])` well above its usual | a changed secret, or somebody trying doors | the account's secret, here and at the provider |
| `leadlog_poll_state{state="stopped"} == 1` | an account is fetched no more until a person acts | its log (`poller.stopped`) and `leadlog doctor` say what to do |
| `leadlog_outbox_messages{state="set_aside"} > 0` | messages to people that no provider took for three days | `leadlog outbox list --state set_aside` |
| `time() - leadlog_poll_last_success_timestamp_seconds > 600` | a provider that is polled does not answer, or what it gives cannot be stored | its log (`poller.retries`) tells why |
| `histogram_quantile(0.99, rate(leadlog_accept_seconds_bucket[5m])) > 1` | providers wait, and some give up after a few seconds | the disk's latency; the load |
"""  # noqa: E501 - rows of a table


def page() -> str:
    rows = [row for name in MODULES for row in _rows(importlib.import_module(name))]
    return _HEAD + "\n".join(rows) + "\n" + _TAIL


def _rows(module: ModuleType) -> Iterator[str]:
    for metric in vars(module).values():
        if isinstance(metric, MetricWrapperBase):
            yield _row(metric)


def _row(metric: MetricWrapperBase) -> str:
    (described,) = metric.describe()
    name = f"{described.name}_total" if described.type == "counter" else described.name
    labels = ", ".join(f"`{label}`" for label in metric._labelnames)  # noqa: SLF001 - the library has no public name for it
    return f"| `{name}` | {described.type} | {labels} | {described.documentation} |"


if __name__ == "__main__":
    PAGE.parent.mkdir(exist_ok=True)
    PAGE.write_text(page(), encoding="utf-8")
    sys.stdout.write(f"{PAGE}\n")
