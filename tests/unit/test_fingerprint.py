"""An event store is only opened with the key that it was written with."""

import pytest

from eventstore.fingerprint import WrongKey, check_key
from eventstore.keyring import Keyring
from eventstore.recorders.sqlite import SQLiteCustomerRecorder


@pytest.fixture
def recorder(tmp_path):
    recorder = SQLiteCustomerRecorder(tmp_path / "events.db")
    yield recorder
    recorder.close()


def test_the_first_key_is_taken_and_holds(recorder):
    for _ in range(2):
        check_key(recorder, Keyring(b"a" * 32))


def test_another_key_is_refused_and_leaves_no_mark(recorder):
    check_key(recorder, Keyring(b"a" * 32))
    for _ in range(2):
        with pytest.raises(WrongKey, match="another key"):
            check_key(recorder, Keyring(b"b" * 32))
    check_key(recorder, Keyring(b"a" * 32))
