"""Checkpoints beside the writer (eventstore.recorders.sqlite_checkpoints)."""

import sqlite3
from pathlib import Path

from support.waiting import wait_until

from eventstore.recorders.sqlite_checkpoints import Checkpoints

PAGE = 4096


def writing(path: Path) -> sqlite3.Connection:
    """A writer that never makes a checkpoint by itself."""
    connection = sqlite3.connect(path, isolation_level=None)
    for pragma in (f"page_size={PAGE}", "journal_mode=WAL", "wal_autocheckpoint=0"):
        connection.execute(f"PRAGMA {pragma}")
    connection.execute("CREATE TABLE filled (number INTEGER PRIMARY KEY, with_ BLOB)")
    return connection


def fill(connection: sqlite3.Connection, pages: int) -> int:
    rows = [(bytes(PAGE - 100),)] * pages
    connection.execute("BEGIN")
    connection.executemany("INSERT INTO filled (with_) VALUES (?)", rows)
    connection.execute("COMMIT")
    return pages


def test_the_log_is_put_in_place_beside_the_writer_and_begins_anew(tmp_path: Path) -> None:
    path = tmp_path / "events.db"
    writer, checkpoints = writing(path), Checkpoints(f"file:{path}", every=50)
    checkpoints.committed(fill(writer, 49))
    wait_until(lambda: not checkpoints._is_running)
    assert path.stat().st_size < 10 * PAGE
    for round_ in range(1, 6):
        checkpoints.committed(fill(writer, 60))
        wait_until(lambda pages=60 * round_: path.stat().st_size > pages * PAGE)
        wait_until(lambda: not checkpoints._is_running)
    log = Path(f"{path}-wal").stat().st_size
    checkpoints.close()
    writer.close()
    assert log < 200 * PAGE  # of the 349 pages that were written in all


def test_how_many_pages_a_row_takes_is_learnt(tmp_path: Path) -> None:
    path = tmp_path / "events.db"
    writer, checkpoints = writing(path), Checkpoints(f"file:{path}", every=50)
    for _ in range(5):
        checkpoints.committed(fill(writer, 60) * 10)  # as if each row took a tenth of a page
        wait_until(lambda: not checkpoints._is_running)
    size = path.stat().st_size
    checkpoints.committed(fill(writer, 20) * 10)
    checkpoints.close()
    after = path.stat().st_size
    writer.close()
    assert after == size  # some 20 pages: not yet


def test_a_checkpoint_that_fails_disturbs_nobody(tmp_path: Path) -> None:
    path = tmp_path / "events.db"
    writer = writing(path)
    checkpoints = Checkpoints(f"file:{tmp_path / 'nowhere' / 'events.db'}", every=10)
    for _ in range(2):
        checkpoints.committed(fill(writer, 20))
        wait_until(lambda: not checkpoints._is_running)
    checkpoints.close()
    assert writer.execute("SELECT count(*) FROM filled").fetchone() == (40,)
    writer.close()
