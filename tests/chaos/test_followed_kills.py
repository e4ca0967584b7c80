"""Pieces of a large decision under kill -9: what was written stays, and the end is the oracle's."""

import os
import random
import signal
import subprocess
import sys
from pathlib import Path

from support.deals_oracle import check_deals
from support.worlds import KEYRING, Fed, base, check, decision_id, lead

from eventstore.domain.events import TouchPlaced
from eventstore.orders import order

ROOT = Path(__file__).parents[2]
PHONE = ("phone", "+79120000001", "claimed")
AT_ONCE, PIECE, TOUCHES, KILLS = 20, 5, 400, 12


def test_deals_that_follow_end_right_however_often_they_are_killed(tmp_path):
    chance, path = random.Random(7), tmp_path / "events.db"
    fed = Fed(base(path, most_touches_at_once=AT_ONCE))
    fed.feed(*(form(n, n % 2) for n in range(TOUCHES)))
    fed.feed(form(TOUCHES, 2))
    assert fed.base.recorder.pending()
    marks = {}
    before = len(placed(fed))
    for number in range(KILLS):
        killed_after(path, pieces=chance.randrange(1, 9))
        fed.feed(form(TOUCHES + 1 + number, chance.randrange(3)))
        if number == KILLS // 2:
            leaf = KEYRING.leaf(*PHONE[:2])
            fed.commands.mark(leaf, False, order("anna", command=decision_id(1)))
            marks[leaf] = False
        assert fed.base.recorder.pending(), "killed before the end"
    assert len(placed(fed)) > before, "no piece was written before a kill: the run is void"
    assert follower(path).wait() == 0
    assert not fed.base.recorder.pending()
    facts = fed.facts(marks=marks)
    check(fed, facts)
    check_deals(fed, facts, [])
    fed.base.recorder.close()


def form(number, mail):
    email = ("email", f"{mail}@x.ru", "claimed")
    return lead(number, PHONE, email, at=1_700_000_000 + number, kind="message")


def placed(fed):
    events = fed.base.recorder.read(0, 10**6)
    return [e.stream for e in events if isinstance(e.event, TouchPlaced)]


def follower(path):
    return subprocess.Popen(
        [
            sys.executable,
            ROOT / "tests/chaos/follow_until_killed.py",
            path,
            str(AT_ONCE),
            str(PIECE),
        ],
        stdout=subprocess.PIPE,
        env={**os.environ, "PYTHONPATH": f"{ROOT}:{ROOT / 'tests'}"},
    )


def killed_after(path, *, pieces):
    """Let it write so many pieces, and kill it in whatever it does then."""
    with follower(path) as process:
        for _ in range(pieces):
            process.stdout.readline()
        process.send_signal(signal.SIGKILL)
