"""Other writers who are faster are nobody's fault: no lead is put aside for it (DESIGN §3)."""

import msgspec
import pytest
from support.worlds import KEYRING, base, lead

from eventstore.customer_base import Contended, CustomerBase, Entry, Ignored, Lead
from eventstore.recorders.sqlite import SQLiteCustomerRecorder
from ingest.log.port import Logged, RecordType
from ingest.processor.batch import BatchHandler


class Contending:
    """A customer base that other writers beat so many times."""

    def __init__(self, races: int) -> None:
        self.races = races
        self.handled: list[int] = []

    def handle(self, entries, meanwhile=None):
        if self.races:
            self.races -= 1
            raise Contended
        assert all(isinstance(entry.delivered, Lead) for entry in entries)
        self.handled.append(len(entries))
        return {"accepted": len(entries)}


def records(count: int) -> list[Logged]:
    contents = [lead(n, ("phone", f"+7912000000{n}", "claimed")) for n in range(count)]
    encoded = (msgspec.json.encode(content) for content in contents)
    return [Logged("p", n, RecordType.LEAD, value) for n, value in enumerate(encoded)]


@pytest.mark.parametrize("races", [1, 7, 200])
def test_a_lead_alone_is_tried_until_nobody_was_faster(races):
    base = Contending(races)
    BatchHandler(base).handle(records(1))
    assert base.handled == [1]


class Overtaken(SQLiteCustomerRecorder):
    """Another processor, `other`, handles `before` in the moment before the first save."""

    other: CustomerBase | None = None
    before: tuple[Entry, ...] = ()

    def save(self, changes, meanwhile=None):
        if other := self.other:
            self.other = None
            other.handle(self.before)
        return super().save(changes, meanwhile)


def test_of_two_on_one_partition_each_delivery_is_counted_by_one(tmp_path):
    """Also where nothing but its place on the log tells: ignored, put aside, a duplicate."""
    ignored = [Entry("p", offset, Ignored("site", 0)) for offset in range(4)]
    recorder = Overtaken(tmp_path / "events.db")
    recorder.other, recorder.before = base(tmp_path / "events.db"), tuple(ignored[:2])
    slower = CustomerBase(recorder, KEYRING, recorder.other.policy)
    assert slower.handle(ignored) == {"ignored": 2}
    assert recorder.ledger() == {("site", 0, "ignored"): 4}


def test_a_batch_that_lost_its_races_is_halved(capsys):
    base = Contending(1)
    BatchHandler(base).handle(records(4))
    assert base.handled == [2, 2]
