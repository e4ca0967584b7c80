"""A command that comes while a server starts, ends or has just been killed."""

import os
import socket
import threading
import time
from contextlib import contextmanager

import pytest

from leadlog import control
from leadlog.cli import ask as asking
from leadlog.cli.ask import ask, settings
from leadlog.ownership import DataInUse, DataLock

MOMENT_S = 0.3


@pytest.fixture
def chosen(tmp_path):
    return settings(None, tmp_path / "data")


@contextmanager
def held(data, *, seconds=None):
    """The data directory is another one's, for so long or to the end of the block."""
    lock, over = DataLock(data), threading.Event()
    assert lock.take()

    def let_go():
        over.wait(seconds)
        lock.release()

    holder = threading.Thread(target=let_go)
    holder.start()
    try:
        yield
    finally:
        over.set()
        holder.join()


def told(url):
    """What a server has told of itself, that says nothing now."""
    return control.Address(url, "token", os.getpid())


def test_it_waits_for_a_server_that_ends(chosen):
    with held(chosen.data, seconds=MOMENT_S):
        assert list(ask(chosen, "card.list")) == []


def test_it_waits_for_one_that_starts_and_has_not_told_where_it_is(chosen):
    with held(chosen.data, seconds=MOMENT_S):
        control.announce(chosen.data)
        assert list(ask(chosen, "card.list")) == []


def test_it_waits_for_one_that_took_no_more_questions_after_it_had_told_where_it_is(chosen):
    with socket.socket() as nobody, held(chosen.data, seconds=MOMENT_S):
        nobody.bind(("127.0.0.1", 0))  # it does not listen
        address = told(f"http://127.0.0.1:{nobody.getsockname()[1]}")
        control.update(chosen.data, address, address.url)
        assert list(ask(chosen, "card.list")) == []


def test_what_a_killed_server_told_is_forgotten_by_whoever_has_the_data_next(chosen):
    DataLock(chosen.data).release()
    control.update(chosen.data, told("http://127.0.0.1:9"), "http://127.0.0.1:9")
    assert list(ask(chosen, "card.list")) == []
    assert control.running(chosen.data) is None


@pytest.mark.parametrize(
    ("announced", "fault", "said"),
    [(False, DataInUse, "stop it first"), (True, control.NotReached, "is starting on this data")],
)
def test_it_does_not_wait_for_ever(chosen, monkeypatch, announced, fault, said):
    monkeypatch.setattr(asking, "_PATIENCE_S", MOMENT_S)
    with held(chosen.data):
        if announced:
            control.announce(chosen.data)
        began = time.monotonic()
        with pytest.raises(fault, match=said):
            list(ask(chosen, "card.list"))
        assert time.monotonic() - began >= MOMENT_S
