"""What is carried out in pieces is answered the same however often it was killed (ADR 0021)."""

import shutil
from contextlib import suppress
from itertools import islice

import pytest
from support.worlds import Fed, base, decision_id, lead

from eventstore.counting import cleared
from eventstore.domain.matching import Matching
from eventstore.evidence import Selection, select
from eventstore.following import Follower
from eventstore.orders import order

PHONES, MAILS = 3, 4
ITEMS = PHONES * MAILS
BY = order("anna", command=decision_id(1))


@pytest.fixture(scope="module")
def stored(tmp_path_factory):
    """Three numbers with four addresses each: every person has evidence in several pieces."""
    path = tmp_path_factory.mktemp("stored") / "events.db"
    fed = Fed(opened(path))
    fed.feed(*(form(number) for number in range(ITEMS)))
    fed.base.recorder.close()
    return path


def opened(path):
    return base(path, Matching(), most_items_at_once=1)


def form(number):
    phone = ("phone", f"+7912000000{number % PHONES}", "claimed")
    return lead(number, phone, ("email", f"{number}@x.ru", "attested"), at=1_700_000_000 + number)


def withdrawn(fed, *, killed_after=0):
    """The answer, where it comes to that."""
    left = killed_after

    def progress(_done: int, _of: int) -> None:
        nonlocal left
        left -= 1
        if not left:
            raise KeyboardInterrupt

    with suppress(KeyboardInterrupt):
        evidence = select(fed.base, Selection(rule="typed contact"))
        return fed.commands.withdraw(evidence, BY, progress=progress)
    return None


@pytest.fixture(scope="module")
def answer(stored, tmp_path_factory):
    """Of a run that was never killed."""
    fed = Fed(opened(shutil.copy(stored, tmp_path_factory.mktemp("whole") / "events.db")))
    answer = withdrawn(fed)
    fed.base.recorder.close()
    assert answer.changed == (PHONES + ITEMS, ITEMS - PHONES, ITEMS - PHONES)
    return answer


@pytest.fixture
def fed(stored, tmp_path):
    started = Fed(opened(shutil.copy(stored, tmp_path / "events.db")))
    yield started
    started.base.recorder.close()


@pytest.mark.parametrize("pieces", range(1, ITEMS + 1))
def test_a_withdrawal_that_was_killed_is_answered_as_one_that_was_not(fed, answer, pieces):
    assert withdrawn(fed, killed_after=pieces) is None
    assert withdrawn(fed) == answer


def test_so_it_is_where_every_piece_was_somebody_elses(fed, answer):
    assert withdrawn(fed, killed_after=1) is None
    while fed.base.recorder.pending():
        next(Follower(fed.base).pieces())
    assert withdrawn(fed) == answer


def test_what_was_undone_and_brought_back_is_counted_anew(fed, answer):
    assert withdrawn(fed, killed_after=ITEMS // 2) is None
    undone = fed.commands.undo(BY.command, order("anna"))
    Follower(fed.base).drain()
    fed.commands.undo(undone.decision, order("anna"))
    Follower(fed.base).drain()
    assert withdrawn(fed) == answer


def test_what_was_counted_goes_with_the_work_however_it_ended(fed, answer):
    def kept():
        return fed.base.recorder.some_counts(BY.command, most=1000)

    assert withdrawn(fed, killed_after=ITEMS // 2) is None
    assert kept()
    assert withdrawn(fed) == answer
    assert not kept()
    undone = fed.commands.undo(BY.command, order("anna"))
    Follower(fed.base).drain()
    assert not kept()
    fed.commands.undo(undone.decision, order("anna"))
    next(Follower(fed.base).pieces())
    fed.commands.undo(BY.command, order("anna"))
    Follower(fed.base).drain()
    assert not kept()


def test_what_was_counted_goes_in_pieces_too_and_the_answer_stays(fed, answer, monkeypatch):
    monkeypatch.setattr(cleared, "__kwdefaults__", {"most": 2})
    pieces = []
    while withdrawn(fed, killed_after=1) is None:
        pieces.append(len(fed.base.recorder.some_counts(BY.command, most=1000)))
    assert len(pieces) > ITEMS + 2
    assert pieces[ITEMS:] == sorted(pieces[ITEMS:], reverse=True)
    assert withdrawn(fed) == answer
    assert not fed.base.recorder.pending()


@pytest.mark.parametrize("pieces", [0, 1, 2 * ITEMS])
def test_an_undo_amid_the_removal_that_is_taken_back_leaves_the_answer(
    fed, answer, monkeypatch, pieces
):
    monkeypatch.setattr(cleared, "__kwdefaults__", {"most": 2})
    for _ in range(ITEMS + 2):
        assert withdrawn(fed, killed_after=1) is None
    undone = fed.commands.undo(BY.command, order("anna"))
    for _ in islice(Follower(fed.base).pieces(), pieces):
        pass
    assert (len(fed.stored_persons()) == PHONES) == (pieces > ITEMS)
    fed.commands.undo(undone.decision, order("anna"))
    Follower(fed.base).drain()
    assert len(fed.stored_persons()) == PHONES + ITEMS
    assert withdrawn(fed) == answer
    assert not fed.base.recorder.some_counts(BY.command, most=1)
