"""`leadlog feed`: what it says of files, and what it refuses."""

import json

import pytest
from support.desks import lead, opened, run
from typer.testing import CliRunner

from leadlog.cli import app

PHONE = ("phone", "+79120000001", "claimed")


@pytest.fixture
def told(tmp_path):
    """Runs `leadlog feed` over a file of these lines; gives its answer."""

    def feed(*lines: str):
        file = tmp_path / "march.jsonl"
        file.write_text("\n".join(lines))
        ran = CliRunner().invoke(app, ["feed", str(file), "--json", "--data", str(tmp_path / "d")])
        return json.loads(ran.stdout), ran.stderr

    return feed


def changed(line: str, **more) -> str:
    return json.dumps({**json.loads(line), **more})


def test_one_event_in_two_spellings_of_its_id_is_one(told):
    once = lead(1, PHONE)
    event = json.loads(once)["event_id"]
    copies = [changed(once, event_id=event.upper()), changed(once, event_id=event.replace("-", ""))]
    found, _ = told(once, *copies)
    assert found == {"appended": 1, "duplicate": 2, "quarantined": 0}


def test_what_was_received_in_the_future_is_named_and_put_into_quarantine(told):
    found, named = told(lead(1, PHONE), changed(lead(2, PHONE), received_at="2099-01-01T00:00:00Z"))
    assert found == {"appended": 1, "duplicate": 0, "quarantined": 1}
    assert "march.jsonl:2: received_at: 2099-01-01T00:00:00.000Z is more than a day ahead" in named


def test_a_broken_time_is_named_with_its_line_and_field(told):
    odd = changed(lead(2, PHONE), occurred_at="2026-02-31T09:00:00.000Z")
    found, named = told(lead(1, PHONE), odd)
    assert found["quarantined"] == 1
    assert "march.jsonl:2: occurred_at: '2026-02-31T09:00:00.000Z' is no time; write" in named


def test_a_line_of_another_encoding_is_named(tmp_path):
    file = tmp_path / "march.jsonl"
    file.write_bytes('{"schema": "Анна"}'.encode("cp1251"))
    ran = CliRunner().invoke(app, ["feed", str(file), "--json", "--data", str(tmp_path / "d")])
    assert json.loads(ran.stdout)["quarantined"] == 1
    assert "march.jsonl:1: these bytes are no UTF-8" in ran.stderr


def test_what_was_received_in_the_future_stays_in_quarantine_when_it_is_tried_again(tmp_path):
    ahead = changed(lead(1, PHONE), received_at="2099-01-01T00:00:00Z")
    with opened(tmp_path) as system:
        list(run(system, "feed", {"lines": [("f", 1, ahead, False)]}))
        system.drain()
        (kept,) = run(system, "quarantine", {})
        (tried,) = run(system, "quarantine.retry", {"ids": [kept["id"]]})
    assert (tried["outcome"], "ahead of our clock" in tried["reason"]) == ("quarantined", True)
