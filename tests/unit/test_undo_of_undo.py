"""An undo can be undone; each undo that is in force keeps its decision out (SEMANTICS 2.3.10)."""

from uuid import UUID

import pytest
from support.worlds import KEYRING, Fed, base, lead

from eventstore.orders import CommandRefused, order
from eventstore.touches import bytes_of

PHONE, EMAIL = ("phone", "+79120000001", "claimed"), ("email", "a@x.ru", "claimed")


@pytest.fixture
def fed(tmp_path):
    started = Fed(base(tmp_path / "events.db"))
    started.feed(lead(1, PHONE, EMAIL))
    yield started
    started.base.recorder.close()


def undo(fed: Fed, decision: bytes) -> bytes:
    return fed.commands.undo(decision, order("anna")).decision


def twice_undone(fed: Fed, decision: bytes) -> list[bytes]:
    """Undone, brought back, undone again, and the first undo brought back: two are in force."""
    first = undo(fed, decision)
    of_first = undo(fed, first)
    second = undo(fed, decision)
    undo(fed, of_first)
    return [first, second]


def test_a_mark_undone_twice_stays_undone_while_one_undo_is_in_force(fed):
    phone = KEYRING.leaf("phone", PHONE[1])
    marked = fed.commands.mark(phone, True, order("anna")).decision
    first, second = twice_undone(fed, marked)
    undo(fed, first)
    assert not fed.base.recorder.cards([phone])[phone][1].shared
    undo(fed, second)
    assert fed.base.recorder.cards([phone])[phone][1].shared


def test_a_withdrawal_undone_twice_is_withdrawn_once_when_both_undos_are_undone(fed):
    a, b = sorted(KEYRING.leaf(kind, value) for kind, value, _ in (PHONE, EMAIL))
    key = (a, b, bytes_of(lead(1).lead_id))
    withdrawn = fed.commands.withdraw([key], order("anna")).decision
    for one in twice_undone(fed, withdrawn):
        assert len(fed.stored_persons()) == 1
        undo(fed, one)
    assert len(fed.stored_persons()) == 2
    undo(fed, withdrawn)
    assert len(fed.stored_persons()) == 1


def test_who_undoes_what_is_undone_is_told_what_brings_it_back(fed):
    marked = fed.commands.mark(KEYRING.leaf("phone", PHONE[1]), True, order("anna")).decision
    undone = undo(fed, marked)
    with pytest.raises(CommandRefused, match=str(UUID(bytes=undone))):
        undo(fed, marked)
    undo(fed, undone)
    with pytest.raises(CommandRefused, match="undone already"):
        undo(fed, undone)
