"""The demo on a running server: traffic, operators and numbers, side by side."""

import threading
import time
from collections.abc import Callable
from concurrent.futures import FIRST_EXCEPTION, Future, ThreadPoolExecutor, wait
from dataclasses import dataclass
from datetime import UTC, datetime

from leadlog.control import Address, OperationFailed
from leadlog.demo.board import Board
from leadlog.demo.progress import Progress
from leadlog.demo.sender import NotTaken, Sender
from leadlog.demo.shift import Shift
from leadlog.demo.status import Display, numbers_of
from leadlog.demo.traffic import traffic
from leadlog.system import System

_LOOK_S = 0.5
_END_WITHIN_S = 12.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Show:
    """What to play; a companion of `leadlog.roles.serve`."""

    progress: Progress
    """From where to go on; noted beside the data as it goes."""
    display: Callable[[], Display]
    seconds: float | None = None
    """Over by itself after so many."""

    def __call__(self, system: System, address: Address, stop: threading.Event) -> None:
        """Play until `stop`, or as long as was said. Raises what went wrong meanwhile."""
        progress, data = self.progress, system.settings.data
        progress.save(data)
        clock = progress.clock
        board = Board(system.base.recorder)
        sender = Sender(
            address.url,
            traffic(progress.seed, clock),
            clock,
            sent_until=progress.sent_until,
            past_until=progress.past_until,
        )
        shift = Shift(
            board,
            clock,
            seed=progress.seed,
            address=address,
            past_until=lambda: sender.past_until,
        )
        over, display = threading.Event(), self.display()

        def tell() -> None:
            display.show(numbers_of(board, sent=sender.sent, commands=shift.made))
            progress.stood = datetime.now(UTC)
            progress.sent_until, progress.past_until = sender.sent_until, sender.past_until
            progress.save(data)

        try:
            with ThreadPoolExecutor(2, "demo") as pool:
                working = [pool.submit(sender.run, over), pool.submit(shift.run, over)]
                try:
                    self._watch(working, stop, tell)
                finally:
                    over.set()
            board.follow()
            tell()
        finally:
            display.close()

    def _watch(
        self, working: list["Future[None]"], stop: threading.Event, tell: Callable[[], None]
    ) -> None:
        end = time.monotonic() + (self.seconds if self.seconds is not None else float("inf"))
        while not stop.is_set() and time.monotonic() < end:
            failed = wait(working, _LOOK_S, FIRST_EXCEPTION).done
            if failed:
                _raise_unless_over(failed.pop(), stop)
            tell()


def _raise_unless_over(failed: "Future[None]", stop: threading.Event) -> None:
    """A server that is stopping refuses connections some moments before it says so."""
    try:
        failed.result()
    except (NotTaken, OperationFailed):
        if not stop.wait(_END_WITHIN_S):
            raise
