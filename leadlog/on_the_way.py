"""Long work that tells how far it is while it goes on."""

import queue
import threading
from collections.abc import Callable, Iterator
from typing import Any

Progress = Callable[[int, int], None]
"""Told how much is done, and of how much; 0 while nobody knows, as it is still being found."""


def told_on_the_way(work: Callable[[Progress], Any]) -> Iterator[Any]:
    """`{"progress": [done, of]}` whenever `work` tells, then what it gives; raises what it raises.

    The work goes on to its end in a thread of its own, also where nobody listens any more.
    """
    news: queue.SimpleQueue[tuple[str, Any]] = queue.SimpleQueue()

    def run() -> None:
        try:
            news.put(("done", work(lambda *told: news.put(("progress", list(told))))))
        except BaseException as error:  # noqa: BLE001 - raised where it is waited for
            news.put(("failed", error))

    threading.Thread(target=run, name="long-work", daemon=False).start()
    while True:
        what, value = news.get()
        if what == "progress":
            yield {"progress": value}
        elif what == "failed":
            raise value
        else:
            yield value
            return
