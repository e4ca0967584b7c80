"""The application around decisions: repeats, positions, other writers."""

import msgspec
import pytest
from eventsourcing.persistence import IntegrityError
from support.worlds import Fed, base, lead

from eventstore.customer_base import Contended, Entry, Ignored, Lead

NOON = 1_700_000_000_000


@pytest.fixture
def fed(tmp_path):
    started = Fed(base(tmp_path / "events.db"))
    yield started
    started.base.recorder.close()


def phone(number: int, **more):
    return lead(number, ("phone", "+79120000001", "claimed"), **more)


def test_a_repeat_has_no_effect_however_often_it_comes(fed):
    assert fed.feed(phone(1), phone(1)) == {"accepted": 1, "duplicate": 1}
    position = fed.base.recorder.last_position()
    assert fed.feed(phone(1)) == {"duplicate": 1}
    assert fed.base.recorder.last_position() == position


def test_an_event_id_that_is_known_changes_nothing_under_another_lead(fed):
    fed.feed(phone(1))
    stolen = msgspec.structs.replace(
        lead(2, ("phone", "+79120000002", "claimed")), event_id=phone(1).event_id
    )
    assert fed.feed(stolen) == {"duplicate": 1}


def test_records_that_were_processed_are_not_processed_again(fed):
    entry = Entry("log", 5, Lead(phone(1)))
    fed.base.handle([entry])
    assert fed.base.handle([entry, Entry("log", 4, Ignored("site", NOON))]) == {}
    assert fed.base.recorder.max_tracking_id("log") == 5


def test_every_delivery_is_in_the_ledger_once(fed):
    fed.feed(phone(1), phone(1))
    fed.base.handle([Entry("log", 9, Ignored("site", NOON))])
    totals: dict[str, int] = {}
    for (_, _, outcome), count in fed.base.recorder.ledger().items():
        totals[outcome] = totals.get(outcome, 0) + count
    assert totals == {"accepted": 1, "duplicate": 1, "ignored": 1}


def test_a_decision_is_made_again_when_another_writer_was_first(fed):
    fed.feed(phone(1))
    leaf = next(iter(fed.stored_persons()))
    tries = []

    def decide(work):
        tries.append(work)
        work.changing(leaf)
        if len(tries) == 1:  # somebody else writes the same card in between
            faster = fed.base.work()
            faster.changing(leaf)
            fed.base.recorder.save(faster.changes)
        return len(tries)

    assert fed.base.attempt(decide) == 2


def test_endless_collisions_end_in_an_error(fed, monkeypatch):
    def refuse(changes, meanwhile=None):
        raise IntegrityError("somebody was first")

    monkeypatch.setattr(fed.base.recorder, "save", refuse)
    with pytest.raises(Contended):
        fed.base.attempt(lambda work: None)


def test_events_are_never_changed_nor_deleted(fed):
    fed.feed(phone(1))
    connection = fed.base.recorder.datastore
    for sql in ("UPDATE stored_events SET topic = 'X'", "DELETE FROM stored_events"):
        with pytest.raises(IntegrityError), connection.transaction(commit=True) as cursor:
            cursor.execute(sql)


def test_the_personal_part_is_not_readable_in_the_file(fed, tmp_path):
    named = lead(3, ("email", "canary.person@example.ru", "claimed"))
    fed.feed(named)
    fed.base.recorder.close()
    stored = b"".join(file.read_bytes() for file in tmp_path.iterdir())
    assert b"canary.person" not in stored
