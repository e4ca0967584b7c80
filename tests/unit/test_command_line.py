"""What every command of the command line has in common."""

import re

import pytest
import typer

from leadlog.cli import app
from leadlog.cli.options import _decision

WITHOUT_DATA = {"bench", "quality", "demo"}
"""They measure, or bring their own configuration."""
DECISIONS = {
    *(f"card {name}" for name in ("merge", "unmerge", "share", "unshare", "undo", "withdraw")),
    *("card suggestions", "card rematch", "deal join", "deal split", "deal undo"),
    *("deal anew", "deal leave"),
}
ON_DEALS = {
    f"deal {name}"
    for name in ("accept", "decline", "stage", "won", "lost", "reopen", "own", "note")
}


def commands(node, *path):
    """Every command by its words."""
    below = getattr(node, "commands", None)
    if below is None:
        return {" ".join(path): node}
    return {k: v for name, one in below.items() for k, v in commands(one, *path, name).items()}


COMMANDS = commands(typer.main.get_command(app))


def options(name: str) -> set[str]:
    return {text for parameter in COMMANDS[name].params for text in parameter.opts}


def test_every_group_is_looked_into():
    assert len(COMMANDS) > 35
    assert COMMANDS.keys() >= DECISIONS | ON_DEALS | WITHOUT_DATA


@pytest.mark.parametrize("name", COMMANDS)
def test_every_command_has_an_example_of_itself_and_speaks_to_scripts(name):
    text = COMMANDS[name].help or ""
    assert re.search(rf"Examples?: \[bold\].*leadlog {name}\b", text, re.DOTALL)
    assert options(name) >= {"--json"} | (set() if name in WITHOUT_DATA else {"--config", "--data"})


@pytest.mark.parametrize("name", sorted(DECISIONS))
def test_every_decision_can_be_looked_at_has_a_reason_an_actor_and_an_id(name):
    assert options(name) >= {"--dry-run", "--reason", "--as", "--command"}


@pytest.mark.parametrize("name", sorted(ON_DEALS))
def test_every_command_on_a_deal_has_the_version_that_was_seen_an_actor_and_an_id(name):
    assert options(name) >= {"--version", "--as", "--command"}


@pytest.mark.parametrize(
    ("told", "line"),
    [
        ({"decision": "3f0c"}, "decision 3f0c changed 2 persons, 1 deal, 1,200 leads\n"),
        ({"decision": "3f0c", "dry_run": True}, "would change 2 persons, 1 deal, 1,200 leads\n"),
    ],
)
def test_a_decision_is_told_with_its_id_once_it_is_taken(told, line, capsys):
    _decision([{**told, "changed": {"persons": 2, "deals": 1, "leads": 1200}}])
    assert capsys.readouterr().out == line


def test_what_becomes_of_deals_is_told_a_deal_a_line(capsys):
    about = {
        "stage": "contact", "status": "open", "owner": "anna", "amount": None,
        "channel": "webform", "opened_at": "2026-03-01T09:00:00.000Z",
    }  # fmt: skip
    fates = [
        {**about, "deal": "91aa", "what": "joined", "into": "3f0c", "by": "boris"},
        {**about, "deal": "3f0c", "what": "stays", "into": None, "by": None, "status": "won"},
    ]
    changed = {"persons": 0, "deals": 1, "leads": 2}
    _decision([{"decision": "7", "changed": changed, "dry_run": True, "deals": fates}])
    assert capsys.readouterr().out.splitlines()[1:] == [
        "  deal 91aa (contact, anna, webform, 2026-03-01) goes into deal 3f0c: boris",
        "  deal 3f0c (won, anna, webform, 2026-03-01) stays open",
    ]
