"""Chunks, each one message to Faust: every record, once, in the order of its partition."""

from types import SimpleNamespace

from hypothesis import given
from hypothesis import strategies as st

from ingest.processor.chunks import Chunk, in_chunks
from ingest.processor.in_order import BATCH


@given(st.lists(st.integers(0, 3 * BATCH), max_size=4))
def test_chunks_hold_every_record_once_in_the_order_of_its_partition(lengths):
    fetched = {number: list(range(length)) for number, length in enumerate(lengths)}
    brought: dict[int, list[int]] = {partition: [] for partition in fetched}
    for partition, chunk in in_chunks(fetched):
        assert 0 < len(chunk.records) <= BATCH
        brought[partition] += chunk.records
    assert brought == fetched


def test_a_long_partition_does_not_hold_up_the_others():
    long, short = 0, 1
    order = [partition for partition, _ in in_chunks({long: list(range(5 * BATCH)), short: [0]})]
    assert order[:2] == [long, short]


def test_faust_cannot_log_what_a_chunk_holds():
    assert "79161234567" not in repr(Chunk([SimpleNamespace(value=b"79161234567")]))
