"""What comes next is read and decoded while a batch is saved, and changes nothing of that."""

import threading

import msgspec
import pytest
from eventsourcing.persistence import IntegrityError
from support.worlds import KEYRING, lead

from eventstore.customer_base import CustomerBase
from eventstore.domain.matching import Matching
from eventstore.domain.pipeline import SALES
from eventstore.policy import Policy
from eventstore.recorders.sqlite import SQLiteCustomerRecorder
from ingest.log.port import Logged, LogUnavailable, RecordType
from ingest.processor import batch
from ingest.processor.batch import BatchHandler
from ingest.processor.loop import ProcessorLoop

PARTITIONS = ("p", "q")


def logged(partition: str, offset: int) -> Logged:
    if offset == 13:
        return Logged(partition, offset, RecordType.LEAD, b"{no lead")
    number = 2 * offset + PARTITIONS.index(partition)
    content = lead(number, ("phone", f"+7912000{offset % 5:04d}", "claimed"))
    return Logged(partition, offset, RecordType.LEAD, msgspec.json.encode(content))


class Log:
    """So many records in each partition; notes what is read, and may be away."""

    def __init__(self, count: int) -> None:
        self.records = {p: [logged(p, offset) for offset in range(count)] for p in PARTITIONS}
        self.reads: list[tuple[str, int]] = []
        self.away: set[int] = set()

    def partitions(self):
        return PARTITIONS

    def read(self, partition, after, limit):
        self.reads.append((partition, after))
        if len(self.reads) in self.away:
            raise LogUnavailable("away")
        return self.records[partition][after + 1 : after + 1 + limit]

    def end(self, partition):
        return len(self.records[partition]) - 1


@pytest.fixture
def base(tmp_path):
    recorder = SQLiteCustomerRecorder(tmp_path / "events.db")
    yield CustomerBase(recorder, KEYRING, Policy.of(Matching(), [SALES]))
    recorder.close()


@pytest.fixture
def decoded(monkeypatch):
    """In which thread, and behind how many saves, each record was decoded."""
    seen: list[tuple[str, int]] = []
    entry = batch._entry

    def noting(record):
        seen.append((record.partition, record.offset))
        return entry(record)

    monkeypatch.setattr(batch, "_entry", noting)
    return seen


def test_a_loop_that_is_behind_decodes_each_record_once_and_mostly_ahead(base, decoded):
    log = Log(95)
    saves: list[int] = []
    save = base.recorder.save

    def saving(changes, meanwhile=None):
        before = len(decoded)
        position = save(changes, meanwhile)
        saves.append(len(decoded) - before)
        return position

    base.recorder.save = saving
    loop = ProcessorLoop(log, BatchHandler(base), base.recorder, batch=10)
    assert loop.drain() == 190
    assert sorted(decoded) == sorted((p, n) for p in PARTITIONS for n in range(95))
    assert sum(saves) == 170  # all but the first batch of each partition
    assert sum(base.recorder.ledger().values()) == 190
    read = [place for place in log.reads if place[1] < 94]
    assert len(set(read)) == len(read)  # nothing is read twice
    assert len(base.recorder.quarantined()) == 2


def test_a_log_that_is_away_while_the_loop_looks_ahead_is_read_in_its_turn(base):
    log = Log(100)
    log.away = {2, 4, 6}  # reads that look ahead
    loop = ProcessorLoop(log, BatchHandler(base), base.recorder, batch=10)
    assert loop.drain() == 200
    assert sum(base.recorder.ledger().values()) == 200


def test_a_loop_looks_ahead_once_however_often_it_has_to_save(base, decoded):
    log, save, races = Log(40), base.recorder.save, [1, 1, 1]

    def overtaken(changes, meanwhile=None):
        if meanwhile and races:
            races.pop()
            meanwhile()
            raise IntegrityError("another writer was first")
        return save(changes, meanwhile)

    base.recorder.save = overtaken
    assert ProcessorLoop(log, BatchHandler(base), base.recorder, batch=10).drain() == 80
    assert not races
    read = [place for place in log.reads if place[1] < 39]
    assert len(set(read)) == len(read)
    assert len(decoded) == 80


def test_what_another_process_passed_meanwhile_is_not_handled_again(base):
    log = Log(40)
    loop = ProcessorLoop(log, BatchHandler(base), base.recorder, batch=10)
    loop.step(threading.Event())
    BatchHandler(base).handle(log.records["p"][10:25])
    assert loop.drain() > 0
    counts = base.recorder.ledger()
    assert sum(counts.values()) == 80
    assert base.recorder.max_tracking_id("p") == base.recorder.max_tracking_id("q") == 39


def test_what_was_decoded_for_partitions_that_have_gone_is_let_go(base):
    handler = BatchHandler(base)
    for number in range(1000):
        handler.ahead([Logged(f"p{number}", 0, RecordType.LEAD, b"{}")])
    assert len(handler._ahead) <= 101


def test_other_records_than_were_expected_are_decoded_themselves(base, decoded):
    handler, records = BatchHandler(base), Log(10).records["p"]
    handler.ahead([records[0], *records[2:5]])
    handler.handle(records)
    handler.handle([records[9]])
    assert sum(base.recorder.ledger().values()) == 10
    assert [offset for _, offset in decoded] == [0, 2, 3, 4, *range(10), 9]
