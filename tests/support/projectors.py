"""Projectors in processes of their own, over one store of analytics and one lease."""

import os
import subprocess
import sys
import time
from pathlib import Path

import psycopg

from projections.facts import counts
from projections.facts.table import FactTable

_PROGRAM = """
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
    froze = not freeze_at

    def append(self, events, after):
        if after >= freeze_at and not self.froze:
            self.froze = True
            os.kill(os.getpid(), signal.SIGSTOP)
        return super().append(events, after)

stop = threading.Event()
signal.signal(signal.SIGTERM, lambda *_: stop.set())
lease = PostgresLease(lease, "facts", silence_s=float(sys.argv[4]))
Projector(Endless(), Freezing(ClickHouse(analytics)), block=20, lease=lease).run(stop)
"""
_HOLDER = """
SELECT application_name, pid FROM pg_locks JOIN pg_stat_activity USING (pid)
WHERE locktype = 'advisory' AND granted AND database =
    (SELECT oid FROM pg_database WHERE datname = current_database())
"""
_WITHIN_S = 120


def until(found):
    """What `found` gives, once that is something."""
    end = time.monotonic() + _WITHIN_S
    while not (value := found()):
        assert time.monotonic() < end, "it did not come in time"
        time.sleep(0.05)
    return value


class Team:
    """Projectors in processes of their own, over one store of analytics."""

    def __init__(self, database, store, address, *, silence_s):
        self.database, self.store, self.address = database, store, address
        self.silence_s = silence_s
        self.processes = {}
        FactTable(store).prepare()

    def start(self, name, *, freeze_at=0):
        named = f"{self.database}?application_name={name}"
        numbers = [str(freeze_at), str(self.silence_s)]
        command = [sys.executable, "-c", _PROGRAM, named, self.address, *numbers]
        self.processes[name] = subprocess.Popen(command)

    def signal(self, name, what):
        os.kill(self.processes[name].pid, what)

    def frozen(self, name):
        stat = Path(f"/proc/{self.processes[name].pid}/stat").read_text()
        return stat.rpartition(")")[2].split()[0] == "T"

    def holder(self):
        with psycopg.connect(self.database) as connection:
            row = connection.execute(_HOLDER).fetchone()
        return row[0] if row else None

    def cut(self, name):
        with psycopg.connect(self.database) as connection:
            rows = connection.execute(_HOLDER).fetchall()
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
        assert process.wait(_WITHIN_S) == 0

    def end(self):
        for process in self.processes.values():
            process.kill()
            process.wait()


def all_once(store):
    found = counts.fact_counts(store)
    return found.facts == found.positions == found.last and not counts.holes(store)
