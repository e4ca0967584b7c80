"""The event store on a real PostgreSQL: what is special about it, and what goes wrong with it."""

import threading
import time
from collections import Counter
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor

import msgspec
import psycopg
import pytest
from contracts.test_event_store import A, B, an_id, base_on, card, formed
from eventsourcing.persistence import IntegrityError, OperationalError
from servers.certificates import Authority
from servers.postgres import PostgresServer
from servers.proxy import Proxy
from support.waiting import wait_until
from support.worlds import lead

from eventstore.customer_base import Entry, Lead
from eventstore.recorders.postgres import PostgresCustomerRecorder
from eventstore.recorders.postgres_connection import StoreUnfit
from eventstore.rows import Changes
from ingest.log.port import Logged, RecordType
from ingest.processor.batch import BatchHandler


@pytest.fixture
def recorder(database) -> Iterator[PostgresCustomerRecorder]:
    recorder = PostgresCustomerRecorder(database)
    yield recorder
    recorder.close()


@pytest.fixture
def proxy(database) -> Iterator[Proxy]:
    proxy = Proxy(psycopg.conninfo.conninfo_to_dict(database)["port"])
    yield proxy
    proxy.close()


@pytest.fixture
def far(database, proxy) -> Iterator[PostgresCustomerRecorder]:
    """A recorder whose every connection goes through the proxy."""
    address = psycopg.conninfo.conninfo_to_dict(database)
    url = f"postgresql://{address['user']}@127.0.0.1:{proxy.port}/{address['dbname']}"
    recorder = PostgresCustomerRecorder(url)
    yield recorder
    recorder.close()


COMMIT = b"COMMIT\0"  # a statement: BEGIN says COMMITTED
READY_TO_WRITE = b"BEGIN ISOLATION LEVEL READ COMMITTED"


def logged(*leads, start: int = 0) -> list[Logged]:
    return [
        Logged("p", start + n, RecordType.LEAD, msgspec.json.encode(one))
        for n, one in enumerate(leads)
    ]


def phones(count: int, start: int = 0):
    return [lead(n, ("phone", f"+79120000{n:03}", "claimed")) for n in range(start, start + count)]


def outcomes(recorder) -> Counter[str]:
    found: Counter[str] = Counter()
    for (_, _, outcome), count in recorder.ledger().items():
        found[outcome] += count
    return found


# --- answers that are lost ---


def test_a_commit_whose_answer_was_lost_is_known_for_a_success(far, proxy, recorder):
    proxy.cut_at, proxy.heard = COMMIT, True
    changes = Changes(
        events=[formed(A), formed(B)], cards={A: (0, card(A))}, positions={"p": (-1, 1)}
    )
    assert far.save(changes) == 2
    assert proxy.cuts == 1
    assert recorder.last_position() == 2
    assert recorder.max_tracking_id("p") == 1


def test_a_lost_success_without_events_is_one_too(far, proxy, recorder):
    proxy.cut_at, proxy.heard = COMMIT, True
    assert far.save(Changes(positions={"p": (-1, 7)})) == 0
    assert recorder.max_tracking_id("p") == 7


def test_a_commit_that_the_server_never_heard_of_has_saved_nothing(far, proxy, recorder):
    proxy.cut_at, proxy.heard = COMMIT, False
    changes = Changes(events=[formed(A)], positions={"p": (-1, 1)})
    with pytest.raises(OperationalError):
        far.save(changes)
    assert proxy.cuts == 1
    assert recorder.last_position() == 0
    assert far.save(changes) == 1


@pytest.mark.parametrize("heard", [True, False])
@pytest.mark.parametrize("at", [READY_TO_WRITE, COMMIT])
def test_a_processor_cut_off_at_any_moment_counts_each_lead_once(far, proxy, recorder, at, heard):
    handler = BatchHandler(base_on(far))
    leads = phones(30)
    handler.handle(logged(*leads[:10]))
    proxy.cut_at, proxy.heard = at, heard
    for _ in range(3):
        try:
            handler.handle(logged(*leads[10:], start=10))
            break
        except OperationalError:
            continue
    assert proxy.cuts == 1
    assert outcomes(recorder) == {"accepted": 30}
    assert len(list(recorder.lead_ids())) == 30


