"""deploy/runbook.md: every reason has a line, and what it tells to type can be typed."""

import ast
import importlib
import re
from enum import StrEnum

import pytest
from support.deployment import DEPLOY, ROOT
from typer.main import get_command

from channels.sdk.sending import NotSent
from eventstore.domain.matching import LinkRule
from leadlog.cli import app

RUNBOOK = (DEPLOY / "runbook.md").read_text("utf-8")
PACKAGES = ("leadlog", "channels", "ingest", "eventstore", "projections")


def _reasons():
    """Every closed set of reasons that our code defines."""
    for package in PACKAGES:
        for file in (ROOT / package).rglob("*.py"):
            for node in ast.parse(file.read_text("utf-8")).body:
                if isinstance(node, ast.ClassDef) and node.name.endswith("Reason"):
                    module = ".".join(file.relative_to(ROOT).with_suffix("").parts)
                    found = getattr(importlib.import_module(module), node.name)
                    if issubclass(found, StrEnum):
                        yield found


MEMBERS = [member for kind in (*_reasons(), LinkRule, NotSent) for member in kind]


def test_the_sets_of_reasons_are_found():
    assert {type(member).__name__ for member in MEMBERS} >= {"IgnoreReason", "QuarantineReason"}


@pytest.mark.parametrize("member", MEMBERS, ids=lambda member: f"{type(member).__name__}.{member}")
def test_every_reason_has_a_line(member):
    cells = re.findall(rf"(?m)^\| `{member}` \|(.+)\|$", RUNBOOK)
    assert any(cell.strip() for line in cells for cell in line.split("|"))


def test_links_within_the_runbook_lead_somewhere():
    anchors = {_anchor(title) for title in re.findall(r"(?m)^#+ (.+)$", RUNBOOK)}
    assert set(re.findall(r"\]\(#([^)]+)\)", RUNBOOK)) - anchors == set()


def test_commands_that_it_names_are_there():
    named = re.findall(r"`leadlog ((?:[a-z]+ ?)+)", RUNBOOK)
    assert len(named) > 5
    assert [words for words in named if not _is_command(words.split())] == []


def test_words_of_the_log_that_it_names_are_written_there():
    code = "".join(
        file.read_text("utf-8") for package in PACKAGES for file in (ROOT / package).rglob("*.py")
    )
    for name in (
        "lead_log.away",
        "store_away",
        "batch_failed",
        "processor_ends",
        "projector.waits",
        "projector.stands_by",
        "publisher_waits",
        "publisher_stands_by",
    ):
        assert f"`{name}" in RUNBOOK
        assert f'"{name}"' in code


def _anchor(title):
    return re.sub(r"[^\w -]", "", title.lower()).replace(" ", "-")


def _is_command(words):
    command = get_command(app)
    while words and hasattr(command, "commands"):
        command = command.commands.get(words[0])
        words = words[1:]
    return command is not None
