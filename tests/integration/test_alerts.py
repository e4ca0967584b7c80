"""Prometheus itself reads our files, and plays what alerts do when something happens."""

import re
import subprocess
from pathlib import Path

import pytest
import yaml
from servers.process import ServerFault
from support.deployment import DEPLOY, ROOT

PROMTOOL = ROOT / ".servers/promtool/usr/bin/promtool"
STORIES = [Path(__file__).with_name(name) for name in ("alerts.yml", "alerts_of_days.yml")]
RULES = DEPLOY / "prometheus/rules.yml"


def promtool(*arguments: object) -> None:
    if not PROMTOOL.exists():
        raise ServerFault(f"there is no {PROMTOOL}; run scripts/install-test-servers")
    command = [str(PROMTOOL), *map(str, arguments)]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr


def test_prometheus_takes_the_configuration():
    """Without the file of the token, which is not here."""
    promtool("check", "config", "--syntax-only", DEPLOY / "prometheus/prometheus.yml")


def test_prometheus_takes_the_expressions_of_boards(tmp_path):
    shown = [
        expression.replace("$account", ".*")
        for board in (DEPLOY / "grafana/dashboards").glob("*.json")
        for expression in re.findall(r'"expr": "(.*)"', board.read_text("utf-8"))
    ]
    assert shown
    rules = [
        {"record": f"shown:{number}", "expr": expression.replace(r"\"", '"')}
        for number, expression in enumerate(shown)
    ]
    (tmp_path / "shown.yml").write_text(
        yaml.safe_dump({"groups": [{"name": "shown", "rules": rules}]})
    )
    promtool("check", "rules", tmp_path / "shown.yml")


@pytest.mark.parametrize("story", STORIES, ids=lambda story: story.stem)
def test_alerts_come_when_they_should_and_only_then(tmp_path, story):
    played = tmp_path / "alerts.yml"
    played.write_text(story.read_text("utf-8").replace("RULES", str(RULES)), "utf-8")
    promtool("test", "rules", played)


def test_every_alert_has_a_story():
    rules = yaml.safe_load(RULES.read_text("utf-8"))["groups"]
    told = "".join(story.read_text("utf-8") for story in STORIES)
    named = set(re.findall(r'alertname="(\w+)", alertstate="firing"', told))
    assert named == {rule["alert"] for group in rules for rule in group["rules"]}
