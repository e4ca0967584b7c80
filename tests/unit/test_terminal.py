"""What customers wrote, as commands show it at a terminal."""

import pytest

from leadlog.cli import card_text, deals
from projections.funnel.render import render
from projections.terminal import Terminal

NASTY = "[/b] Иван [red] :smile:"
ESCAPE, BELL, TURNED = "\x1b]0;owned\x07", "\x07", "\u202e"
CARD = {
    "id": "441541d9-832a-53b7-aad3-88d5c97f9b2c", "name": NASTY, "leads": 1, "version": 3,
    "leaves": [{"kind": "telegram", "value": "[/i]", "proof": "attested", "shared": False}],
    "deals": [], "fields": {"[/x]": "[/y]"}, "older": None, "timeline": [],
}  # fmt: skip
DEAL = {"id": CARD["id"], "name": NASTY, "status": "open", "stage": "offer", "leads": [1]}
SIDES = {"a": {"name": NASTY, "identity": "vk:1"}, "b": {"name": "", "identity": "vk:2"}}
FOUND = {"n": 1, "kind": "alike", "score": 0.9, "reasons": ["[/r]"], **SIDES}
STEP = {"id": "unsorted", "name": "unsorted", "count": 1, "of_first": 1.0, "of_previous": 1.0}
FUNNEL = {
    "basis": "cohort", "of": "deals", "as_of": 1, "recorded_at": "", "pipeline": "sales",
    "from": None, "to": None, "window_ms": None, "steps": [STEP],
    "groups": [{"by": {"utm_source": NASTY}, "steps": [STEP]}],
}  # fmt: skip


@pytest.fixture(autouse=True)
def wide(monkeypatch):
    """Whatever runs the tests may say how wide it is."""
    monkeypatch.setenv("COLUMNS", "240")


@pytest.mark.parametrize(
    ("show", "told"),
    [
        (card_text.table, CARD), (card_text.cards, CARD), (card_text.queue, FOUND),
        (deals._table, DEAL),
    ],
    ids=["list", "show", "suggestions", "deals"],
)  # fmt: skip
def test_a_name_that_looks_like_markup_is_shown_as_it_is(show, told, capsys):
    show([told])
    assert NASTY in capsys.readouterr().out


def test_a_mark_of_a_campaign_that_looks_like_markup_is_shown_as_it_is():
    assert NASTY in str(render(FUNNEL, "table"))


def test_no_score_is_told_as_certain(capsys):
    card_text.queue([{**FOUND, "score": 0.999}])
    assert "0.99 " in capsys.readouterr().out


def test_no_customer_commands_the_terminal(capsys):
    card_text.table([{**CARD, "name": f"a{ESCAPE}b{TURNED}c\x9b2J"}])
    assert "a␛]0;owned␇b\ufffdc\ufffd2J" in capsys.readouterr().out


def test_a_line_is_one_line_however_narrow_the_terminal(monkeypatch, capsys):
    """Whoever reads it by another program has the id on the line that it is about."""
    monkeypatch.setenv("COLUMNS", "80")
    Terminal().print("x" * 200)
    assert capsys.readouterr().out == "x" * 200 + "\n"


def test_a_table_in_a_pipe_cuts_no_name(monkeypatch, capsys):
    monkeypatch.delenv("COLUMNS", raising=False)
    deals._table([{**DEAL, "name": "Анна-Мария Константинопольская-Северная", "pipeline": "sales"}])
    assert "Константинопольская-Северная" in capsys.readouterr().out
