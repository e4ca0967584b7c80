"""Two pipelines the whole way: routed by rules, sold in, shown, counted (SEMANTICS 4.1)."""

import json
import subprocess

import pytest
from support import desks
from support.leadlog_up import LEADLOG

from leadlog.cli.deals import tell
from leadlog.operations import run
from leadlog.settings import ConfigurationError, load
from leadlog.system import System

SETTINGS = """
[[pipelines]]
id = "sales"
name = "Windows"

[[pipelines]]
id = "service"
name = "Repair & care"
lost_reasons = ["not ours"]
stages = [{ id = "unsorted" }, { id = "visit", name = "A visit" }, { id = "repair" }]

[routing]
version = 2

[[routing.rules]]
name = "repairs"
pipeline = "service"
when = { fields = { topic = "repair*" } }
"""
ANNA = desks.claimed("phone:+79120000001")
BORIS = desks.claimed("phone:+79120000002")
TOUCHES = [
    desks.lead(1, ANNA, fields={"topic": "Repair, please"}, thread="t"),
    desks.lead(2, ANNA, hour=10, thread="t"),
    desks.lead(3, BORIS, hour=11),
]


@pytest.fixture(scope="module")
def system(tmp_path_factory):
    with desks.opened(tmp_path_factory.mktemp("routing"), SETTINGS) as system:
        desks.feed(system, *TOUCHES)
        yield system


@pytest.fixture(scope="module")
def api(system):
    with desks.client(system) as api:
        yield api


@pytest.fixture(scope="module")
def repair(api):
    """The deal of Anna, accepted."""
    (deal,) = api.get("/api/v1/deals", params={"pipeline": "service"}).json()["items"]
    accepted = api.post(f"/api/v1/deals/{deal['id']}/accept", json={})
    assert accepted.status_code == 200
    return deal


def test_deals_are_listed_by_pipeline(api, repair):
    assert repair["leads"] == [desks.lead_id(1), desks.lead_id(2)]
    (other,) = api.get("/api/v1/deals", params={"pipeline": "sales"}).json()["items"]
    assert other["leads"] == [desks.lead_id(3)]


def test_a_pipeline_that_is_not_there_is_named_with_those_that_are(api):
    told = api.get("/api/v1/deals", params={"pipeline": "x"})
    assert told.status_code == 400
    assert told.json()["detail"] == "no pipeline 'x'; there are: sales, service"


def test_a_deal_tells_why_it_is_in_its_pipeline(api, repair):
    shown = api.get(f"/api/v1/deals/{repair['id']}").json()
    why = {"rule": "repairs", "version": 2, "follows": None}
    assert shown["routed"] == why
    assert [entry["routed"] for entry in shown["history"] if "routed" in entry] == [why]


def test_of_people_at_a_terminal_each_is_told_why_too(system, repair, capsys):
    tell(run(system, "deal.show", {"id": repair["id"]}))
    (other,) = run(system, "deal.list", {"pipeline": "sales"})
    tell(run(system, "deal.show", {"id": other["id"]}))
    told = capsys.readouterr().out
    assert "rule 'repairs' of version 2 of the routing rules" in told
    assert "the first one: no rule of version 2 of the routing rules fitted" in told


@pytest.mark.parametrize(
    ("language", "why", "moved"),
    [
        ("en", "To “Repair &amp; care” by rule “repairs”, version 2", "moved to “A visit”"),
        ("ru", "В воронку «Repair &amp; care» по правилу «repairs»", "на этапе «A visit»"),
    ],
)
def test_a_card_shows_pipelines_by_their_names_and_why(api, repair, language, why, moved):
    page = api.get(f"/cards/{repair['person']}", params={"lang": language}).text
    assert why in page
    assert moved in page
    badges = page[page.index('id="h-deals"') :]
    assert "Repair &amp; care</span>" in badges
    assert "A visit</span>" in badges


def test_the_moves_on_a_card_are_those_of_the_deals_own_pipeline(api, repair):
    page = api.get(f"/cards/{repair['person']}", params={"lang": "en"}).text
    assert '<option value="not ours">' in page
    assert '<option value="price">' not in page
    assert '<option value="measure">' not in page


def test_a_reason_or_stage_of_another_pipeline_is_refused(api, repair):
    address = f"/api/v1/deals/{repair['id']}"
    lost = api.post(f"{address}/lost", json={"reason": "price"})
    assert (lost.status_code, "not ours" in lost.json()["detail"]) == (400, True)
    assert "visit" in api.post(f"{address}/stage", json={"stage": "offer"}).json()["detail"]


def test_found_cards_show_the_pipeline(api, repair):
    assert "Repair &amp; care" in api.get("/cards/part", params={"query": "+79120000001"}).text


def test_rules_that_change_without_their_version_are_not_started_with(tmp_path, system):
    changed = SETTINGS.replace("repair*", "care*")
    file = tmp_path / "leadlog.toml"
    file.write_text(f'data = "{system.settings.data}"\n{changed}')
    with pytest.raises(ConfigurationError, match="version 2 was recorded with other rules"):
        System(load(file, environ={})).base  # noqa: B018 - opening it is what fails


def test_the_funnel_counts_the_deals_of_one_pipeline(tmp_path):
    with desks.opened(tmp_path, SETTINGS) as system:
        desks.feed(system, *TOUCHES)
    asked = ("funnel", "--pipeline", "service", "--by", "pipeline", "--json")
    done = subprocess.run(
        [LEADLOG, *asked, "--config", str(tmp_path / "leadlog.toml")],
        capture_output=True, text=True, check=True, timeout=120,
    )  # fmt: skip
    told = json.loads(done.stdout)
    steps = [("unsorted", 1), ("visit", 0), ("repair", 0), ("won", 0)]
    assert [(step["id"], step["count"]) for step in told["steps"]] == steps
    assert [group["by"] for group in told["groups"]] == [{"pipeline": "service"}]
