"""The plain loop with several lanes: batches of different partitions at once, each in order."""

import threading

import pytest

from ingest.log.port import Logged, LogRewound, RecordType
from ingest.processor.loop import ProcessorLoop

WITHIN_S = 30


class Log:
    """Partitions of so many records each; `broken` cannot be read."""

    def __init__(self, *lengths, broken=""):
        self.records = {
            f"p{n}": [Logged(f"p{n}", o, RecordType.LEAD, b"") for o in range(length)]
            for n, length in enumerate(lengths)
        }
        self.broken = broken

    def partitions(self):
        return tuple(self.records)

    def read(self, partition, after, limit):
        if partition == self.broken:
            raise LogRewound(partition)
        return self.records[partition][after + 1 :][:limit]

    def end(self, partition):
        return len(self.records[partition]) - 1


class Store:
    """A handler that notes what it is given, and the positions of a store that has nothing."""

    def __init__(self, stop=None, expected=0, together=None):
        self.taken: list[tuple[str, int]] = []
        self.stop, self.expected, self.together = stop, expected, together

    def handle(self, records):
        if self.together is not None:
            self.together.wait(WITHIN_S)
        self.taken += [(record.partition, record.offset) for record in records]
        if len(self.taken) == self.expected:
            self.stop.set()

    def max_tracking_id(self, application_name):
        return None


def test_lanes_take_every_record_once_and_in_the_order_of_its_partition():
    stop = threading.Event()
    log, store = Log(120, 50, 75, 0, 33), Store(stop, expected=278)
    ProcessorLoop(log, store, store, batch=10, lanes=2).run(stop)
    for partition, records in log.records.items():
        assert [o for p, o in store.taken if p == partition] == list(range(len(records)))


def test_one_lane_decides_while_the_other_waits():
    """Neither of two batches ends before the other has begun."""
    stop = threading.Event()
    store = Store(stop, expected=2, together=threading.Barrier(2))
    ProcessorLoop(Log(1, 1), store, store, lanes=2).run(stop)
    assert sorted(store.taken) == [("p0", 0), ("p1", 0)]


@pytest.mark.parametrize("broken", ["p0", "p1"])
def test_what_ends_a_lane_ends_them_all_and_is_told(broken):
    store = Store()
    with pytest.raises(LogRewound):
        ProcessorLoop(Log(5, 5, broken=broken), store, store, lanes=2).run(threading.Event())
