"""leadlog.example.toml has every setting, and what it shows as default is the default."""

import json
import re
import tomllib
from pathlib import Path

import pytest

from channels.registry import BUILT_IN
from eventstore.domain.folds import Fold
from eventstore.domain.matching import Matching, Rule
from eventstore.domain.pipeline import SALES, Pipeline, Stage
from eventstore.domain.routing import Routing, RoutingRule, When
from leadlog.account_fields import fields_of
from leadlog.environment import lay_over
from leadlog.settings import (
    Desk,
    Kafka,
    Keys,
    Logging,
    Mail,
    Metrics,
    Processing,
    Server,
    Settings,
    Stores,
    load,
)

EXAMPLE = Path(__file__).parents[2] / "leadlog.example.toml"
COMMON = {"type", "name", "country", "timezone", "secret_path"}


@pytest.fixture(scope="module")
def switched_on():
    """The text with every example switched on: lines that begin with # and no space."""
    return re.sub(r"(?m)^#(?! |$)", "", EXAMPLE.read_text(encoding="utf-8"))


@pytest.fixture(scope="module")
def tables(switched_on):
    return tomllib.loads(switched_on)


def test_it_loads_as_it_is():
    settings = load(EXAMPLE, environ={})
    assert [account["name"] for account in settings.accounts] == ["site"]


def test_it_loads_with_everything_switched_on(switched_on, tmp_path):
    (tmp_path / "all.toml").write_text(switched_on, encoding="utf-8")
    settings = load(tmp_path / "all.toml", environ={})
    assert {account["type"] for account in settings.accounts} == set(BUILT_IN)


def test_what_it_shows_as_default_is_the_default():
    shown = load(EXAMPLE, environ={})
    assert shown.matching_rules == Matching()
    assert shown.sales_pipelines == (SALES,)
    assert shown.routing_rules == Routing()
    given = {"accounts": (), "matching": {}, "pipelines": (), "routing": {}}
    assert shown.model_copy(update=given) == Settings()


@pytest.mark.parametrize(
    ("model", "table"),
    [
        (Server, "server"),
        (Stores, "stores"),
        (Kafka, "kafka"),
        (Keys, "keys"),
        (Processing, "processor"),
        (Mail, "mail"),
        (Desk, "desk"),
        (Metrics, "metrics"),
        (Logging, "logging"),
    ],
)
def test_every_setting_of_a_table_is_there(tables, model, table):
    assert set(model.model_fields) == set(tables[table])


def test_every_table_is_there(tables):
    assert set(Settings.model_fields) == set(tables)


def test_every_setting_of_matching_and_pipelines_is_there(tables):
    assert set(Matching.__struct_fields__) == set(tables["matching"])
    assert set(Rule.__struct_fields__) == set(tables["matching"]["rules"][0])
    assert set(Fold.__struct_encode_fields__) == set(tables["matching"]["folds"][0])
    assert set(Pipeline.__struct_fields__) == set(tables["pipelines"][0])
    assert set(Stage.__struct_fields__) == set().union(*tables["pipelines"][0]["stages"])


def test_every_setting_and_condition_of_routing_is_there(tables):
    assert set(Routing.__struct_fields__) == set(tables["routing"])
    assert set(RoutingRule.__struct_fields__) == set(tables["routing"]["rules"][0])
    assert set(When.__struct_fields__) == set(tables["routing"]["rules"][0]["when"])


@pytest.mark.parametrize("account_type", BUILT_IN)
def test_every_setting_of_every_account_type_is_there(tables, account_type):
    shown = set().union(*(a for a in tables["accounts"] if a["type"] == account_type))
    assert set(fields_of(account_type)) - COMMON == shown - COMMON


def test_what_every_account_has_is_there(tables):
    assert set(tables["accounts"][0]) >= COMMON


def as_written(value):
    """A value as a variable has it: text as it stands, all else as in the file."""
    if isinstance(value, str):
        return value
    if isinstance(value, dict):
        return (
            "{"
            + ", ".join(f"{json.dumps(key)} = {in_the_file(v)}" for key, v in value.items())
            + "}"
        )
    return in_the_file(value)


def in_the_file(value):
    if isinstance(value, list):
        return "[" + ", ".join(map(in_the_file, value)) + "]"
    return as_written(value) if isinstance(value, dict) else json.dumps(value, ensure_ascii=False)


def laid(place, value, **given):
    """What the variable of a setting makes of a table; no fault, and its own place."""
    variable = "_".join(("LEADLOG", *place)).upper()
    table, places = given, {}
    assert list(lay_over(table, {variable: as_written(value)}, places)) == []
    assert list(places.values()) == [variable]
    return table


def test_every_setting_has_a_variable(tables):
    """Text where a model reads numbers from it, else the value itself."""
    for name, table in tables.items():
        if not isinstance(table, dict):
            assert laid([name], table)[name] == table
            continue
        for field, value in table.items():
            found = laid([name, field], value)[name][field]
            assert found == (value if name in {"matching", "routing"} else as_written(value))


@pytest.mark.parametrize("account_type", BUILT_IN)
def test_every_setting_of_every_account_type_has_a_variable(tables, account_type):
    for shown in tables["accounts"]:
        if shown["type"] == account_type:
            for field in shown.keys() - {"type", "name"}:
                account = {"type": account_type, "name": "the-one"}
                table = laid(["the_one", field], shown[field], accounts=[account])
                assert table["accounts"][0][field] == shown[field], field
