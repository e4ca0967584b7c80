"""Alerts and boards speak of metrics that there are, of whom there is, and of what to do."""

import json
import re

import pytest
import yaml
from support.deployment import (
    DEPLOY,
    FOREIGN,
    LIBRARYS,
    PATHS,
    ROLES,
    ROOT,
    compose,
    labels_on_the_page,
    metrics_in,
    metrics_on_the_page,
    selections_in,
)
from support.kustomize import documents

KNOWN = metrics_on_the_page() | LIBRARYS | FOREIGN


def read(path):
    return yaml.safe_load((DEPLOY / path).read_text("utf-8"))


ALERTS = {r["alert"]: r for g in read("prometheus/rules.yml")["groups"] for r in g["rules"]}
BOARDS = {
    file.name: json.loads(file.read_text("utf-8"))
    for file in (DEPLOY / "grafana/dashboards").glob("*.json")
}
EXPRESSIONS = sorted(
    {alert["expr"] for alert in ALERTS.values()}
    | {
        t["expr"]
        for board in BOARDS.values()
        for panel in board["panels"]
        for t in panel["targets"]
    }
)
CODE = "".join(
    file.read_text("utf-8")
    for package in ("ingest", "projections")
    for file in (ROOT / package).rglob("*.py")
)
RUNBOOK = (DEPLOY / "runbook.md").read_text("utf-8")


@pytest.mark.parametrize("name", ALERTS)
def test_an_alert_watches_metrics_that_there_are(name):
    assert metrics_in(ALERTS[name]["expr"]) - KNOWN == set()


@pytest.mark.parametrize("name", ALERTS)
def test_an_alert_says_how_bad_it_is_and_where_to_read_on(name):
    alert = ALERTS[name]
    assert alert["labels"]["severity"] in {"critical", "warning"}
    assert alert["annotations"]["summary"]
    assert alert["annotations"]["runbook"] == f"deploy/runbook.md#{name.lower()}"


@pytest.mark.parametrize("name", ALERTS)
def test_the_runbook_says_of_an_alert_what_it_means_where_to_look_and_what_to_do(name):
    (section,) = re.findall(rf"(?ms)^### {name}\n(.*?)(?=^##)", RUNBOOK)
    assert re.findall(r"(?m)^\*\*(\w+)\*\*:", section) == ["Means", "Look", "Do"]


@pytest.mark.parametrize("expression", EXPRESSIONS)
def test_what_is_selected_is_what_the_code_tells(expression):
    told = labels_on_the_page()
    for metric, label, value in selections_in(expression):
        if metric in told:
            assert label in told[metric]
            assert value == "$account" or re.search(rf'"{value}"', CODE)


@pytest.mark.parametrize("expression", EXPRESSIONS)
def test_what_is_grouped_by_is_a_label(expression):
    labels = {"instance", "le", "role"}.union(*labels_on_the_page().values())
    for named in re.findall(r"\bby \(([^)]*)\)", expression):
        assert {name.strip() for name in named.split(",")} <= labels


def test_the_runbook_knows_no_alert_that_there_is_not():
    section = RUNBOOK.partition("## Alerts\n")[2].partition("\n## ")[0]
    assert re.findall(r"(?m)^### (\w+)$", section) == list(ALERTS)


@pytest.mark.parametrize("name", BOARDS)
def test_a_board_shows_metrics_that_there_are(name):
    shown = [t["expr"] for panel in BOARDS[name]["panels"] for t in panel["targets"]]
    shown += [re.sub(r"label_values\((\w+), \w+\)", r"\1", v["query"]) for v in _variables(name)]
    assert shown
    assert set().union(*map(metrics_in, shown)) - KNOWN == set()


def test_alerts_that_boards_name_are_there():
    text = "".join(json.dumps(board) for board in BOARDS.values())
    assert set(re.findall(r"\bLeadlog[A-Z]\w+", text)) - ALERTS.keys() == set()


def test_boards_ask_the_source_that_is_provisioned():
    (source,) = read("grafana/provisioning/datasources/prometheus.yml")["datasources"]
    for board in BOARDS.values():
        for panel in board["panels"]:
            asked = {t["datasource"]["uid"] for t in panel["targets"]}
            assert asked | {panel["datasource"]["uid"]} == {source["uid"]}


@pytest.mark.parametrize("name", BOARDS)
def test_panels_do_not_cover_one_another(name):
    panels = BOARDS[name]["panels"]
    cells = [
        (x, y)
        for at in (panel["gridPos"] for panel in panels)
        for x in range(at["x"], at["x"] + at["w"])
        for y in range(at["y"], at["y"] + at["h"])
    ]
    assert len(cells) == len(set(cells))
    assert max(x for x, _ in cells) < 24
    assert len({panel["id"] for panel in panels}) == len(panels)


def test_boards_have_names_and_ids_of_their_own():
    assert len({board["uid"] for board in BOARDS.values()}) == len(BOARDS)
    assert len({board["title"] for board in BOARDS.values()}) == len(BOARDS)


def test_prometheus_asks_every_role_where_it_answers():
    (job,) = read("prometheus/prometheus.yml")["scrape_configs"]
    (static,) = job["static_configs"]
    assert sorted(static["targets"]) == sorted(f"{role}:8080" for role in ROLES)
    assert job.get("metrics_path", "/metrics") in PATHS
    token = job["authorization"]["credentials_file"]
    ours = [s for s in compose()["services"].values() if s["image"].startswith("leadlog:")]
    assert {s["environment"]["LEADLOG_METRICS_TOKEN_FILE"] for s in ours} == {token}
    for service in [*ours, compose()["services"]["prometheus"]]:
        assert token.removeprefix("/run/secrets/") in service["secrets"]


def test_prometheus_finds_the_pods_by_what_they_have():
    (job,) = read("prometheus/kubernetes.yml")["scrape_configs"]
    (pod,) = documents(DEPLOY / "kubernetes/base/every-role.yaml")
    (container,) = pod["spec"]["template"]["spec"]["containers"]
    wanted = {r["source_labels"][0]: r.get("regex") for r in job["relabel_configs"]}
    assert wanted["__meta_kubernetes_pod_container_port_name"] == container["ports"][0]["name"]
    (gateway, *_) = documents(DEPLOY / "kubernetes/base/gateway.yaml")
    of_pods = (DEPLOY / "kubernetes/base/environment.env").read_text("utf-8").splitlines()
    token = job["authorization"]["credentials_file"]
    assert f"LEADLOG_METRICS_TOKEN_FILE={token}" in of_pods
    for label in gateway["spec"]["template"]["metadata"]["labels"]:
        assert f"__meta_kubernetes_pod_label_{re.sub('[./]', '_', label)}" in wanted


def test_grafana_finds_what_is_provisioned():
    mounted = dict(v.split(":")[:2] for v in compose()["services"]["grafana"]["volumes"])
    (provider,) = read("grafana/provisioning/dashboards/leadlog.yml")["providers"]
    assert mounted["./deploy/grafana/dashboards"] == provider["options"]["path"]
    home = compose()["services"]["grafana"]["environment"]
    first = home["GF_DASHBOARDS_DEFAULT_HOME_DASHBOARD_PATH"].removeprefix("/etc/grafana/")
    assert (DEPLOY / "grafana" / first).is_file()


def test_metrics_are_found_in_an_expression():
    expression = 'sum by (le) (rate(a_b_bucket{x="y"}[5m])) and c unless d offset 7d > 0.2'
    assert metrics_in(expression) == {"a_b_bucket", "c", "d"}


def _variables(name):
    return BOARDS[name]["templating"]["list"]
