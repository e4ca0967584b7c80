"""One projector for each projection: who has the lease writes, the others stand by."""

import signal
import time

import psycopg
import pytest
from contracts.analytics_stores import server_store
from eventsourcing.persistence import OperationalError
from servers.clickhouse import at
from support.projectors import Team, all_once, until

from eventstore.recorders.postgres_lease import PostgresLease


@pytest.fixture
def team(database, clickhouse):
    with server_store(clickhouse) as store:
        team = Team(database, store, at(clickhouse, store.target.database), silence_s=3)
        try:
            yield team
        finally:
            team.end()


def test_the_next_one_takes_over_from_one_that_is_killed_cut_off_or_stopped(team):
    team.start("first")
    team.until_led_by("first")
    team.start("second")
    team.signal("first", signal.SIGKILL)
    team.until_led_by("second")
    team.start("third")
    team.cut("second")  # who is the quicker one then is the leader
    leader = until(team.holder)
    team.until_led_by(leader)
    other = "third" if leader == "second" else "second"
    team.stop(leader)
    team.until_led_by(other)
    team.stop(other)
    assert all_once(team.store)


def test_a_projector_that_wakes_in_the_middle_of_an_insert_writes_nothing_twice(team):
    """Paused for longer than its lease lasts; its block is old when it is sent."""
    team.start("zombie", freeze_at=100)
    until(lambda: team.frozen("zombie"))
    assert team.holder() == "zombie"
    team.start("heir")
    team.until_led_by("heir")
    team.signal("zombie", signal.SIGCONT)
    before = team.last()
    until(lambda: team.last() > before + 200)
    assert team.holder() == "heir"
    team.stop("heir")
    assert all_once(team.store)
    until(lambda: team.holder() == "zombie")
    assert all_once(team.store)


def test_a_lease_has_one_holder_for_each_name_and_schema(database):
    ann, bob = PostgresLease(database, "facts"), PostgresLease(database, "facts")
    others = [PostgresLease(database, "other"), PostgresLease(database, "facts", schema="two")]
    assert ann.held()
    assert not bob.held()
    assert all(one.held() for one in others)
    ann.release()
    until(bob.held)  # the server sees the end of a session a moment later
    assert not ann.held()
    for one in (ann, bob, *others):
        one.release()


def test_a_lease_whose_session_was_closed_is_lost(database):
    now = [0.0]
    ann = PostgresLease(database, "facts", clock=lambda: now[0])
    bob = PostgresLease(database, "facts")
    assert ann.held()
    with psycopg.connect(database) as connection:
        connection.execute(
            "SELECT pg_terminate_backend(pid) FROM pg_locks WHERE locktype = 'advisory'"
            " AND database = (SELECT oid FROM pg_database WHERE datname = current_database())"
        )
    until(bob.held)
    now[0] = 10.0
    with pytest.raises(OperationalError, match="lease is lost"):
        ann.held()
    assert not ann.held()
    ann.release()
    bob.release()


def test_a_holder_that_says_nothing_loses_the_lease(database):
    ann, bob = (PostgresLease(database, "facts", silence_s=0.5) for _ in range(2))
    assert ann.held()
    until(bob.held)
    time.sleep(1.1)  # as `held` is asked no more than once a second
    with pytest.raises(OperationalError):
        ann.held()
    bob.release()


def test_a_lease_on_a_server_that_is_away_is_not_held():
    lease = PostgresLease("postgresql://ann:cret@127.0.0.1:9/leadlog", "facts")
    with pytest.raises(OperationalError) as caught:
        lease.held()
    assert "cret" not in str(caught.value)
