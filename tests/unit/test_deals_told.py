"""Deals as `leadlog deal list` tells them at a terminal."""

from uuid import UUID

from leadlog.cli.deals import _table as table


def test_the_id_of_a_deal_is_told_whole_where_a_terminal_is_narrow(monkeypatch, capsys):
    """It is what every other command on deals wants."""
    monkeypatch.setenv("COLUMNS", "80")
    ids = {"id": str(UUID(int=2**127)), "person": str(UUID(int=7))}
    table([{**ids, "name": "Анна Смирнова", "stage": "measure", "status": "won", "leads": [1, 2]}])
    line = capsys.readouterr().out.splitlines()[1]
    assert line.split()[:4] == [ids["id"], "measure", "won", "2"]
    assert len(line) <= 80
