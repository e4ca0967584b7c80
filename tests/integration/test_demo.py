"""`leadlog demo` on a free port, killed once: live numbers within seconds, and each provable."""

import json
import signal
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Iterable
from pathlib import Path
from typing import Any, NamedTuple, TextIO

import pytest

LEADLOG = str(Path(sys.executable).with_name("leadlog"))
_STILL_S = 60
"""No request is sent for so long: it hangs, however slow the machine is."""
_PAST = 638
"""How many requests the past of the default seed has."""


def leadlog(*arguments: str, data: Path) -> "subprocess.CompletedProcess[str]":
    command = [LEADLOG, *arguments, "--data", str(data), "--json"]
    return subprocess.run(command, capture_output=True, text=True, timeout=120, check=False)


def objects(*arguments: str, data: Path) -> list[dict[str, Any]]:
    done = leadlog(*arguments, data=data)
    assert done.returncode == 0, done.stderr
    return [json.loads(line) for line in done.stdout.splitlines()]


class Played(NamedTuple):
    """A demo, killed in the middle of its past, that went on until its funnel had a shape.

    It was then stopped with Ctrl-C.
    """

    data: Path
    shown: dict[str, Any]
    """Its last numbers."""
    said: str
    status: int
    audited: "subprocess.CompletedProcess[str]"
    """An audit while it ran."""


@pytest.fixture(scope="module")
def played(tmp_path_factory: pytest.TempPathFactory) -> Played:
    data = tmp_path_factory.mktemp("demo") / "data"
    errors = data.with_name("errors")
    with errors.open("w") as said:
        before = _killed(data, said, errors)
        demo = _started(data, said)
        assert demo.stdout is not None
        try:
            lines = _until(demo.stdout, errors, sent=_PAST - before, won=10)
            audited = leadlog("audit", "--wait", "20", data=data)
            demo.send_signal(signal.SIGINT)
            lines += demo.communicate(timeout=30)[0].splitlines()
        finally:
            demo.kill()
    return Played(data, json.loads(lines[-1]), errors.read_text(), demo.returncode, audited)


def _started(data: Path, said: TextIO) -> "subprocess.Popen[str]":
    command = [LEADLOG, "demo", "--port", "0", "--speed", "5", "--data", str(data), "--json"]
    return subprocess.Popen(command, stdout=subprocess.PIPE, stderr=said, text=True)


def _killed(data: Path, said: TextIO, errors: Path) -> int:
    """How many requests a demo had sent by the last line before it was killed."""
    demo = _started(data, said)
    assert demo.stdout is not None
    try:
        lines = _until(demo.stdout, errors, sent=_PAST // 3)
    finally:
        demo.kill()
        demo.communicate()
    shown: dict[str, Any] = json.loads(lines[-1])
    return int(shown["sent"])


def _until(lines: Iterable[str], errors: Path, *, sent: int, won: int = 0) -> list[str]:
    moved, before = time.monotonic(), -1
    read = []
    for line in lines:
        read.append(line)
        shown = json.loads(line)
        if shown["sent"] > sent and shown["won"] >= won:
            return read
        if shown["sent"] != before:
            moved, before = time.monotonic(), shown["sent"]
        still = time.monotonic() - moved
        assert still < _STILL_S, f"it stands still: {line}\n{errors.read_text()[-3000:]}"
    pytest.fail(f"the demo ended by itself\n{errors.read_text()[-3000:]}")


@pytest.fixture(scope="module")
def cards(played: Played) -> list[dict[str, Any]]:
    return objects("card", "list", "--with-leads", data=played.data)


def test_ctrl_c_ends_it_cleanly(played: Played) -> None:
    assert played.status == 0
    assert not (played.data / "server.json").exists()


def test_every_answer_was_the_expected_one(played: Played) -> None:
    assert "demo_unexpected_answer" not in played.said
    assert "Traceback" not in played.said


def test_nothing_is_lost_and_nothing_doubled_while_it_runs(played: Played) -> None:
    assert played.audited.returncode == 0, played.audited


def test_nothing_is_lost_and_nothing_doubled_afterwards(played: Played) -> None:
    (audit,) = objects("audit", "--full", "--wait", "20", data=played.data)
    assert audit["ok"]
    assert all(audit["deliveries"][outcome] > 0 for outcome in audit["deliveries"])


def test_the_numbers_shown_are_those_of_the_cards(
    played: Played, cards: list[dict[str, Any]]
) -> None:
    """But for what was accepted in the very end, and decided after the last look."""
    statuses = Counter(deal["status"] for card in cards for deal in card["deals"])
    assert len(cards) == pytest.approx(played.shown["persons"], abs=3)
    assert statuses.total() == pytest.approx(played.shown["deals"], abs=3)
    for status in ("open", "won", "lost", "declined"):
        assert statuses[status] == pytest.approx(played.shown[status], abs=3), status


def test_leads_come_by_every_channel(played: Played) -> None:
    shown = played.shown
    assert set(shown["leads"]) == {
        *("webform", "tilda", "marquiz", "mango", "zadarma"),
        *("telegram", "vk", "whatsapp", "avito", "max"),
    }


def test_customers_who_came_by_several_channels_are_one_card(cards: list[dict[str, Any]]) -> None:
    kinds = [{leaf["kind"] for leaf in card["leaves"]} for card in cards]
    assert sum({"telegram", "phone", "email"} <= held for held in kinds) > 5


def test_the_switchboard_of_the_office_counts_as_shared(played: Played) -> None:
    data = played.data
    (office,) = objects("card", "show", "phone:+74950000777", data=data)
    (leaf,) = [leaf for leaf in office["leaves"] if leaf["value"] == "+74950000777"]
    assert leaf["shared"]


def test_the_funnel_has_several_channels_and_a_shape(played: Played) -> None:
    data = played.data
    (funnel,) = objects("funnel", "--by", "channel", data=data)
    counts = [step["count"] for step in funnel["steps"]]
    assert counts == sorted(counts, reverse=True)
    assert counts[0] > counts[-1] > 0
    assert len(funnel["groups"]) >= 8


@pytest.fixture(scope="module")
def short(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, str]:
    """Where a demo stopped by itself, and its last numbers."""
    data = tmp_path_factory.mktemp("short") / "data"
    done = leadlog("demo", "--port", "0", "--for", "2", data=data)
    assert done.returncode == 0, done.stderr
    return data, done.stdout.splitlines()[-1]


def test_it_stops_by_itself(short: tuple[Path, str]) -> None:
    assert json.loads(short[1])["sent"] > 0


def test_another_story_is_begun_only_when_asked_to(short: tuple[Path, str]) -> None:
    data = short[0]
    refused = leadlog("demo", "--port", "0", "--for", "1", "--seed", "2", data=data)
    assert refused.returncode == 2
    assert "seed 1" in refused.stderr
    assert "--anew" in refused.stderr
    anew = leadlog("demo", "--port", "0", "--for", "1", "--seed", "2", "--anew", data=data)
    assert anew.returncode == 0, anew.stderr


def test_it_leaves_other_data_alone(tmp_path: Path) -> None:
    (tmp_path / "events.db").write_text("real")
    done = leadlog("demo", "--port", "0", "--for", "2", data=tmp_path)
    assert done.returncode == 2
    assert "--data" in done.stderr
    assert (tmp_path / "events.db").read_text() == "real"
