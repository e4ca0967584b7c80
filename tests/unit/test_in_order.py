"""Between a transport that may do anything and the batch handler: every record once, in order."""

import threading

import pytest
from eventsourcing.persistence import OperationalError

from ingest.log.port import Logged, LogUnavailable, RecordType
from ingest.processor.in_order import InOrder


def at(offset: int, partition: str = "p") -> Logged:
    return Logged(partition, offset, RecordType.LEAD, b"")


class Store:
    """A batch handler and its positions; notes each record that it processed."""

    def __init__(self):
        self.processed: list[tuple[str, int]] = []
        self.batches: list[int] = []
        self.decoded: list[tuple[str, int]] = []
        self.positions: dict[str, int] = {}
        self.faults: list[BaseException] = []

    def handle(self, records, meanwhile=None):
        if meanwhile:
            meanwhile()
        if self.faults:
            raise self.faults.pop(0)
        self.batches.append(len(records))
        for record in records:
            if record.offset > self.positions.get(record.partition, -1):
                self.processed.append((record.partition, record.offset))
                self.positions[record.partition] = record.offset

    def ahead(self, records):
        self.decoded += [(record.partition, record.offset) for record in records]

    def max_tracking_id(self, application_name):
        return self.positions.get(application_name)


class Log:
    def __init__(self, offsets):
        self.offsets = sorted(offsets)
        self.faults: list[BaseException] = []

    def read(self, partition, after, limit):
        if self.faults:
            raise self.faults.pop(0)
        return [at(o, partition) for o in self.offsets if o > after][:limit]


@pytest.fixture
def store():
    return Store()


def taken(store, *arrivals, log=range(100), batch=500):
    """What is processed when a transport brings these offsets, one list after the other."""
    in_order = InOrder(store, store, log if isinstance(log, Log) else Log(log), batch=batch)
    for offsets in arrivals:
        assert in_order.take([at(offset) for offset in offsets], threading.Event())
    return [offset for _, offset in store.processed]


def test_what_comes_in_order_is_processed_in_order(store):
    assert taken(store, range(5), range(5, 9)) == list(range(9))


def test_what_comes_twice_is_processed_once(store):
    assert taken(store, [0, 1, 1, 2], [1, 2, 3], [3]) == [0, 1, 2, 3]


@pytest.mark.parametrize(
    "arrivals",
    [
        [[3]],
        [[0, 1], [4, 5]],
        [[0, 3, 4]],
        [[5, 4, 3, 2, 1, 0]],
        [[0, 2, 4], [9]],
    ],
)
def test_what_the_transport_skipped_is_read_from_the_log(store, arrivals):
    last = max(max(offsets) for offsets in arrivals)
    assert taken(store, *arrivals) == list(range(last + 1))


def test_a_long_gap_is_processed_in_batches(store):
    assert taken(store, [95], batch=10) == list(range(96))
    assert max(store.batches) == 10


def test_a_hole_in_the_log_itself_is_passed_over(store):
    assert taken(store, [0, 1, 7, 8], log=[0, 1, 7, 8]) == [0, 1, 7, 8]


def test_work_of_another_process_is_no_gap(store):
    in_order = InOrder(store, store, Log([]))
    in_order.take([at(0), at(1)], threading.Event())
    store.positions["p"] = 50
    assert in_order.take([at(51)], threading.Event())
    assert store.processed == [("p", 0), ("p", 1), ("p", 51)]


def test_partitions_have_each_their_own_order(store):
    in_order = InOrder(store, store, Log(range(10)))
    in_order.take([at(0, "a"), at(2, "b"), at(1, "a")], threading.Event())
    assert [offset for partition, offset in store.processed if partition == "a"] == [0, 1]
    assert [offset for partition, offset in store.processed if partition == "b"] == [0, 1, 2]
    assert (in_order.done("a"), in_order.done("b"), in_order.done("c")) == (1, 2, -1)


@pytest.mark.parametrize("fault", [OperationalError("away"), RuntimeError("a bug"), KeyError("x")])
def test_no_fault_of_the_handler_loses_a_record(store, fault):
    store.faults = [fault, fault]
    assert taken(store, [0, 1], [2]) == [0, 1, 2]


def test_no_fault_of_the_log_loses_a_record(store):
    log = Log(range(100))
    log.faults = [LogUnavailable("away"), RuntimeError("a bug")]
    assert taken(store, [3], log=log) == [0, 1, 2, 3]


def test_a_stop_is_told_from_done(store):
    store.faults = [OperationalError("away")] * 1000
    stop = threading.Event()
    in_order = InOrder(store, store, Log([]))
    threading.Timer(0.1, stop.set).start()
    assert not in_order.take([at(0)], stop)
    assert in_order.waiting
    assert in_order.done("p") == -1


def test_only_a_store_that_is_away_excuses_standing_still(store):
    in_order = InOrder(store, store, Log([]))
    store.faults = [RuntimeError("a bug")] * 1000
    stop = threading.Event()
    threading.Timer(0.1, stop.set).start()
    in_order.take([at(0)], stop)
    assert not in_order.waiting


class Slow(Store):
    """Needs so many seconds for each record, by a clock of its own."""

    def __init__(self, each_s):
        super().__init__()
        self.each_s = each_s
        self.now = 0.0
        self.took: list[float] = []

    def handle(self, records, meanwhile=None):
        super().handle(records, meanwhile)
        self.took.append(len(records) * self.each_s)
        self.now += self.took[-1]


@pytest.mark.parametrize("each_s", [0.1, 0.5, 2.0])
def test_a_batch_takes_some_seconds_however_slow_the_store(each_s):
    """A watchdog that saw nothing for a minute would end the process, and the next likewise."""
    store = Slow(each_s)
    in_order = InOrder(store, store, Log(range(400)), clock=lambda: store.now)
    in_order.take([at(offset) for offset in range(400)], threading.Event())
    assert len(store.processed) == 400
    assert max(store.took[6:]) <= 10


def test_batches_grow_while_the_store_is_quick():
    store = Slow(0.001)
    in_order = InOrder(store, store, Log(range(5000)), clock=lambda: store.now)
    in_order.take([at(offset) for offset in range(5000)], threading.Event())
    assert store.batches[-2] == 500


def test_what_waits_is_decoded_while_the_batch_before_it_is_saved():
    store = Store()
    in_order = InOrder(store, store, Log(range(100)), batch=20)
    in_order.take([at(offset) for offset in range(100)], threading.Event())
    assert store.decoded == [("p", offset) for offset in range(20, 100)]
    assert store.processed == [("p", offset) for offset in range(100)]


def test_a_stop_is_heard_between_two_batches():
    stop = threading.Event()

    class Stops(Store):
        def handle(self, records, meanwhile=None):
            super().handle(records, meanwhile)
            stop.set()

    stops = Stops()
    in_order = InOrder(stops, stops, Log(range(100)), batch=10)
    assert not in_order.take([at(offset) for offset in range(100)], stop)
    assert len(stops.processed) == 10
    assert in_order.done("p") == 9