# --- a server that goes and comes ---


FAULTS = {
    "a table is gone": (
        "ALTER TABLE card RENAME TO lost",
        "ALTER TABLE lost RENAME TO card",
    ),
    "a standby has taken over": (
        "ALTER DATABASE {name} SET default_transaction_read_only = on",
        "ALTER DATABASE {name} RESET default_transaction_read_only",
    ),
}


OTHERS = """
    FROM pg_stat_activity WHERE backend_type = 'client backend'
    AND datname = current_database() AND pid <> pg_backend_pid()"""


def end_others(connection: psycopg.Connection) -> None:
    """Every connection of this database but the given one, and wait until they are gone."""
    connection.execute(f"SELECT pg_terminate_backend(pid) {OTHERS}".encode())
    query = f"SELECT count(*) {OTHERS}".encode()
    wait_until(lambda: connection.execute(query).fetchone() == (0,))


def pooled(recorder: PostgresCustomerRecorder, count: int) -> None:
    """Have so many connections lie in its pool."""
    together = threading.Barrier(count)

    def connect() -> None:
        with recorder.datastore.get_connection():
            together.wait(30)

    with ThreadPoolExecutor(count) as threads:
        for connected in [threads.submit(connect) for _ in range(count)]:
            connected.result()


def test_one_connection_works_while_one_is_enough(recorder):
    """In turns, each would prepare every statement for itself."""
    pooled(recorder, 4)
    used = set()
    for _ in range(8):
        with recorder.datastore.get_connection() as connection:
            used.add(connection.info.backend_pid)
    assert len(used) == 1


def test_connections_that_died_together_are_nobodys_fault(far, proxy):
    """Taken up one by one, each would cost whoever asks a pause."""
    pooled(far, 8)
    assert proxy.reset() == 8
    assert far.last_position() == 0


@pytest.mark.parametrize("fault", FAULTS)
def test_a_fault_of_the_store_is_never_taken_for_one_of_a_lead(database, recorder, fault):
    """It is told as one that passes, so that the lead is tried again and not put aside."""
    handler = BatchHandler(base_on(recorder))
    handler.handle(logged(*phones(3)))
    with psycopg.connect(database, autocommit=True) as connection:

        def change(statement: str) -> None:
            connection.execute("SET default_transaction_read_only = off")
            connection.execute(statement.format(name=connection.info.dbname).encode())
            end_others(connection)

        broken, mended = FAULTS[fault]
        change(broken)
        for _ in range(2):
            with pytest.raises(OperationalError):
                handler.handle(logged(*phones(3, start=3), start=3))
        change(mended)
    handler.handle(logged(*phones(3, start=3), start=3))
    assert outcomes(recorder) == {"accepted": 6}


def test_a_lead_that_this_store_cannot_write_goes_to_quarantine_alone(recorder):
    """PostgreSQL takes no NUL in a text: the account is one."""
    bad = msgspec.structs.replace(phones(1)[0], account="a\x00b")
    BatchHandler(base_on(recorder)).handle(logged(bad, *phones(5, start=1)))
    assert outcomes(recorder) == {"accepted": 5, "quarantined": 1}


def test_a_connection_that_the_server_ended_meanwhile_is_nobodys_fault(database, recorder):
    recorder.save(Changes(events=[formed(A)]))
    with psycopg.connect(database, autocommit=True) as connection:
        end_others(connection)
    assert recorder.save(Changes(events=[formed(B)])) == 2
    assert recorder.last_position() == 2


# --- statements that are prepared once ---


@pytest.fixture
def alone(database) -> Iterator[PostgresCustomerRecorder]:
    """With a single connection."""
    recorder = PostgresCustomerRecorder(database, pool_size=1)
    yield recorder
    recorder.close()


