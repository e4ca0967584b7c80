"""docs/metrics.md says what the code counts."""

import importlib.util
import re
from pathlib import Path

import pytest
from prometheus_client import REGISTRY

ROOT = Path(__file__).parents[2]


@pytest.fixture(scope="module")
def script():
    spec = importlib.util.spec_from_file_location("metrics", ROOT / "scripts/write_metrics_page.py")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def test_the_page_is_what_make_docs_writes(script):
    assert script.PAGE.read_text(encoding="utf-8") == script.page()


def test_every_metric_of_ours_is_on_the_page(script):
    ours = {metric.name for metric in REGISTRY.collect() if metric.name.startswith("leadlog_")}
    told = {
        name.removesuffix("_total") for name in re.findall(r"\| `(leadlog_\w+)`", script.page())
    }
    assert ours == told


def test_the_alarms_speak_of_metrics_that_there_are(script):
    table, _, alarms = script.page().partition("## Alarms")
    for name in re.findall(r"leadlog_\w+", alarms):
        assert name.removesuffix("_bucket") in table
