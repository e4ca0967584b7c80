"""The SQLite log's writer never holds up the event loop, and never leaves anybody waiting."""

import asyncio
import sqlite3
import threading
import time

import pytest

from eventstore import faults
from ingest.log.port import LogUnavailable, Record, RecordType
from ingest.log.sqlite import SQLiteLogReader, SQLiteLogWriter

RECORD = Record(RecordType.LEAD, b"{}")


@pytest.fixture
async def writer(tmp_path):
    writer = SQLiteLogWriter(tmp_path / "log.db")
    yield writer
    await writer.close()


def count(path):
    reader = SQLiteLogReader(path)
    try:
        return len(reader.read("log", -1, 100))
    finally:
        reader.close()


async def longest_pause(work):
    """The result of `work`, and the longest time that the loop was held up meanwhile."""
    longest, last = 0.0, time.monotonic()
    task = asyncio.ensure_future(work)
    while not task.done():
        await asyncio.sleep(0.01)
        now = time.monotonic()
        longest, last = max(longest, now - last), now
    return await task, longest


async def test_somebody_elses_lock_is_waited_for_beside_the_loop(writer, tmp_path):
    other = sqlite3.connect(tmp_path / "log.db", isolation_level=None, check_same_thread=False)
    other.execute("BEGIN IMMEDIATE")
    threading.Timer(1.5, lambda: other.execute("ROLLBACK")).start()
    began = time.monotonic()
    calls = asyncio.gather(*(writer.append([RECORD]) for _ in range(10)))
    _, pause = await longest_pause(calls)
    assert time.monotonic() - began >= 1.4
    assert pause < 1
    assert count(tmp_path / "log.db") == 10
    other.close()


async def test_whatever_fails_is_told_to_all_who_wait(writer, monkeypatch):
    monkeypatch.setattr(faults, "_name", "log.before_commit")
    monkeypatch.setattr(faults, "_left", 1)
    monkeypatch.setattr(faults, "_act", "raise")
    calls = [writer.append([RECORD]) for _ in range(3)]
    found = await asyncio.wait_for(asyncio.gather(*calls, return_exceptions=True), 60)
    assert [type(error) for error in found] == [LogUnavailable] * 3
    await writer.append([RECORD])
