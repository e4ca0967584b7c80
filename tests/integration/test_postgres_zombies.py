"""A writer that is stopped in the middle of its transaction, and what others have of it."""

import os
import signal
import subprocess
import sys
from contextlib import contextmanager
from pathlib import Path

import psycopg
import pytest
from contracts.test_event_store import A, formed
from support.waiting import wait_until

from eventstore.recorders.postgres import PostgresCustomerRecorder
from eventstore.rows import Changes

ROOT = Path(__file__).parents[2]
LIMITS = "?options=-c%20lock_timeout%3D5s%20-c%20idle_in_transaction_session_timeout%3D300ms"
IN_TRANSACTIONS = """
    SELECT count(*) FROM pg_stat_activity
    WHERE datname = current_database() AND xact_start IS NOT NULL AND pid <> pg_backend_pid()"""


@pytest.fixture
def recorder(database):
    recorder = PostgresCustomerRecorder(database + LIMITS)
    yield recorder
    recorder.close()


@pytest.mark.parametrize(
    "point", ["store.in_transaction", "store.in_quarantine", "store.before_commit"]
)
def test_a_stopped_writer_is_ended_for_others_and_writes_once_when_it_wakes(
    database, recorder, point
):
    with zombie(database + LIMITS, point) as process:
        assert recorder.save(Changes(events=[formed(A)], positions={"other": (-1, 0)})) == 1
        wait_until(lambda: not in_transactions(database))
        process.send_signal(signal.SIGCONT)
        said, _ = process.communicate(timeout=60)
    assert said == b"ended by the server\n"
    assert recorder.last_position() == 2
    assert recorder.max_tracking_id("zombie") == 0


def in_transactions(database):
    with psycopg.connect(database) as connection:
        return connection.execute(IN_TRANSACTIONS).fetchone()[0]


@contextmanager
def zombie(url, point):
    """A process that has come to this fault point, and stopped there."""
    process = subprocess.Popen(
        [sys.executable, Path(__file__).with_name("save_until_woken.py"), url],
        stdout=subprocess.PIPE,
        env={
            **os.environ,
            "LEADLOG_FAULT": f"{point}:1:freeze",
            "PYTHONPATH": f"{ROOT}:{ROOT / 'tests'}",
        },
    )
    try:
        wait_until(lambda: os.waitpid(process.pid, os.WUNTRACED | os.WNOHANG)[0])
        yield process
    finally:
        process.kill()
        process.communicate()
