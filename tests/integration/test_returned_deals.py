"""What comes to ended deals, on the command line: seen, left there, given a new deal, undone."""

import json

import pytest
from support.desks import feed, lead, lead_id, opened
from typer.testing import CliRunner

from leadlog.cli import app

OLGA = ("telegram", "77", "attested")


@pytest.fixture(scope="module")
def data(tmp_path_factory):
    """Olga bought of Vera and writes again; nobody owns what Roman bought, and he calls."""
    folder = tmp_path_factory.mktemp("returned")
    with opened(folder) as system:
        feed(system, lead(1, OLGA, profile={"name": "Ольга"}), lead(2, ("max", "7", "attested")))
    return folder / "data"


def leadlog(data, *words):
    done = CliRunner().invoke(app, [*words, "--data", str(data)])
    assert done.exit_code == 0, f"{words}: {done.output}"
    return done.stdout


def told(data, *words):
    return [json.loads(line) for line in leadlog(data, *words, "--json").splitlines()]


@pytest.fixture(scope="module")
def ended(data):
    """The ids of the two deals."""
    deals = []
    for card, actor in (("telegram:77", "vera"), ("max:7", "")):
        (shown,) = told(data, "card", "show", card)
        deals.append(shown["deals"][0]["id"])
        for action in ("accept", "won"):
            leadlog(data, "deal", action, deals[-1], "--as", actor)
    with opened(data.parent) as system:
        text = {"kind": "message", "text": "[b]Ещё[/b] дверь"}
        feed(system, lead(3, OLGA, hour=10, **text), lead(4, OLGA, hour=12, **text))
        feed(system, lead(5, ("max", "7", "attested"), hour=11, kind="call"))
    return deals


def queue(data, *words):
    return told(data, "card", "suggestions", *words)


def test_the_queue_tells_people_who_wrote_about_which_deal_of_whom(data, ended, monkeypatch):
    monkeypatch.setenv("COLUMNS", "300")
    first, second = leadlog(data, "card", "suggestions").splitlines()[1:]
    assert f"deal {ended[0]} of vera, won" in first
    assert "message 2026-03-01T10:00 [b]Ещё[/b] дверь" in first
    assert "1 more came since" in first
    assert f"deal {ended[1]}, won" in second
    assert "nobody owns the deal" in second


def test_it_tells_scripts_the_same_for_one_owner_or_none(data, ended):
    (item,) = queue(data, "--owner", "vera")
    assert (item["deal"]["id"], item["touches"]) == (ended[0], 2)
    assert item["touch"]["lead"] == lead_id(3)
    assert [one["deal"]["id"] for one in queue(data, "--owner", "-")] == ended[1:]
    assert queue(data, "--owner", "anna") == []


def test_the_card_and_the_deal_say_what_can_be_done(data, ended):
    for words in (("card", "show", "telegram:77"), ("deal", "show", ended[0])):
        assert "2 came after it was won: `leadlog deal anew`" in leadlog(data, *words)


@pytest.mark.parametrize("by", ["queue", "deal"])
@pytest.mark.parametrize(("verb", "verdict"), [("anew", "accept"), ("leave", "refuse")])
def test_either_is_decided_in_the_queue_or_at_the_deal_and_undone(data, ended, by, verb, verdict):
    words = {
        "deal": ("deal", verb, ended[0]),
        "queue": ("card", "suggestions", verdict, "1", "--owner", "vera"),
    }[by]
    (before,) = told(data, *words, "--dry-run")
    assert before["changed"]["leads"] == (2 if verb == "anew" else 0)
    (decided,) = told(data, *words, "--reason", "she said so", "--as", "vera")
    assert queue(data, "--owner", "vera") == []
    (card,) = told(data, "card", "show", "telegram:77")
    assert [len(deal["leads"]) for deal in card["deals"]] == ([1, 2] if verb == "anew" else [3])
    leadlog(data, "deal", "undo", decided["decision"])
    assert len(queue(data, "--owner", "vera")) == 1
