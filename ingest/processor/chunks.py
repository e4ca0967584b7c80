"""What was fetched of some partitions, cut into chunks of a batch at most."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any, TypeVar

from ingest.processor.in_order import BATCH

P = TypeVar("P")
"""How whoever fetches names a partition."""


class Chunk:
    """Some of a partition's records, in their order. Its repr, which Faust logs, tells of none."""

    __slots__ = ("records",)

    def __init__(self, records: Sequence[Any]) -> None:
        self.records = records


def in_chunks(fetched: Mapping[P, Sequence[Any]]) -> Iterator[tuple[P, Chunk]]:
    """Of each partition one, then of each the next: none waits for all of another."""
    longest = max(map(len, fetched.values()), default=0)
    for start in range(0, longest, BATCH):
        for partition, records in fetched.items():
            if chunk := records[start : start + BATCH]:
                yield partition, Chunk(chunk)
