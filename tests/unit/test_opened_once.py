"""What is opened when it is first asked for is opened once, whoever asks at the same time."""

import threading
import time
from concurrent.futures import ThreadPoolExecutor

import pytest

from channels.vk import session
from channels.vk.sender import VkSender
from eventstore.keyring import Keyring
from leadlog.settings import Settings
from leadlog.system import System

ASKERS = 2
OPENS_S = 0.1


class Opened:
    """Takes its time to open; how many there are is counted."""

    def __init__(self):
        self.all = []

    def __call__(self, *_):
        self.all.append(object())
        time.sleep(OPENS_S)  # the others come meanwhile
        return self.all[-1]


def at_once(ask):
    """What each of some threads gets that ask at the same time."""
    together = threading.Barrier(ASKERS)

    def asked():
        together.wait()
        return ask()

    with ThreadPoolExecutor(ASKERS) as threads:
        return [future.result() for future in [threads.submit(asked) for _ in range(ASKERS)]]


@pytest.fixture
def opened():
    return Opened()


def test_a_store(monkeypatch, tmp_path, opened):
    """Python promises it of `cached_property` up to 3.11 only."""
    monkeypatch.setattr(Keyring, "open", opened)
    system = System(Settings(data=tmp_path))
    assert at_once(lambda: system.keyring) == [*opened.all] * ASKERS


def test_a_session_of_vk(monkeypatch, opened):
    monkeypatch.setattr(session, "Session", opened)
    sender = VkSender("shop", "token", "http://127.0.0.1:9")
    assert at_once(sender._opened) == [*opened.all] * ASKERS


def test_the_key_of_identities_is_made_once_by_those_who_open_it_together(tmp_path):
    path = tmp_path / "identity.key"
    keys = at_once(lambda: Keyring.open(path).leaf("phone", "+79123456789"))
    assert len(set(keys)) == 1
    assert [*tmp_path.iterdir()] == [path]
