"""Other writers who are faster are nobody's fault: no lead is put aside for it (DESIGN §3)."""

import msgspec
import pytest
from support.worlds import lead

from eventstore.customer_base import Contended, Lead
from ingest.log.port import Logged, RecordType
from ingest.processor.batch import BatchHandler


class Contending:
    """A customer base that other writers beat so many times."""

    def __init__(self, races: int) -> None:
        self.races = races
        self.handled: list[int] = []

    def handle(self, entries):
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


def test_a_batch_that_lost_its_races_is_halved(capsys):
    base = Contending(1)
    BatchHandler(base).handle(records(4))
    assert base.handled == [2, 2]
