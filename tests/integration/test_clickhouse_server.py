"""Analytics on a server: killed, away, cut off, wrongly addressed; and TLS."""

import logging
import threading
import time

import pytest
from contracts.analytics_stores import server_store
from servers.clickhouse import PASSWORD, USER, ClickHouseServer, at, fresh_name
from servers.proxy import Proxy
from support.desks import lead
from support.leadlog_up import Leadlog

from eventstore.domain import events as ev
from projections.clickhouse.client import ClickHouse, ClickHouseError, StoreAway, StoreRefuses
from projections.clickhouse.migrate import migrate
from projections.facts import counts
from projections.facts.table import FactTable
from projections.runner import Projector
from projections.testing import MemoryReader

TOKEN = b"insert_deduplication_token"


def reader_with(number):
    reader = MemoryReader()
    for position in range(1, number + 1):
        reader.record(position.to_bytes(16, "big"), 1, ev.PersonFormed(leaves=(bytes(16),)))
    return reader


def positions(store):
    return counts.present(store, 0, counts.EVERYTHING)


def test_commands_bring_embedded_stores_into_analytics_on_a_server(tmp_path, clickhouse):
    """No server of ours runs: `feed --wait` processes and projects by itself."""
    address = at(clickhouse, fresh_name())
    one = Leadlog(tmp_path, settings=f'[stores]\nanalytics = "{address}"')
    leads = [lead(n, ("phone", f"+7912000{n:04d}", "claimed")) for n in range(1, 6)]
    (tmp_path / "leads.jsonl").write_text("\n".join(leads))
    (fed,) = one.objects("feed", str(tmp_path / "leads.jsonl"), "--wait")
    assert fed == {"appended": len(leads), "duplicate": 0, "quarantined": 0}
    (audit,) = one.objects("audit")
    assert audit["ok"], audit
    assert audit["positions"]["analytics"] == audit["positions"]["events"] > 0
    assert positions(ClickHouse(address)) == [*range(1, audit["positions"]["events"] + 1)]


@pytest.fixture
def proxy(breakable_clickhouse):
    proxy = Proxy(breakable_clickhouse.port)
    yield proxy
    proxy.close()


@pytest.fixture
def far(breakable_clickhouse, proxy):
    """The store as seen through the proxy."""
    store = ClickHouse(at(breakable_clickhouse.url(port=proxy.port), fresh_name()))
    yield store
    store.close()


@pytest.mark.parametrize("heard", [True, False])
def test_an_insert_cut_off_before_its_answer_is_there_once(far, proxy, heard):
    reader = reader_with(5_000)
    projector = Projector(reader, FactTable(far), block=1_000)
    for cuts in range(1, 4):
        proxy.cut_at, proxy.heard = TOKEN, heard
        with pytest.raises(StoreAway, match="does not answer"):
            projector.project_available()
        assert proxy.cuts == cuts
    assert projector.project_available() == 5_000
    assert positions(far) == list(range(1, 5_001))


def test_a_server_killed_after_each_stored_block_loses_and_doubles_nothing(
    breakable_clickhouse, far, proxy
):
    reader = reader_with(3_000)
    projector = Projector(reader, FactTable(far), block=1_000)
    for _ in range(2):
        proxy.cut_at, proxy.heard = TOKEN, True
        with pytest.raises(StoreAway):
            projector.project_available()
        breakable_clickhouse.kill()
        breakable_clickhouse.start()
    assert projector.project_available() == 3_000
    assert positions(far) == list(range(1, 3_001))


def test_a_projector_waits_for_a_server_that_is_away_and_goes_on(breakable_clickhouse):
    store = ClickHouse(at(breakable_clickhouse.url(), fresh_name()))
    reader, stop = reader_with(10), threading.Event()
    projector = Projector(reader, FactTable(store))
    thread = threading.Thread(target=projector.run, args=(stop,))
    thread.start()
    try:
        assert projector.reach(10, timeout=30)
        breakable_clickhouse.kill()
        reader.record(b"x" * 16, 1, ev.PersonFormed(leaves=(bytes(16),)))
        give_up = time.monotonic() + 30
        while not projector.failures and time.monotonic() < give_up:
            time.sleep(0.02)
        assert projector.failures
        assert projector.running
        assert projector.lag() == 1
        breakable_clickhouse.start()
        assert projector.reach(11, timeout=30)
    finally:
        stop.set()
        thread.join(30)
    assert positions(store) == list(range(1, 12))
    store.close()


def test_a_server_that_lost_its_disk_is_filled_again(clickhouse):
    with server_store(clickhouse) as store:
        reader = reader_with(10)
        projector = Projector(reader, FactTable(store))
        projector.project_available()
        store.command(f"DROP DATABASE {store.target.database}")
        reader.record(b"x" * 16, 1, ev.PersonFormed(leaves=(bytes(16),)))
        with pytest.raises(ClickHouseError):
            projector.project_available()
        assert projector.project_available() == 11
        assert positions(store) == list(range(1, 12))


def test_a_wrong_password_is_refused_and_never_repeated(breakable_clickhouse, caplog):
    caplog.set_level(logging.DEBUG)
    wrong = breakable_clickhouse.url().replace("s3cret", "wr0ngs3cret")
    store = ClickHouse(at(wrong, "leadlog"))
    with pytest.raises(StoreRefuses, match=f"refuses the user '{USER}'") as caught:
        store.select("SELECT 1")
    breakable_clickhouse.kill()
    with pytest.raises(StoreAway) as away:
        ClickHouse(at(wrong, "leadlog")).select("SELECT {secret:String}", secret="hunter2")
    for text in (str(caught.value), str(away.value), caplog.text):
        assert "s3cret" not in text
        assert "hunter2" not in text


def test_a_user_who_may_make_no_database_uses_one_that_is_there(clickhouse):
    """It is asked for before it is made: see `_create_database`."""
    with server_store(clickhouse) as store:
        migrate(store)
        address = at(clickhouse, store.target.database)
        on_a_cluster = ClickHouse(f"{address}?cluster=nowhere")
        asked = "SELECT getSetting('select_sequential_consistency'), getSetting('readonly')"
        assert on_a_cluster.select(asked) == [(1, 1)]
        with pytest.raises(ClickHouseError, match="'nowhere' not found"):
            migrate(on_a_cluster)
        on_a_cluster.close()


def test_tls_is_spoken_with_whom_the_authority_vouches_for(tmp_path):
    server = ClickHouseServer(tmp_path, tls=True)
    server.start()
    try:
        address = at(server.url(), fresh_name())
        with pytest.raises(StoreAway, match="certificate"):
            ClickHouse(address).select("SELECT 1")
        trusting = ClickHouse(f"{address}?ca={server.authority}")
        assert trusting.select("SELECT 1") == [(1,)]
        trusting.close()
    finally:
        server.stop()


def test_the_password_of_the_tests_has_what_addresses_must_quote():
    assert set("/@:") <= set(PASSWORD)
