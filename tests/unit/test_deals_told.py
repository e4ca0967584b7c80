"""Deals as `leadlog deal list` tells them at a terminal."""

from uuid import UUID

import pytest

from leadlog.cli import card_text
from leadlog.cli.deal_event import happened
from leadlog.cli.deals import _table as table


def test_the_id_of_a_deal_is_told_whole_where_a_terminal_is_narrow(monkeypatch, capsys):
    """It is what every other command on deals wants."""
    monkeypatch.setenv("COLUMNS", "80")
    ids = {"id": str(UUID(int=2**127)), "person": str(UUID(int=7))}
    table([{**ids, "name": "Анна Смирнова", "stage": "measure", "status": "won", "leads": [1, 2]}])
    line = capsys.readouterr().out.splitlines()[1]
    assert line.split()[:4] == [ids["id"], "measure", "won", "2"]
    assert len(line) <= 80


@pytest.mark.parametrize(
    ("entry", "told"),
    [
        ({"what": "opened", "stage": "unsorted"}, "opened unsorted"),
        ({"what": "stage", "stage": "offer", "skipped": ["a", "b"]}, "stage offer, passing a, b"),
        ({"what": "amount", "amount": "149900", "currency": "RUB"}, "amount 149900 RUB"),
        ({"what": "closed", "status": "lost", "reason": "too dear"}, "lost, too dear"),
        ({"what": "closed", "status": "won", "stage": "won", "amount": "5"}, "won 5"),
        ({"what": "owner", "owner": "anna"}, "owner anna"),
        ({"what": "joined", "into": "3f0c", "by": "anna"}, "joined into 3f0c"),
        ({"what": "separated"}, "separated"),
    ],
)
def test_what_happened_is_told_with_what_it_was_about(entry, told):
    assert happened(entry) == told


def test_a_card_tells_once_why_a_deal_was_lost(capsys):
    lost = {"type": "deal", "what": "closed", "status": "lost", "reason": "too dear"}
    entry = {**lost, "at": "2026-03-01", "actor": "anna", "deal": "3f0c"}
    card = {"id": "1", "name": "", "leaves": [], "deals": [], "fields": {}, "older": None}
    card_text.cards([{**card, "timeline": [entry]}])
    assert capsys.readouterr().out.count("too dear") == 1
