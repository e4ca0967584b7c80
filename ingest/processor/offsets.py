"""Offsets of the event store for a consumer that would keep its own."""

import asyncio
import threading
from collections.abc import Callable, Collection, Mapping
from typing import Generic, TypeVar

from ingest.processor.in_order import InOrder
from ingest.processor.patience import until_done

P = TypeVar("P")
"""How the consumer names a partition."""


class Offsets(Generic[P]):
    """Where partitions go on, and how far they may be committed; `named` as the store has them."""

    def __init__(self, in_order: InOrder, named: Callable[[P], str], stop: threading.Event) -> None:
        self._in_order = in_order
        self._named = named
        self._stop = stop

    async def resume_at(self, partitions: Collection[P]) -> dict[P, int]:
        """The offset where each goes on: after the event store's position."""
        return await asyncio.to_thread(self._resume_at, tuple(partitions))

    def _resume_at(self, partitions: Collection[P]) -> dict[P, int]:
        found: dict[P, int] = {}

        def look() -> None:
            found.update({p: self._in_order.resume_after(self._named(p)) + 1 for p in partitions})

        until_done(look, self._stop)
        return found

    def committable(self, offsets: Mapping[P, int]) -> dict[P, int]:
        """The same offsets, none beyond what the event store has."""
        return {
            p: min(offset, self._in_order.done(self._named(p)) + 1) for p, offset in offsets.items()
        }
