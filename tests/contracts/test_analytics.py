"""What analytics must do on the embedded engine and on a server: each position once, whoever fails
when, and the same reports on both."""

import random
import shutil
import threading
import time
from collections import Counter

import pytest
from clickhouse_connect.driver.exceptions import OperationalError
from contracts.analytics_stores import STORES, server_store

from eventstore.domain import events as ev
from eventstore.domain.pipeline import SALES
from projections.clickhouse.client import ClickHouseError
from projections.clickhouse.migrate import migrate
from projections.facts import counts
from projections.facts.table import FactTable
from projections.funnel.render import to_json
from projections.funnel.service import funnel
from projections.past import person_at
from projections.reports import Reports, by_projector
from projections.runner import Projector
from projections.testing import MemoryReader, fresh_store

START = 1_767_225_600_000  # 2026-01-01


@pytest.fixture(params=STORES)
def store(request):
    with STORES[request.param](lambda: request.getfixturevalue("clickhouse")) as store:
        yield store


@pytest.fixture
def embedded():
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


def test_a_closed_store_keeps_no_handle(store):
    with store._read(), store._read(), store._read():
        pass  # three reports at once
    store.close()
    assert set(store._idle.queue) == {None}


def test_migrations_are_applied_once(store):
    assert migrate(store) == ["facts"]
    assert migrate(store) == []


def test_a_migration_that_was_killed_before_its_record_is_repeated_and_changes_nothing(store):
    reader = reader_with(5)
    projector(reader, store).project_available()
    store.command("TRUNCATE TABLE migrations")
    assert migrate(store) == ["facts"]
    assert projector(reader, store).project_available() == 5
    assert positions(store) == [1, 2, 3, 4, 5]


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


def test_a_block_is_taken_once_whatever_it_holds_later(store):
    """Also after another one, and by whichever handle."""
    reader = reader_with(20)
    table = FactTable(store)
    table.prepare()
    first, second = reader.read(0, 10), reader.read(10, 10)
    assert table.append(first, 0) == 10
    assert table.append(second, 10) == 20
    for block in (first, first[:5], reader.read(0, 15)):
        assert table.append(block, 0) == 20
    store.close()
    assert table.append(first, 0) == 20
    assert positions(store) == list(range(1, 21))


def test_a_block_whose_name_is_known_but_whose_rows_are_gone_is_inserted_again(embedded):
    """Killed between the note of the name and the rows, or the disk lost the part."""
    store, reader = embedded, reader_with(10)
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


@pytest.mark.parametrize(("paused_s", "doubled"), [(1, 5), (61, 0)])
def test_a_projector_that_was_paused_looks_before_it_writes(embedded, paused_s, doubled):
    """For the engine forgets the names of blocks in time: here, at once."""
    now, reader = [0.0], reader_with(10)
    paused = projector(reader, embedded, clock=lambda: now[0])
    paused.project_available()
    embedded.command("ALTER TABLE facts MODIFY SETTING non_replicated_deduplication_window = 0")
    reader_with(5, reader)
    projector(reader, embedded).project_available()
    now[0] += paused_s
    assert paused.project_available() == 15
    assert len(positions(embedded)) == 15 + doubled


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
        assert waiting.reach(10, timeout=30)
    finally:
        halt()
    assert waiting.failures == 0
    assert positions(store) == list(range(1, 11))


def test_what_is_recorded_is_visible_within_a_second(store):
    reader = reader_with(1)
    live = projector(reader, store)
    halt = running(live)
    try:
        assert live.reach(1, timeout=30)
        took = []
        for number in range(2, 8):
            reader_with(1, reader)
            began = time.monotonic()
            assert live.reach(number, timeout=30)
            took.append(time.monotonic() - began)
        assert min(took) < 1  # a busy machine may hold up some, never all
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
        assert live.reach(60, timeout=30)
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


def a_made_up_month():
    """Leads, cards that become one, deals that go some of the way, joins and withdrawals."""
    rng, reader = random.Random(7), MemoryReader()
    versions = Counter()

    def add(stream, event, at):
        versions[stream] += 1
        reader.record(stream, versions[stream], event, at=at)

    for number in range(300):
        lead, leaf, deal = (
            kind + number.to_bytes(12, "big") for kind in (b"lead", b"leaf", b"deal")
        )
        at = START + number * 3_600_000
        touch = {
            "channel": rng.choice(("vk", "telegram", "email")), "account": "one", "kind": "message",
            "campaign": ev.Campaign(source=rng.choice(("", "yandex", "\N{SNOWMAN} '\\\t")),
                                    paid=rng.random() < 0.5),
            "amount": rng.choice(("", "1200.50", "0.0001")),
        }  # fmt: skip
        add(
            lead,
            ev.LeadRecorded(
                event_id=lead, direction="in", occurred_at=at, received_at=at, rules=1, leaf=leaf,
                deal=deal, opened=True, identities=(ev.LeadIdentity(leaf, "vk", True, 0),), **touch,
            ),
            at,
        )  # fmt: skip
        add(deal, ev.DealOpened(lead=lead, leaf=leaf, pipeline="sales", opened_at=at, **touch), at)
        for step in SALES.stages[1 : rng.randrange(6)]:
            at += 3_600_000
            add(deal, ev.StageEntered(command=deal, actor="ann", at=at, stage=step.id), at)
        if rng.random() < 0.3:
            add(deal, ev.DealClosed(command=deal, actor="ann", at=at, status="won"), at)
        if number and rng.random() < 0.2:
            other = rng.randrange(number).to_bytes(12, "big")
            add(leaf, ev.PersonFormed(leaves=(b"leaf" + other,)), at)
            add(deal, ev.DealJoined(into=b"deal" + other, by="rule", at=at), at)
    return reader


def test_reports_are_the_same_on_both(embedded, clickhouse):
    reader = a_made_up_month()
    questions = [
        {},
        {"by": ["channel", "utm_source", "paid"]},
        {"from": "2026-01-03", "to": "2026-01-09", "basis": "event", "window": "2h"},
        {"as_of": "500", "by": ["repeat"]},
        {"as_of": "2026-01-05T00:00:00Z"},
    ]

    def answers(store):
        at_hand = projector(reader, store, block=97)
        assert at_hand.project_available() == reader.last_position()
        reports = Reports(store, latest=reader.last_position, wait=by_projector(at_hand))
        yield [to_json(funnel(reports, [SALES], question)) for question in questions]
        yield reports.overview(reader.events[-1].recorded_at)
        yield counts.fact_counts(store), counts.leads_by_hour(store), counts.holes(store)
        yield [person_at(store, b"leaf" + n.to_bytes(12, "big"), 700) for n in (1, 50, 123)]

    with server_store(clickhouse) as server:
        found = list(answers(embedded))
        assert found == list(answers(server))
    assert found[0][0] != found[0][4]


def test_the_largest_text_and_the_oddest_values_come_back(store):
    """What goes through an address, a header or a file on the way."""
    texts = ("", "\x00", "a" * 100_000, "'; DROP TABLE facts; --", "{name:String}", "%00&x=1")
    for text in texts:
        assert store.select("SELECT {text:String}", text=text) == [(text,)]
