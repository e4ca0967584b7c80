"""An event loop whose clock jumps to the next timer: twenty seconds pass at once."""

import asyncio
import selectors
from collections.abc import Callable
from concurrent.futures import Executor
from typing import Any

_GLANCE_S = 0.01
Events = list[tuple[selectors.SelectorKey, int]]


class _Jumping(selectors.SelectSelector):
    """Where the loop would sleep, its time goes on by so much; only threads are waited for."""

    def __init__(self) -> None:
        super().__init__()
        self.passed = 0.0
        self.threads = 0

    def select(self, timeout: float | None = None) -> Events:
        ready: Events = super().select(_GLANCE_S if self.threads else 0)
        if not ready and timeout and not self.threads:
            self.passed += timeout
        return ready


class VirtualTimeLoop(asyncio.SelectorEventLoop):
    """For coroutines that wait for timers, threads and one another, not for a network."""

    def __init__(self) -> None:
        self._jumping = _Jumping()
        super().__init__(self._jumping)

    def time(self) -> float:
        return super().time() + self._jumping.passed

    def run_in_executor(  # type: ignore[override] # typeshed's type variables cannot be named here
        self, executor: Executor | None, func: Callable[..., Any], *args: Any
    ) -> "asyncio.Future[Any]":
        self._jumping.threads += 1
        work = super().run_in_executor(executor, func, *args)
        work.add_done_callback(self._thread_ended)
        return work

    def _thread_ended(self, work: "asyncio.Future[Any]") -> None:
        del work
        self._jumping.threads -= 1
