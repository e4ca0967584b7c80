"""A thread for blocking steps that nobody waits for in the end.

The standard executor's threads hold up the end of the process, for as long as a mail server that
never answers is waited for.
"""

import asyncio
import contextlib
import threading
from collections.abc import Callable
from queue import SimpleQueue
from typing import Any, TypeVar

T = TypeVar("T")
_Step = tuple[Callable[[], Any], "asyncio.Future[Any]"]


class BlockingThread:
    """Runs one step after the other, until it is ended or the process is."""

    def __init__(self, name: str) -> None:
        self._loop = asyncio.get_running_loop()
        self._steps: SimpleQueue[_Step | None] = SimpleQueue()
        threading.Thread(target=self._run, name=name, daemon=True).start()

    async def run(self, step: Callable[[], T]) -> T:
        """What the step gives or raises. Who is cancelled leaves it to end by itself."""
        done: asyncio.Future[T] = self._loop.create_future()
        self._steps.put((step, done))
        return await done

    def end(self) -> None:
        """No step follows; the one that runs is not waited for."""
        self._steps.put(None)

    def _run(self) -> None:
        while (todo := self._steps.get()) is not None:
            step, done = todo
            try:
                result = step()
            except BaseException as error:  # noqa: BLE001 - raised where it is waited for
                self._tell(done, error, None)
            else:
                self._tell(done, None, result)

    def _tell(self, done: "asyncio.Future[Any]", error: BaseException | None, result: Any) -> None:
        def tell() -> None:
            if done.done():
                return  # cancelled
            if error is None:
                done.set_result(result)
            else:
                done.set_exception(error)

        with contextlib.suppress(RuntimeError):  # the loop is closed: nobody waits any more
            self._loop.call_soon_threadsafe(tell)
