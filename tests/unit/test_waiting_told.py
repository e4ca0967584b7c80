"""Long work at a terminal tells how far it is, on standard error (leadlog.cli.waiting)."""

import io

import pytest

from leadlog.cli.options import Deciding, decide

CHANGED = {"decision": "d", "changed": {"persons": 1, "deals": 0, "leads": 2}, "dry_run": True}


class Screen(io.StringIO):
    def __init__(self, *, is_terminal):
        super().__init__()
        self._is_terminal = is_terminal

    def isatty(self):
        return self._is_terminal


class Asked(Deciding):
    """Answers as a long decision does."""

    def ask(self, operation, **arguments):
        assert operation == "card.withdraw"
        if arguments["progress"]:
            yield {"progress": [12000, 0]}
            yield {"progress": [3000, 12000]}
        yield CHANGED


@pytest.fixture
def told(monkeypatch, capsys):
    """What is told on standard error, with one that is a terminal or is none."""
    monkeypatch.setenv("TERM", "xterm")
    for name in ("NO_COLOR", "FORCE_COLOR", "TTY_COMPATIBLE", "COLUMNS"):
        monkeypatch.delenv(name, raising=False)

    def asked(*, is_terminal):
        screen = Screen(is_terminal=is_terminal)
        monkeypatch.setattr("sys.stderr", screen)
        decide(Asked(dry_run=True), "card.withdraw", {})
        assert capsys.readouterr().out == "would change 1 person, 0 deals, 2 leads\n"
        return screen.getvalue()

    return asked


def test_a_terminal_is_told_how_far_it_is(told):
    assert "3,000 of 12,000 done" in told(is_terminal=True)


def test_what_is_no_terminal_is_told_nothing(told):
    assert told(is_terminal=False) == ""
