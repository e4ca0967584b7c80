"""The variables, addresses and secrets of the deployment are settings, and fit together."""

import re
from urllib.parse import urlsplit

import pytest
from support.deployment import DEPLOY, compose, faults_of, image_environ, secret_of, secrets_made
from support.kustomize import build

from ingest.log.kafka_topic import KafkaTopic
from leadlog.settings import load
from projections.clickhouse.client import parse_url

SERVICES = compose()["services"]
OURS = {name: s for name, s in SERVICES.items() if s["image"].startswith("leadlog:")}


def test_variables_of_the_image_are_settings():
    environ = image_environ()
    assert environ
    assert faults_of(environ) == []


@pytest.mark.parametrize("name", OURS)
def test_its_variables_are_settings(name):
    assert faults_of(OURS[name]["environment"]) == []


@pytest.mark.parametrize("overlay", ["base", "overlays/example"])
def test_variables_of_the_manifests_are_settings(overlay):
    configs = {
        o["metadata"]["name"]: o for o in build(DEPLOY / "kubernetes" / overlay) if "data" in o
    }
    environ = configs["leadlog-environment"]["data"]
    assert faults_of(environ) == []
    KafkaTopic.of(environ["LEADLOG_STORES_LOG"])


def test_the_settings_of_a_gateway_are_sound(tmp_path):
    settings = load(DEPLOY / "leadlog.toml", environ=_environ("gateway", tmp_path))
    assert KafkaTopic.of(settings.stores.log).servers == ("kafka:9092",)
    assert urlsplit(settings.stores.events).hostname == "postgres"
    assert parse_url(settings.stores.analytics).host == "clickhouse"
    assert settings.stores.spool.startswith("sqlite:///")


@pytest.mark.parametrize("name", OURS)
def test_the_settings_of_each_role_are_sound(name, tmp_path):
    load(DEPLOY / "leadlog.toml", environ=_environ(name, tmp_path))


def test_addresses_name_services_and_their_users(tmp_path):
    settings = load(DEPLOY / "leadlog.toml", environ=_environ("processor", tmp_path))
    events = urlsplit(settings.stores.events)
    postgres = SERVICES["postgres"]["environment"]
    assert (events.username, events.path) == (
        postgres["POSTGRES_USER"],
        f"/{postgres['POSTGRES_DB']}",
    )
    analytics = parse_url(settings.stores.analytics)
    users = (DEPLOY / "clickhouse/users.d/leadlog.xml").read_text("utf-8")
    assert f"<{analytics.user}>" in users
    assert f"ON {analytics.database}.*" in users


def _environ(name, folder):
    """The environment of a service, its secrets where make-secrets has put them."""
    secrets_made(folder)
    environ = image_environ() | OURS[name]["environment"]
    secret = {n: v for n, v in environ.items() if v.startswith("/run/secrets/")}
    return environ | {name: str(folder / secret_of(path)) for name, path in secret.items()}


def test_variables_that_the_runbook_names_are_settings():
    runbook = (DEPLOY / "runbook.md").read_text("utf-8")
    named = re.findall(r"\b(LEADLOG_\w+)=(\S+?)[`)]", runbook)
    assert named
    assert faults_of(dict(named)) == []
