"""Events into PostgreSQL through the recorder, against pgbench that inserts as many rows."""

import os
import re
import shutil
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

from eventstore.domain.events import LeadIdentity, LeadRecorded
from eventstore.mapper import to_state
from eventstore.rows import Changes
from leadlog.bench.clock import timed
from leadlog.bench.pair import Benchmark, Sample, Setting, Sides

if TYPE_CHECKING:
    from eventstore.recorders.postgres import PostgresCustomerRecorder

ROWS = 100
_DEBIAN = Path("/usr/lib/postgresql")
_TABLE = """
CREATE TABLE IF NOT EXISTS bench_rows (
    position bigserial PRIMARY KEY, stream uuid, version int, topic text, state bytea,
    UNIQUE (stream, version))
"""
_SCRIPT = """
INSERT INTO bench_rows (stream, version, topic, state)
SELECT gen_random_uuid(), 1, 'R', decode(repeat('ab', {size}), 'hex')
FROM generate_series(1, {rows});
"""
_EVENT = LeadRecorded(
    event_id=bytes(16),
    channel="webform",
    account="site",
    kind="form",
    direction="in",
    occurred_at=1_772_000_000_000,
    received_at=1_772_000_000_000,
    identities=(LeadIdentity(bytes(16), "phone", attested=False, rank=0),),
    rules=1,
    deal=bytes(16),
    opened=True,
    leaf=bytes(16),
)
"""As large as most, without anything personal: sealing is measured elsewhere."""
_RATE = re.compile(rb"tps = ([\d.]+)")


@contextmanager
def opened(setting: Setting) -> Iterator[Sides]:
    """Streams are new in every round: no index finds anything warm that the other has not."""
    import psycopg

    from eventstore.recorders.postgres import PostgresCustomerRecorder

    statements = setting.amount(200, 10)
    recorder = PostgresCustomerRecorder(setting.postgres)
    size = len(to_state(_EVENT))
    with setting.scratch() as folder, psycopg.connect(setting.postgres, autocommit=True) as own:
        own.execute(_TABLE)
        script = folder / "insert.sql"
        script.write_text(_SCRIPT.format(size=size, rows=ROWS), encoding="utf-8")
        try:
            yield Sides(
                lambda _: timed(lambda: _append(recorder, statements)),
                lambda _: _insert(script, statements, setting.postgres),
                note=f"durable transactions of {ROWS} rows with {size} bytes of state, one after"
                " the other by one connection; pgbench has its rows made by the server, where ours"
                " come from Python; CPU is the client's alone",
            )
        finally:
            recorder.close()
            own.execute("DROP TABLE bench_rows")


def _append(recorder: "PostgresCustomerRecorder", statements: int) -> int:
    for _ in range(statements):
        recorder.save(Changes(events=[(os.urandom(16), 1, _EVENT, None) for _ in range(ROWS)]))
    return statements * ROWS


def _insert(script: Path, statements: int, url: str) -> Sample:
    before = os.times()
    command = [_pgbench(), "-n", "-c1", "-t", str(statements), "-f", str(script), url]
    done = subprocess.run(command, capture_output=True, check=True)  # noqa: S603 - our own words
    found = _RATE.search(done.stdout)
    if found is None:
        raise RuntimeError(f"pgbench told no rate: {done.stdout!r}")
    after = os.times()
    cpu = after.children_user + after.children_system
    cpu -= before.children_user + before.children_system
    return Sample(statements * ROWS, statements / float(found[1]), cpu)


def _pgbench() -> str:
    for folder in sorted(_DEBIAN.glob("*/bin"), reverse=True):
        if (folder / "pgbench").exists():
            return str(folder / "pgbench")
    if found := shutil.which("pgbench"):
        return found
    raise FileNotFoundError("pgbench is needed: apt-get install postgresql-contrib")


BENCHMARK = Benchmark(
    name="postgres-append",
    a="recorder: events with their positions, gapless",
    b="pgbench: the same rows by one statement",
    unit="events/s",
    aim=0.55,
    needs=("postgres",),
    open=opened,
)
