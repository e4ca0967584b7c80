"""One projector for each projection: who has the lease writes, the others stand by."""

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import psycopg
import pytest
from contracts.analytics_stores import server_store
from eventsourcing.persistence import OperationalError

from eventstore.recorders.postgres_lease import PostgresLease
from projections.facts import counts
from projections.facts.table import FactTable

PROGRAM = """
import os, signal, sys, threading
from eventstore.domain.events import PersonFormed
from eventstore.reading import Recorded
from eventstore.recorders.postgres_lease import PostgresLease
from projections.clickhouse.client import ClickHouse
from projections.facts.table import FactTable
from projections.runner import Projector

lease, analytics, freeze_at = sys.argv[1], sys.argv[2], int(sys.argv[3])

class Endless:
    def read(self, after, limit, *, personal=False):
        event = PersonFormed(leaves=(bytes(16),))
        return [Recorded(n, n, n.to_bytes(16, "big"), 1, event)
                for n in range(after + 1, after + limit + 1)]
    def last_position(self):
        return 10**9

class Freezing(FactTable):
    def append(self, events, after):
        if 0 < freeze_at <= after:
            os.kill(os.getpid(), signal.SIGSTOP)
        return super().append(events, after)

stop = threading.Event()
signal.signal(signal.SIGTERM, lambda *_: stop.set())
lease = PostgresLease(lease, "facts", silence_s=3)
Projector(Endless(), Freezing(ClickHouse(analytics)), block=20, lease=lease).run(stop)
"""
HOLDER = """
SELECT application_name, pid FROM pg_locks JOIN pg_stat_activity USING (pid)
WHERE locktype = 'advisory' AND granted AND database =
    (SELECT oid FROM pg_database WHERE datname = current_database())
"""
WITHIN_S = 60


def until(found):
    """What `found` gives, once that is something."""
    end = time.monotonic() + WITHIN_S
    while not (value := found()):
        assert time.monotonic() < end, "it did not come in time"
        time.sleep(0.05)
    return value


class Team:
    """Projectors in processes of their own, over one store of analytics."""

    def __init__(self, database, store, address):
        self.database, self.store, self.address = database, store, address
        self.processes = {}
        FactTable(store).prepare()

    def start(self, name, *, freeze_at=0):
        named = f"{self.database}?application_name={name}"
        command = [sys.executable, "-c", PROGRAM, named, self.address, str(freeze_at)]
        self.processes[name] = subprocess.Popen(command)

    def signal(self, name, what):
        os.kill(self.processes[name].pid, what)

    def frozen(self, name):
        stat = Path(f"/proc/{self.processes[name].pid}/stat").read_text()
        return stat.rpartition(")")[2].split()[0] == "T"

    def holder(self):
        with psycopg.connect(self.database) as connection:
            row = connection.execute(HOLDER).fetchone()
        return row[0] if row else None

    def cut(self, name):
        with psycopg.connect(self.database) as connection:
            rows = connection.execute(HOLDER).fetchall()
            [pid] = [pid for holder, pid in rows if holder == name]
            connection.execute("SELECT pg_terminate_backend(%s)", (pid,))

    def last(self):
        return FactTable(self.store).last_position()

    def until_led_by(self, name):
        """Return once it has the lease and the table has grown since."""
        until(lambda: self.holder() == name)
        before = self.last()
        until(lambda: self.last() > before)

    def stop(self, name):
        process = self.processes.pop(name)
        process.terminate()
        assert process.wait(WITHIN_S) == 0

    def end(self):
        for process in self.processes.values():
            process.kill()
            process.wait()


@pytest.fixture
def team(database, clickhouse):
    with server_store(clickhouse) as store:
        target = store.target
        team = Team(database, store, f"{clickhouse}/{target.database}")
        try:
            yield team
        finally:
            team.end()


def all_once(store):
    found = counts.fact_counts(store)
    return found.facts == found.positions == found.last and not counts.holes(store)


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