def test_what_is_broken_off_leaves_every_statement_prepared(alone):
    """To prepare them anew costs as much as a batch does."""
    changes = Changes(events=[formed(A)], keys={A: B}, positions={"p": (-1, 0)})
    alone.save(changes)
    before = prepared(alone)
    with pytest.raises(IntegrityError):
        alone.save(changes)
    with pytest.raises(ZeroDivisionError), alone.snapshot() as moment:
        1 // moment.cards([A]).get(A, 0)
    assert prepared(alone) >= before
    assert alone.save(Changes(events=[formed(B)])) == 2


def test_statements_that_somebody_threw_away_are_prepared_anew(alone):
    """As whoever shares sessions does; the transaction is one that passes at the second try."""
    alone.save(Changes(events=[formed(A)]))
    with alone.datastore.get_connection() as connection:
        connection.execute("DEALLOCATE ALL")
    with pytest.raises(OperationalError, match="prepared"):
        alone.save(Changes(events=[formed(B)]))
    assert alone.save(Changes(events=[formed(B)])) == 2


def prepared(recorder: PostgresCustomerRecorder) -> set[str]:
    with recorder.datastore.get_connection() as connection:
        rows = connection.execute("SELECT name FROM pg_prepared_statements").fetchall()
    return {row["name"] for row in rows}


# --- what it refuses ---


def test_a_schema_with_the_librarys_writing_function_is_refused(database):
    with psycopg.connect(database, autocommit=True) as connection:
        connection.execute(
            "CREATE FUNCTION es_insert_events_uuid() RETURNS int LANGUAGE sql AS 'SELECT 1'"
        )
    with pytest.raises(StoreUnfit, match="unset POSTGRES_ENABLE_DB_FUNCTIONS"):
        PostgresCustomerRecorder(database)


def test_a_database_that_does_not_commit_durably_is_refused(database):
    name = psycopg.conninfo.conninfo_to_dict(database)["dbname"]
    with psycopg.connect(database, autocommit=True) as connection:
        connection.execute(f'ALTER DATABASE "{name}" SET synchronous_commit = off'.encode())
    with pytest.raises(StoreUnfit, match="set it to on"):
        PostgresCustomerRecorder(database)


def test_a_database_in_another_encoding_is_refused(postgres, database):
    with psycopg.connect(postgres, autocommit=True) as connection:
        name = f"latin_{time.time_ns()}"
        connection.execute(
            f"CREATE DATABASE {name} ENCODING LATIN1 LOCALE 'C' TEMPLATE template0".encode()
        )
    with pytest.raises(StoreUnfit, match="ENCODING 'UTF8'"):
        PostgresCustomerRecorder(f"{database.rpartition('/')[0]}/{name}")


@pytest.mark.parametrize(
    ("url", "schema"), [("postgres:/nonsense", "public"), ("postgresql://h/db", "a; DROP")]
)
def test_an_impossible_address_is_explained(url, schema):
    with pytest.raises(StoreUnfit, match=r"no address|no name"):
        PostgresCustomerRecorder(url, schema=schema)


def test_a_server_that_is_not_there_is_no_unfit_store():
    with pytest.raises(OperationalError, match="does not answer"):
        PostgresCustomerRecorder("postgresql://leadlog@127.0.0.1:1/nothing")


def test_the_address_says_whom_tls_trusts(own_postgres: PostgresServer, tmp_path):
    ours, other = Authority(tmp_path, "ours"), Authority(tmp_path, "other")
    own_postgres.speak_tls(ours.signed("server"))
    by_tls = f"{own_postgres.url()}?sslmode=verify-full&sslrootcert="
    wait_until(lambda: answers(f"{by_tls}{ours.file}"))
    recorder = PostgresCustomerRecorder(f"{by_tls}{ours.file}")
    with recorder.datastore.transaction(commit=False) as cursor:
        cursor.execute("SELECT ssl FROM pg_stat_ssl WHERE pid = pg_backend_pid()")
        assert cursor.fetchone()["ssl"] is True
    recorder.close()
    with pytest.raises(OperationalError, match="certificate verify failed"):
        PostgresCustomerRecorder(f"{by_tls}{other.file}")


