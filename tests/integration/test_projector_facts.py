"""The projector on the embedded engine: each position once, whoever fails when."""

import shutil
import threading
import time

import pytest
from clickhouse_connect.driver.exceptions import OperationalError

from eventstore.domain import events as ev
from projections.clickhouse.client import ClickHouse, ClickHouseError, parse_url
from projections.clickhouse.migrate import migrate
from projections.facts import counts
from projections.facts.table import FactTable
from projections.runner import Projector
from projections.testing import MemoryReader, fresh_store


@pytest.fixture
def store():
    with fresh_store() as store:
        yield store


def reader_with(number, reader=None, gap=0):
    reader = reader or MemoryReader()
    for _ in range(number):
        n = len(reader.events) + 1
        reader.record(
            n.to_bytes(16, "big"), 1, ev.PersonFormed(leaves=(bytes(16),)), at=n * 10, gap=gap
        )
    return reader


def projector(reader, store, **settings):
    return Projector(reader, FactTable(store, sleep=lambda _: None), **settings)


def positions(store):
    return counts.present(store, 0, counts.EVERYTHING)


def test_migrations_are_applied_once(store):
    assert migrate(store) == ["facts"]
    assert migrate(store) == []


def test_all_that_is_there_is_projected_once(store):
    reader = reader_with(25)
    assert projector(reader, store, block=10).project_available() == 25
    assert projector(reader, store, block=7).project_available() == 25
    assert positions(store) == list(range(1, 26))


def test_positions_with_holes_are_projected(store):
    reader = reader_with(12, gap=3)
    assert projector(reader, store, block=5).project_available() == 48
    assert len(positions(store)) == 12


def test_a_projector_resumes_where_the_data_end(store):
    reader = reader_with(10)
    projector(reader, store).project_available()
    reader_with(5, reader)
    second = projector(reader, store)
    assert second.lag() == 15
    assert second.project_available() == 15
    assert second.lag() == 0
    assert positions(store) == list(range(1, 16))


def test_two_projectors_at_once_double_nothing(store):
    """Each believes that the table ends at 10; their blocks differ; the first one wins."""
    reader = reader_with(10)
    early, late = projector(reader, store), projector(reader, store)
    early.project_available()
    late.project_available()
    reader_with(5, reader)
    early.project_available()
    reader_with(5, reader)
    assert late.project_available() == 20
    assert positions(store) == list(range(1, 21))


class LostAnswers(FactTable):
    """Inserts, and then the connection is gone, as often as told."""

    def __init__(self, store, times):
        super().__init__(store, sleep=lambda _: None)
        self.times = times

    def append(self, events, after):
        last = super().append(events, after)
        if self.times:
            self.times -= 1
            raise OperationalError("the answer was lost")
        return last


def test_an_insert_whose_answer_was_lost_is_not_repeated(store):
    reader = reader_with(20)
    unlucky = Projector(reader, LostAnswers(store, 2), block=10)
    for _ in range(2):
        with pytest.raises(OperationalError):
            unlucky.project_available()
    assert unlucky.project_available() == 20
    assert positions(store) == list(range(1, 21))


def test_a_block_whose_name_is_known_but_whose_rows_are_gone_is_inserted_again(store):
    """Killed between the note of the name and the rows, or the disk lost the part."""
    reader = reader_with(10)
    projector(reader, store).project_available()
    [(part,)] = store.select(
        "SELECT path FROM system.parts WHERE database = currentDatabase() AND table = 'facts'"
        " AND active"
    )
    store.command("DETACH TABLE facts")
    shutil.rmtree(part)
    store.command("ATTACH TABLE facts")
    assert positions(store) == []
    assert projector(reader, store).project_available() == 10
    assert positions(store) == list(range(1, 11))


def test_a_table_emptied_for_a_rebuild_is_filled_again(store):
    reader = reader_with(10)
    projector(reader, store).project_available()
    store.command("TRUNCATE TABLE facts")
    assert projector(reader, store).project_available() == 10
    assert positions(store) == list(range(1, 11))


def test_one_block_is_one_part(store):
    projector(reader_with(3000), store, block=3000).project_available()
    assert store.select(
        "SELECT count() FROM system.parts WHERE database = currentDatabase() AND table = 'facts'"
        " AND active"
    ) == [(1,)]


