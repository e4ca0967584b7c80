"""What goes on in pieces beside the processor: one thing that fails holds up nothing else."""

import threading

import pytest
from eventsourcing.persistence import OperationalError
from prometheus_client import REGISTRY
from structlog.testing import capture_logs

from eventstore.customer_base import Contended
from eventstore.rows import Pending
from ingest.processor.following import FollowerLoop


class Work:
    """Stands in for the follower: `a` fails with `fault`, `b` has three pieces."""

    def __init__(self, fault):
        self.fault = fault
        self.done = 0
        self.reading = lambda beat: beat()

    def left(self):
        return 3 - self.done

    def everything(self):
        return [b"a", b"b"]

    def pieces_of(self, name, beat):
        if name == b"a":
            raise self.fault
        self.reading(beat)
        while self.done < 3:
            self.done += 1
            yield Pending("deals", self.done, 3)


class Lease:
    """Ours so many times."""

    def __init__(self, times):
        self.times = times
        self.released = False

    def held(self):
        self.times -= 1
        return self.times >= 0

    def release(self):
        self.released = True


def tries_that_failed():
    return REGISTRY.get_sample_value("leadlog_pieces_failed_total")


@pytest.mark.parametrize(
    ("fault", "level", "event"),
    [
        (KeyError("a deal that nobody opened"), "error", "pieces_failed"),
        (Contended("50 times"), "info", "pieces_wait"),
    ],
)
def test_one_that_fails_is_told_and_the_others_are_carried_out(fault, level, event):
    work = Work(fault)
    failed = tries_that_failed()
    with capture_logs() as said:
        FollowerLoop(work).step(threading.Event())
    assert work.done == 3
    assert tries_that_failed() - failed == (level == "error")
    assert [(line["log_level"], line["event"], line["of"]) for line in said] == [
        (level, event, b"a".hex())
    ]


def test_a_store_that_is_away_is_told_to_whoever_waits_for_it():
    with pytest.raises(OperationalError):
        FollowerLoop(Work(OperationalError("away"))).step(threading.Event())


def test_whoever_loses_the_lease_stops_after_the_piece():
    work, lease = Work(Contended("50 times")), Lease(3)
    FollowerLoop(work, lease).step(threading.Event())
    assert work.done == 2


def test_whoever_is_to_stop_leaves_off_while_it_reads():
    stop, work = threading.Event(), Work(Contended("50 times"))

    def reading(beat):
        beat()
        stop.set()
        beat()
        pytest.fail("it went on")

    work.reading = reading
    FollowerLoop(work).step(stop)
    assert work.done == 0


def test_at_its_end_another_may_have_the_lease():
    stop, lease = threading.Event(), Lease(0)
    stop.set()
    FollowerLoop(Work(None), lease).run(stop)
    assert lease.released