def answers(url: str) -> bool:
    """Whether a server that has just read its settings speaks TLS already."""
    try:
        psycopg.connect(url, connect_timeout=2).close()
    except psycopg.OperationalError:
        return False
    return True


def test_a_truncated_store_is_refused_by_the_store(database, recorder):
    recorder.save(Changes(events=[formed(A)]))
    with (
        psycopg.connect(database) as connection,
        pytest.raises(psycopg.errors.RaiseException, match="never"),
    ):
        connection.execute("TRUNCATE stored_events")


# --- many processes, many keys ---


def test_any_number_of_processes_may_start_at_once(database):
    faults: list[BaseException] = []

    def start(number: int) -> None:
        try:
            recorder = PostgresCustomerRecorder(database)
            recorder.save(Changes(events=[formed(an_id(number + 1))]))
            recorder.close()
        except BaseException as fault:  # noqa: BLE001 - told to the test
            faults.append(fault)

    threads = [threading.Thread(target=start, args=(number,)) for number in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert not faults
    recorder = PostgresCustomerRecorder(database)
    assert [r.position for r in recorder.read(0, 100)] == list(range(1, 9))
    recorder.close()


def test_a_start_does_not_wait_for_those_who_write(database, recorder):
    """Once the tables are there: another writer's open transaction holds nobody up."""
    recorder.save(Changes(cards={A: (0, card(A))}))
    with psycopg.connect(database) as other:
        other.execute("UPDATE card SET version = version")
        other.execute("INSERT INTO key VALUES ('a', 'b')")
        with ThreadPoolExecutor(1) as apart:
            opened = apart.submit(PostgresCustomerRecorder, database)
            try:
                opened.result(60).close()
            finally:
                other.rollback()


def test_schemas_of_one_database_are_stores_of_their_own(database):
    first = PostgresCustomerRecorder(database, schema="one")
    second = PostgresCustomerRecorder(database, schema="two")
    first.save(Changes(events=[formed(A)], positions={"p": (-1, 1)}))
    assert (first.last_position(), second.last_position()) == (1, 0)
    assert second.max_tracking_id("p") is None
    first.close()
    second.close()


def test_every_look_up_goes_by_an_index_though_nobody_counted_the_rows(database, recorder):
    """Never a scan: with a planner that knows nothing yet, that is where a store gets slow."""
    with psycopg.connect(database, autocommit=True) as connection:
        for table in ("card", "key", "pair", "appearance", "stored_events", "hand", "secret"):
            connection.execute(f"ALTER TABLE {table} SET (autovacuum_enabled = off)".encode())
    time.sleep(1)  # who made the tables has reported by now
    before, _ = scans_and_probes(database)
    base = base_on(recorder)
    for start in range(0, 1500, 300):
        leads = [
            lead(
                n,
                ("phone", f"+7912{n % 1000:07}", "claimed"),
                ("email", f"{n % 700}@a.ru", "claimed"),
                delivery=n % 2,
            )
            for n in range(start, start + 300)
        ]
        base.handle([Entry("p", start + n, Lead(one)) for n, one in enumerate(leads)])
    recorder.close()  # a connection that ends reports what it did
    wait_until(
        lambda: min(scans_and_probes(database)[1][t] for t in ("card", "stored_events")) > 1000
    )
    after, _ = scans_and_probes(database)
    scanned = {table for table, count in after.items() if count > before[table]}
    assert not scanned & {"card", "key", "pair", "appearance", "stored_events", "hand", "secret"}


def scans_and_probes(database: str) -> tuple[dict[str, int], dict[str, int]]:
    with psycopg.connect(database) as connection:
        rows = connection.execute(
            "SELECT relname, seq_scan, idx_scan FROM pg_stat_user_tables"
        ).fetchall()
    return {row[0]: row[1] for row in rows}, {row[0]: row[2] for row in rows}
