"""A thread that works on one batch while its transport brings the next one."""

import asyncio
import threading
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor

from ingest.log.port import Logged
from ingest.processor.in_order import InOrder


class Lane:
    """Some of a transport's partitions. Used on one event loop."""

    def __init__(self, in_order: InOrder, stop: threading.Event, name: str) -> None:
        self.in_order = in_order
        self._stop = stop
        self._thread = ThreadPoolExecutor(1, name)
        self._working: asyncio.Future[bool] | None = None

    async def give(self, records: Sequence[Logged]) -> None:
        """Returns when the records that were given before are done and these have their turn."""
        if self._working is not None:
            await asyncio.shield(self._working)
        loop = asyncio.get_running_loop()
        self._working = loop.run_in_executor(self._thread, self.in_order.take, records, self._stop)

    def close(self) -> None:
        """Returns when what it works on is done."""
        self._thread.shutdown()
