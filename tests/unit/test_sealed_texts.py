"""What people type into notes and reasons is sealed with the cards' keys (SEMANTICS 6.1)."""

import sqlite3

import pytest
from support.worlds import KEYRING, Fed, base, lead

from eventstore.deal_commands import DealCommands
from eventstore.deal_joins import DealJoins
from eventstore.evidence import Selection, select
from eventstore.orders import order
from eventstore.queries import Cards
from eventstore.touches import bytes_of, deal_id

PHONE, EMAIL = ("phone", "+79120000001", "claimed"), ("email", "a@x.ru", "claimed")
TELEGRAM = ("telegram", "7", "attested")
SAID = "муж Аглаи, 45 лет"


@pytest.fixture
def fed(tmp_path):
    started = Fed(base(tmp_path / "events.db"))
    started.feed(lead(1, PHONE, EMAIL), lead(2, TELEGRAM))
    yield started
    started.base.recorder.close()


def leaf(identity) -> bytes:
    return KEYRING.leaf(identity[0], identity[1])


def deal(number: int) -> bytes:
    return deal_id(bytes_of(lead(number).lead_id), "sales")


def joined(fed):
    """One person with two sorted deals, joined."""
    for number in (1, 2):
        DealCommands(fed.base).accept(deal(number), order("anna"))
    fed.commands.merge(leaf(PHONE), leaf(TELEGRAM), order("anna"))
    return DealJoins(fed.base).join(deal(1), deal(2), order("anna"), reason=SAID)


def withdraw(fed):
    chosen = select(fed.base, Selection(rule="one form"))
    return fed.commands.withdraw(chosen, order("anna"), reason=SAID)


TYPED = {
    "note": lambda fed: DealCommands(fed.base).note(deal(1), SAID, order("anna")),
    "merge": lambda fed: fed.commands.merge(
        leaf(PHONE), leaf(TELEGRAM), order("anna"), reason=SAID
    ),
    "veto": lambda fed: fed.commands.veto(leaf(PHONE), leaf(EMAIL), order("anna"), reason=SAID),
    "share": lambda fed: fed.commands.mark(leaf(PHONE), True, order("anna"), reason=SAID),
    "withdraw": withdraw,
    "undo": lambda fed: fed.commands.undo(withdraw(fed).decision, order("anna"), reason=SAID),
    "join": joined,
    "part": lambda fed: (
        joined(fed),
        DealJoins(fed.base).part(deal(2), order("anna"), reason=SAID),
    ),
}


ABOUT = {
    "note": [PHONE],
    "merge": [PHONE, TELEGRAM],
    "veto": [PHONE, EMAIL],
    "share": [PHONE],
    "withdraw": [PHONE, EMAIL],
    "undo": [PHONE, EMAIL],
    "join": [PHONE, TELEGRAM],
    "part": [PHONE, TELEGRAM],
}


def stored(tmp_path) -> bytes:
    """Every stored byte of the events."""
    with sqlite3.connect(tmp_path / "events.db") as connection:
        return b"".join(row[0] for row in connection.execute("SELECT state FROM stored_events"))


def read(fed) -> list[str]:
    events = fed.base.recorder.read(0, 100, personal=True)
    texts = [(getattr(e.event, "text", ""), getattr(e.event, "reason", "")) for e in events]
    return [text for both in texts for text in both if text]


@pytest.mark.parametrize("name", TYPED)
def test_what_was_typed_is_read_by_who_may_and_stands_nowhere_in_the_events(fed, tmp_path, name):
    TYPED[name](fed)
    assert SAID in read(fed)
    assert SAID.encode() not in stored(tmp_path)
    opened = fed.base.recorder.read(0, 100, personal=False)
    assert not any(SAID in repr(recorded) for recorded in opened)


@pytest.mark.parametrize("name", TYPED)
def test_without_the_key_of_a_card_that_it_is_about_it_is_read_by_nobody(fed, tmp_path, name):
    TYPED[name](fed)
    count = fed.base.recorder.last_position()
    with sqlite3.connect(tmp_path / "events.db") as connection:
        for identity in ABOUT[name]:
            known = connection.execute("SELECT * FROM secret").fetchall()
            connection.execute("DELETE FROM secret WHERE leaf = ?", (leaf(identity),))
            connection.commit()
            assert SAID not in read(fed)
            connection.executemany("INSERT OR IGNORE INTO secret VALUES (?,?)", known)
            connection.commit()
            assert SAID in read(fed)
    assert fed.base.recorder.last_position() == count


def test_notes_and_reasons_stand_on_the_card(fed):
    TYPED["note"](fed)
    TYPED["merge"](fed)
    timeline = Cards(fed.base).show("telegram:7")["timeline"]
    assert [e["text"] for e in timeline if e.get("what") == "note"] == [SAID]
    assert [e["reason"] for e in timeline if e.get("what") == "merge"] == [SAID]
