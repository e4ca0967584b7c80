"""A processor that stands still while there is work ends its process."""

import pytest
from eventsourcing.persistence import OperationalError

from ingest.log.port import LogRewound, LogUnavailable
from ingest.processor.watchdog import Watchdog


class World:
    """A log, positions, an assignment and a clock; `bitten` is whom the watchdog bit."""

    def __init__(self):
        self.ends = {"a": 10, "b": 10}
        self.positions = {"a": 5, "b": 5}
        self.assigned = {"a", "b"}
        self.waiting = False
        self.away: Exception | None = None
        self.now = 0.0
        self.bitten: list[str] = []
        self.dog = Watchdog(
            self,
            self,
            mine=lambda: self.assigned,
            excused=lambda: self.waiting,
            stuck_after=60.0,
            bite=lambda why: self.bitten.append(why.split()[2]),
            clock=lambda: self.now,
        )

    def partitions(self):
        return tuple(self.ends)

    def end(self, partition):
        if self.away:
            raise self.away
        return self.ends[partition]

    def max_tracking_id(self, application_name):
        return self.positions.get(application_name)

    def later(self, seconds):
        self.now += seconds
        self.dog.look()
        return self.bitten


@pytest.fixture
def world():
    world = World()
    world.dog.look()
    return world


def test_it_bites_after_the_time_and_not_before(world):
    assert world.later(59) == []
    assert world.later(1) == ["a"]


def test_progress_of_one_partition_does_not_excuse_another(world):
    for _ in range(4):
        world.positions["a"] += 1
        world.later(20)
    assert world.bitten[0] == "b"


def test_progress_however_slow_is_progress(world):
    for _ in range(3):
        world.positions = {p: o + 1 for p, o in world.positions.items()}
        assert world.later(59) == []


def test_no_work_is_no_fault(world):
    world.positions = dict(world.ends)
    assert world.later(1000) == []
    world.ends["a"] += 1
    assert world.later(1) == []
    assert world.later(58) == []
    assert world.later(2) == ["a"]


def test_a_partition_that_nobody_has_begun_counts(world):
    world.ends["c"] = 0
    world.assigned = {"c"}
    world.later(1)
    assert world.later(60) == ["c"]


def test_partitions_of_others_are_theirs(world):
    world.assigned = {"a"}
    world.positions["a"] = 10
    assert world.later(1000) == []


def test_without_partitions_it_bites_only_when_nobody_works(world):
    world.assigned = set()
    world.positions["a"] += 1
    world.later(30)
    assert world.later(59) == []
    world.positions["a"] += 1
    assert world.later(30) == []
    assert world.later(60) == ["a"]


def test_a_log_or_a_store_that_is_away_proves_nothing(world):
    for away in (LogUnavailable("away"), OperationalError("away")):
        world.away = away
        assert world.later(1000) == []
        world.away = None
        assert world.later(59) == []
        world.positions = {p: o + 1 for p, o in world.positions.items()}
        world.later(1)


def test_waiting_for_a_store_is_no_standing_still(world):
    world.waiting = True
    assert world.later(1000) == []
    world.waiting = False
    assert world.later(59) == []
    assert world.later(60) == ["a"]


def test_a_log_that_ends_before_what_was_processed_is_no_log_of_ours(world):
    world.ends["a"] = 3
    with pytest.raises(LogRewound):
        world.later(1)
