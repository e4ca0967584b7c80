"""Pieces of a large decision under kill -9: what was written stays, and the end is the oracle's."""

import os
import random
import shutil
import signal
import subprocess
import sys
from pathlib import Path

import pytest
from chaos.points import COMMANDS
from support.deals_oracle import check_deals
from support.worlds import KEYRING, Fed, base, check, decision_id, lead

from eventstore.domain.events import EvidenceWithdrawn, TouchPlaced
from eventstore.domain.matching import Matching
from eventstore.evidence import Selection, select
from eventstore.following import Follower
from eventstore.orders import order

ROOT = Path(__file__).parents[2]
PHONE = ("phone", "+79120000001", "claimed")
AT_ONCE, PIECE, TOUCHES, KILLS = 20, 5, 400, 12
ITEMS, LINKS = 20, 47
PERSONS = LINKS + LINKS // 2 + 1
"""Once every link is withdrawn: the addresses, and the numbers of two addresses each."""


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
    with follower(path) as process:
        process.communicate()
    assert process.returncode == 0
    assert not fed.base.recorder.pending()
    facts = fed.facts(marks=marks)
    check(fed, facts)
    check_deals(fed, facts, [])
    fed.base.recorder.close()


@pytest.fixture(scope="module")
def linked(tmp_path_factory):
    """A store of as many links as three pieces of a withdrawal have."""
    path = tmp_path_factory.mktemp("linked") / "events.db"
    fed = Fed(base(path, Matching(), most_items_at_once=ITEMS))
    fed.feed(*(paired(number) for number in range(LINKS)))
    fed.base.recorder.close()
    return path


@pytest.mark.parametrize("point", COMMANDS)
@pytest.mark.parametrize("transaction", [1, 2, 3, 4])
def test_a_withdrawal_killed_anywhere_ends_as_if_it_never_was(linked, tmp_path, point, transaction):
    """The decision is the first transaction; where that was killed, the command is given again."""
    path = shutil.copy(linked, tmp_path / "events.db")
    ended = withdrawal(path, point, transaction).wait()
    assert ended == -signal.SIGKILL, f"void: not killed at {point}, transaction {transaction}"
    if transaction == 1 and point != "store.after_commit":
        assert withdrawal(path).wait() == 0
    fed = Fed(base(path, Matching(), most_items_at_once=ITEMS))
    Follower(fed.base).drain()
    assert len(fed.stored_persons()) == PERSONS
    decision = order("", command=decision_id(1)).command
    events = [r.event for r in fed.base.recorder.streams([decision], personal=False)[decision]]
    assert [len(event.items) for event in events] == [ITEMS, ITEMS, 7, 0]
    assert all(isinstance(event, EvidenceWithdrawn) for event in events)
    evidence = select(fed.base, Selection(rule="one form"))
    answer = fed.commands.withdraw(evidence, order("anna", command=decision_id(1)))
    assert answer.changed == (PERSONS, 0, 0), "the touches stand on the numbers, whose they stay"
    fed.base.recorder.close()


def paired(number):
    """Of the two forms with one number, pieces of 20 part some."""
    phone = ("phone", f"+7912{(number + 1) // 2:07d}", "claimed")
    return lead(number, phone, ("email", f"{number}@x.ru", "claimed"))


def withdrawal(path, point="", transaction=0):
    fault = f"{point}:{transaction}:kill" if point else ""
    script = ROOT / "tests/chaos/withdraw_until_killed.py"
    return run_script(script, path, decision_id(1), str(ITEMS), LEADLOG_FAULT=fault)


def form(number, mail):
    email = ("email", f"{mail}@x.ru", "claimed")
    return lead(number, PHONE, email, at=1_700_000_000 + number, kind="message")


def placed(fed):
    events = fed.base.recorder.read(0, 10**6)
    return [e.stream for e in events if isinstance(e.event, TouchPlaced)]


def follower(path):
    return run_script(ROOT / "tests/chaos/follow_until_killed.py", path, str(AT_ONCE), str(PIECE))


def run_script(*command, **environment):
    return subprocess.Popen(
        [sys.executable, *command],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        env={**os.environ, "PYTHONPATH": f"{ROOT}:{ROOT / 'tests'}", **environment},
    )


def killed_after(path, *, pieces):
    """Let it write so many pieces, and kill it in whatever it does then."""
    with follower(path) as process:
        for _ in range(pieces):
            process.stdout.readline()
            process.stdin.write(b"\n")
            process.stdin.flush()
        process.send_signal(signal.SIGKILL)
