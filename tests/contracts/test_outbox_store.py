"""What every store of the outbox must do: SQLite and PostgreSQL, held to one suite."""

import pytest
from support.waiting import wait_until

from ingest.outbox.sqlite_store import SQLiteOutbox
from ingest.outbox.store import Ended, Enqueued, Renewed, State, Waiting


@pytest.fixture(params=["sqlite", "postgres"])
def opened(request, tmp_path):
    """Opens the same store, as another process would; all are closed in the end."""
    stores = []

    def open_store():
        if request.param == "sqlite":
            stores.append(SQLiteOutbox(tmp_path / "outbox.db"))
        else:
            from ingest.outbox.postgres_store import PostgresOutbox

            stores.append(PostgresOutbox(request.getfixturevalue("database")))
        return stores[-1]

    yield open_store
    for store in stores:
        store.close()


@pytest.fixture
def store(opened):
    return opened()


def an_id(number):
    return bytes([number]) * 16


def waiting(number, *, leaf=1, account="bot", next_at=0, written_at=0):
    return Waiting(
        reply=an_id(number),
        position=number,
        leaf=an_id(leaf),
        channel="telegram",
        account=account,
        state=State.WAITING,
        written_at=written_at,
        next_at=next_at,
        until=1_000,
        tries=0,
        unsure=False,
        reason="",
    )


def due(store, now=100):
    return [found.position for found in store.due(now, 100)]


def test_an_empty_one_has_followed_nothing_and_owes_nothing(store):
    assert (store.position(), store.due(100, 100), store.counts()) == (0, [], {})


def test_what_was_followed_is_there_after_a_restart(store, opened):
    assert store.follow([Enqueued(waiting(7))], 9, after=0)
    again = opened()
    assert (again.position(), again.get(an_id(7))) == (9, waiting(7))


def test_who_follows_from_an_older_position_changes_nothing(store):
    store.follow([Enqueued(waiting(7))], 9, after=0)
    assert not store.follow([Ended(an_id(7), State.SENT)], 12, after=0)
    assert (store.position(), store.get(an_id(7)).state) == (9, State.WAITING)


def test_a_message_is_enqueued_once(store):
    store.follow([Enqueued(waiting(7))], 9, after=0)
    assert store.begin(an_id(7), tries=0)
    store.follow([Enqueued(waiting(7))], 10, after=9)
    assert store.get(an_id(7)).tries == 1


def test_of_each_conversation_the_first_is_due(store):
    messages = [
        waiting(1, leaf=1),
        waiting(2, leaf=1),
        waiting(3, leaf=2),
        waiting(4, leaf=1, account="mail"),
    ]
    store.follow([Enqueued(one) for one in messages], 9, after=0)
    assert due(store) == [1, 3, 4]
    store.follow([Ended(an_id(1), State.SENT)], 10, after=9)
    assert due(store) == [2, 3, 4]


def test_a_first_one_that_waits_for_its_time_holds_back_the_next(store):
    store.follow([Enqueued(waiting(1)), Enqueued(waiting(2))], 9, after=0)
    store.postpone(an_id(1), next_at=500, reason="away", unsure=False)
    assert due(store) == []
    assert due(store, 500) == [1]


def test_due_is_limited_to_the_oldest(store):
    store.follow([Enqueued(waiting(n, leaf=n)) for n in (3, 1, 2)], 9, after=0)
    assert [found.position for found in store.due(100, 2)] == [1, 2]


def test_accounts_can_be_left_out(store):
    store.follow([Enqueued(waiting(1)), Enqueued(waiting(2, account="mail"))], 9, after=0)
    assert [found.position for found in store.due(100, 1, but=["bot", "x"])] == [2]
    assert store.due(100, 1, but=["bot", "mail"]) == []


def test_a_try_that_begins_is_unsure_until_it_is_known_better(store, opened):
    store.follow([Enqueued(waiting(1))], 9, after=0)
    assert store.begin(an_id(1), tries=0)
    found = opened().get(an_id(1))
    assert (found.tries, found.unsure) == (1, True)
    store.postpone(an_id(1), next_at=7, reason="away", unsure=False)
    found = store.get(an_id(1))
    assert (found.next_at, found.reason, found.unsure) == (7, "away", False)


def test_a_try_does_not_begin_where_another_outbox_began_or_ended_one(store):
    """As of a process that slept after it had read what is due."""
    store.follow([Enqueued(waiting(1)), Enqueued(waiting(2, leaf=2))], 9, after=0)
    assert store.begin(an_id(1), tries=0)
    assert not store.begin(an_id(1), tries=0)
    assert store.get(an_id(1)).tries == 1
    store.follow([Ended(an_id(2), State.SENT)], 10, after=9)
    assert not store.begin(an_id(2), tries=0)
    assert (store.get(an_id(2)).tries, store.get(an_id(2)).unsure) == (0, False)


def test_what_has_ended_can_be_renewed(store):
    store.follow([Enqueued(waiting(1))], 9, after=0)
    assert store.begin(an_id(1), tries=0)
    store.follow([Ended(an_id(1), State.SET_ASIDE, "gave_up")], 10, after=9)
    assert [found.reason for found in store.in_states([State.SET_ASIDE])] == ["gave_up"]
    store.follow([Renewed(an_id(1), 50, 2_000)], 11, after=10)
    found = store.get(an_id(1))
    assert (found.state, found.next_at, found.until) == (State.WAITING, 50, 2_000)
    assert (found.tries, found.reason) == (0, "")


def test_what_is_not_there_neither_ends_nor_is_renewed(store):
    store.follow([Ended(an_id(1), State.SENT), Renewed(an_id(1), 0, 0)], 9, after=0)
    assert store.get(an_id(1)) is None


def test_states_are_counted_and_listed_oldest_first(store):
    store.follow([Enqueued(waiting(n, leaf=n)) for n in (2, 1, 3)], 9, after=0)
    store.follow([Ended(an_id(2), State.FAILED, "blocked")], 10, after=9)
    assert store.counts() == {State.WAITING: 2, State.FAILED: 1}
    listed = store.in_states([State.WAITING, State.FAILED])
    assert [found.position for found in listed] == [1, 2, 3]


def test_only_what_was_sent_long_ago_is_forgotten(store):
    messages = [waiting(n, leaf=n, written_at=n) for n in (1, 2, 3)]
    store.follow([Enqueued(one) for one in messages], 9, after=0)
    store.follow([Ended(an_id(n), State.SENT) for n in (1, 3)], 10, after=9)
    store.prune(3)
    assert store.get(an_id(1)) is None
    assert store.counts() == {State.WAITING: 1, State.SENT: 1}


def test_rewound_it_knows_only_what_was_before(store):
    store.follow([Enqueued(waiting(1, leaf=1)), Enqueued(waiting(5, leaf=5))], 9, after=0)
    store.rewind(4)
    assert (store.position(), due(store)) == (4, [1])


def test_of_two_processes_on_postgresql_one_sends(database):
    from ingest.outbox.postgres_store import PostgresOutbox

    one, other = PostgresOutbox(database), PostgresOutbox(database)
    assert (one.claim(), other.claim()) == (True, False)
    one.close()
    wait_until(other.claim)  # the server sees a moment later that the session has ended
    other.close()
