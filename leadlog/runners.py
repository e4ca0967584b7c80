"""Roles as loops in threads of their own: opened, run, and waited for at the end."""

import os
import signal
import threading
import time
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Final, Protocol

import structlog

from ingest.processor.patience import until_done

_STOP_WITHIN_S: Final = 4.0
"""For what the threads have begun, after the same again for requests: below 10 s together."""
_OPENED_WITHIN_S: Final = 1.0
_log = structlog.get_logger(__name__)


class Loop(Protocol):
    """What works until it is told to stop."""

    def run(self, stop: threading.Event) -> None: ...


@dataclass
class Runner:
    """A role that is a loop in a thread of its own."""

    name: str
    part: Callable[[], Loop]
    """Opens it; servers that are away at the start are waited for."""
    fault: BaseException | None = None
    thread: threading.Thread | None = None
    begun: bool = False
    """Before that it is being opened, which may wait for a server and leaves nothing half done."""

    def start(self, stop: threading.Event) -> None:
        self.thread = threading.Thread(target=self._run, args=(stop,), name=self.name, daemon=True)
        self.thread.start()

    def _run(self, stop: threading.Event) -> None:
        opened: list[Loop] = []
        try:
            if until_done(lambda: opened.append(self.part()), stop) and not stop.is_set():
                self.begun = True
                opened[0].run(stop)
                if not stop.is_set():
                    raise RuntimeError("it ended by itself")  # noqa: TRY301 - as any other fault of it
        except BaseException as fault:  # noqa: BLE001 - told by /readyz, and the process ends
            self.fault = fault
            _log.exception("role_failed", role=self.name)
            if not stop.is_set():  # else the process ends already, and would end at once
                signal.raise_signal(signal.SIGTERM)

    def ends_within(self, seconds: float) -> bool:
        """Wait for its end, at most so long; whether it has come."""
        if self.thread is None:
            return True
        self.thread.join(max(0.0, seconds))
        return not self.thread.is_alive()

    @property
    def state(self) -> str:
        if self.fault is not None:
            return f"failed: {type(self.fault).__name__}: {self.fault}"
        return "ok" if self.thread is not None and self.thread.is_alive() else "not running"


def join(runners: Iterable[Runner]) -> None:
    """Wait for what the roles have begun; a role that does not come to an end is cut off.

    That loses nothing: every role can be killed at any moment.
    """
    give_up = time.monotonic() + _STOP_WITHIN_S
    for runner in runners:
        if runner.begun and not runner.ends_within(give_up - time.monotonic()):
            _log.error("role_cut_off", role=runner.name, waited_s=_STOP_WITHIN_S)
            os._exit(1)


def leave(runners: Iterable[Runner], status: int) -> None:
    """End the process with this status where a role is still being opened; else return."""
    give_up = time.monotonic() + _OPENED_WITHIN_S
    if not all(runner.ends_within(give_up - time.monotonic()) for runner in runners):
        os._exit(status)