class Away(FactTable):
    """ClickHouse is away until told otherwise."""

    here = False

    def prepare(self):
        if not self.here:
            raise OperationalError("connection refused")
        return super().prepare()


def running(projector):
    stop = threading.Event()
    thread = threading.Thread(target=projector.run, args=(stop,))
    thread.start()

    def halt():
        stop.set()
        thread.join(10)
        assert not thread.is_alive()

    return halt


def test_the_projector_waits_for_clickhouse_and_catches_up(store):
    reader, table = reader_with(10), Away(store)
    waiting = Projector(reader, table)
    halt = running(waiting)
    try:
        assert not waiting.reach(10, timeout=0.5)
        assert waiting.failures > 0
        table.here = True
        assert waiting.reach(10, timeout=5)
    finally:
        halt()
    assert waiting.failures == 0
    assert positions(store) == list(range(1, 11))


def test_what_is_recorded_is_visible_within_a_second(store):
    reader = reader_with(1)
    live = projector(reader, store)
    halt = running(live)
    try:
        assert live.reach(1, timeout=5)
        for number in range(2, 8):
            reader_with(1, reader)
            began = time.monotonic()
            assert live.reach(number, timeout=5)
            assert time.monotonic() - began < 1
    finally:
        halt()
    assert positions(store) == list(range(1, 8))


def test_small_events_one_by_one_are_gathered_into_few_parts(store):
    reader = MemoryReader()
    live = projector(reader, store, gather=0.3)
    halt = running(live)
    try:
        for _ in range(60):
            reader_with(1, reader)
            time.sleep(0.01)
        assert live.reach(60, timeout=5)
    finally:
        halt()
    [(inserts,)] = store.select(
        "SELECT max(max_block_number) FROM system.parts"
        " WHERE database = currentDatabase() AND table = 'facts'"
    )
    assert inserts <= 10


def test_reports_can_neither_write_nor_read_files_nor_dial_out(store):
    migrate(store)
    for sql in (
        "INSERT INTO facts (position) VALUES (1)",
        "SELECT * FROM file('/etc/hostname')",
        "SELECT * FROM url('http://127.0.0.1:1/', CSV, 'a String')",
        "SET readonly = 0",
    ):
        with pytest.raises(ClickHouseError):
            store.select(sql)


def test_values_travel_beside_the_statement(store):
    nasty = "' OR 1=1 -- \\ \n\t\N{SNOWMAN}"
    assert store.select("SELECT {text:String}", text=nasty) == [(nasty,)]


def test_counts_tell_what_is_there_doubled_or_missing(store):
    migrate(store)
    reader = reader_with(10)
    del reader.events[3:5]
    projector(reader, store).project_available()
    assert counts.fact_counts(store) == (8, 8, 10, 0, 0)
    assert counts.holes(store) == [(4, 5)]
    assert counts.repeated(store) == []
    store.command("INSERT INTO facts SELECT * FROM facts WHERE position IN (2, 9)")
    assert counts.fact_counts(store) == (10, 8, 10, 0, 0)
    assert counts.repeated(store) == [2, 9]
    assert counts.repeated(store, upto=8) == [2]
    assert counts.holes(store, upto=3) == []


@pytest.mark.parametrize(
    "url", ["chdb://relative", "chdb:///", "http://host/db", "clickhouse://", "chdb:///a?database=a;b"]
)  # fmt: skip
def test_a_wrong_address_is_refused(url):
    with pytest.raises(ValueError, match=r"analytics|database"):
        parse_url(url)


def test_an_address_of_a_server_is_read():
    target = parse_url("clickhouses://ann:p%40ss@host:9440/numbers")
    assert (target.host, target.port, target.database) == ("host", 9440, "numbers")
    assert (target.user, target.password, target.secure) == ("ann", "p@ss", True)
    assert parse_url("clickhouse://host").database == "leadlog"


def test_a_server_that_is_away_is_an_error_at_the_first_use_only():
    away = ClickHouse("clickhouse://127.0.0.1:9/leadlog")
    with pytest.raises(ClickHouseError):
        away.select("SELECT 1")
