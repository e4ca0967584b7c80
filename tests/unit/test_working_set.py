"""A batch's working set goes when its batch is done, without Python's collector."""

import gc
from pathlib import Path
from weakref import ref

from eventstore.customer_base import CustomerBase
from eventstore.work import Work
from ingest.processor.batch import BatchHandler
from leadlog.bench.leads import Mix, logged_leads
from leadlog.bench.processor import open_base


def test_nothing_of_a_batch_waits_for_the_collector(tmp_path: Path) -> None:
    base = open_base(tmp_path / "store.db")
    seen = _watched(base)
    gc.disable()
    try:
        BatchHandler(base).handle(list(logged_leads(20, Mix(), seed=1)))
        assert seen
        assert [work() for work in seen] == [None] * len(seen)
    finally:
        gc.enable()
        base.recorder.close()


def _watched(base: CustomerBase) -> list[ref[Work]]:
    """The working sets that are made from now on."""
    seen: list[ref[Work]] = []
    attempt = base.attempt

    def watching(decide, meanwhile=None):  # type: ignore[no-untyped-def]
        def decided(work: Work) -> object:
            seen.append(ref(work))
            return decide(work)

        return attempt(decided, meanwhile)

    base.attempt = watching  # type: ignore[method-assign]
    return seen
