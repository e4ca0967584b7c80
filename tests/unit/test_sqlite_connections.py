"""Which of its connections the event store on SQLite writes with."""

from pathlib import Path

from eventstore.recorders.sqlite import SQLiteCustomerRecorder


def test_a_batch_is_written_by_the_connection_that_read_for_it(tmp_path: Path) -> None:
    """What another connection has written makes SQLite forget every page that one has."""
    recorder = SQLiteCustomerRecorder(tmp_path / "events.db")
    datastore = recorder.datastore
    used = []
    for _ in range(3):
        with datastore.get_connection(commit=False) as reading:
            recorder.max_tracking_id("log:0")  # by another connection: this one is in use
        with datastore.get_connection(commit=True) as writing:
            used += [reading, writing]
    recorder.close()
    assert used == [used[0]] * 6
