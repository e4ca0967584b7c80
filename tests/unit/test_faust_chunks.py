"""Chunks, each one message to Faust: every record, once, in the order of its partition."""

from types import SimpleNamespace

from faust.types import TP
from hypothesis import given
from hypothesis import strategies as st

from ingest.processor.faust_app import Chunk, Chunks
from ingest.processor.in_order import BATCH


@given(st.lists(st.integers(0, 3 * BATCH), max_size=4))
def test_chunks_hold_every_record_once_in_the_order_of_its_partition(lengths):
    fetched = {TP("leads", number): list(range(length)) for number, length in enumerate(lengths)}
    brought: dict[TP, list[int]] = {tp: [] for tp in fetched}
    for tp, chunk in Chunks().iterate(fetched):
        assert 0 < len(chunk.records) <= BATCH
        brought[tp] += chunk.records
    assert brought == fetched


def test_a_long_partition_does_not_hold_up_the_others():
    long, short = TP("leads", 0), TP("leads", 1)
    order = [tp for tp, _ in Chunks().iterate({long: list(range(5 * BATCH)), short: [0]})]
    assert order[:2] == [long, short]


def test_faust_cannot_log_what_a_chunk_holds():
    assert "79161234567" not in repr(Chunk([SimpleNamespace(value=b"79161234567")]))
