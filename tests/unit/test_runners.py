"""Roles as loops in threads: how they end."""

import signal
import threading
from collections.abc import Iterator

import pytest
from support.waiting import wait_until

from leadlog.runners import Runner


class Ends:
    """A loop that has enough before anybody tells it to stop."""

    def run(self, stop: threading.Event) -> None:
        pass


class GoesOn:
    def run(self, stop: threading.Event) -> None:
        stop.wait()


class FailsAtTheEnd:
    def run(self, stop: threading.Event) -> None:
        stop.wait()
        raise ConnectionError("the store has gone first")


@pytest.fixture
def told_to_end() -> Iterator[threading.Event]:
    """Set when the process would have ended."""
    told = threading.Event()
    before = signal.signal(signal.SIGTERM, lambda *_: told.set())
    yield told
    signal.signal(signal.SIGTERM, before)


def test_a_role_that_ends_by_itself_is_a_fault_and_ends_the_process(told_to_end):
    """Alive without it, the process would look well, and nobody would start it again."""
    runner = Runner("publisher", Ends)
    runner.start(threading.Event())
    assert runner.ends_within(60)
    wait_until(told_to_end.is_set)  # a handler runs when this thread does
    assert runner.state.startswith("failed")


def test_a_role_that_is_told_to_stop_ends_well(told_to_end):
    stop = threading.Event()
    runner = Runner("publisher", GoesOn)
    runner.start(stop)
    stop.set()
    assert runner.ends_within(60)
    assert (runner.fault, told_to_end.is_set()) == (None, False)


def test_a_role_that_fails_while_it_is_stopped_does_not_cut_off_the_end_of_the_others(told_to_end):
    stop = threading.Event()
    runner = Runner("publisher", FailsAtTheEnd)
    runner.start(stop)
    stop.set()
    assert runner.ends_within(60)
    assert (runner.state[:6], told_to_end.is_set()) == ("failed", False)
