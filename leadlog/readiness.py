"""What /readyz tells: whether this process takes deliveries, what is wrong if not, and the lag.

Ready means that a delivery sent here now would be stored. A role that is only behind makes it no
less ready: its work waits on the disk, and deliveries that are turned away would not. Nor does an
account that cannot be fetched now: its deliveries wait at the provider.

Why a part is not well names hosts, and what providers said: strangers learn which part it is, and
the log and insiders the rest.
"""

import asyncio
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any, Final

import structlog

from leadlog.lag import Progress

OK: Final = "ok"
_NOT_OK: Final = "not ok; its log and leadlog doctor tell why"
_REMEMBERED_S: Final = 10.0
"""How long a failed append counts. Then deliveries may try again: only they can tell."""
_STUCK_AFTER_S: Final = 60.0

_log = structlog.get_logger(__name__)

Fault = tuple[float, str] | None
"""When (`time.monotonic`), and why."""


def for_strangers(told: dict[str, Any]) -> dict[str, Any]:
    """The same, without saying why."""
    reasons = {p: OK if why == OK else _NOT_OK for p, why in told["reasons"].items()}
    return {**told, "reasons": reasons}


class Readiness:
    """Asked by probes, some times a minute or a second."""

    def __init__(
        self,
        *,
        roles: Callable[[], dict[str, str]],
        log_fault: Callable[[], Fault],
        progress: Callable[[], dict[str, Progress]],
        accounts: Callable[[], dict[str, str]] = dict,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._roles = roles
        self._log_fault = log_fault
        self._progress = progress
        self._accounts = accounts
        self._clock = clock
        self._seen: dict[str, tuple[int, float]] = {}
        self._unwell: set[str] = set()
        self._thread = ThreadPoolExecutor(1, "readiness")

    async def __call__(self) -> dict[str, Any]:
        """`{"ready", "reasons": {part: "ok" or what is wrong}, "lag": {role: number}}`."""
        return await asyncio.get_running_loop().run_in_executor(self._thread, self.look)

    def look(self) -> dict[str, Any]:
        """The same, blocking."""
        needed = {"log": self._of_log(), **self._roles()}
        reasons, lag = {**needed, **self._accounts()}, {}
        try:
            for role, progress in self._progress().items():
                lag[role] = progress.lag
                if reasons.get(role) == OK:
                    reasons[role] = self._moving(role, progress)
        except Exception as error:  # noqa: BLE001 - whatever the stores raise, it is the reason
            needed["stores"] = reasons["stores"] = f"they cannot be read: {error}"
        self._tell(reasons)
        ready = all(reason == OK for reason in needed.values())
        return {"ready": ready, "reasons": reasons, "lag": lag}

    def _tell(self, reasons: dict[str, str]) -> None:
        """In the log, whenever other parts are not well than before."""
        wrong = {part: reason for part, reason in reasons.items() if reason != OK}
        if wrong.keys() != self._unwell:
            self._unwell = {*wrong}
            (_log.warning if wrong else _log.info)("readiness", not_ok=wrong)

    def _of_log(self) -> str:
        match self._log_fault():
            case (at, why) if (ago := self._clock() - at) < _REMEMBERED_S:
                return f"{why} ({ago:.0f} s ago); what to do: leadlog doctor"
            case _:
                return OK

    def _moving(self, role: str, progress: Progress) -> str:
        now = self._clock()
        done, since = self._seen.get(role, (-1, now))
        if done != progress.done or progress.lag <= 0:
            since = now
        self._seen[role] = (progress.done, since)
        if now - since < _STUCK_AFTER_S:
            return OK
        return f"{progress.lag} behind, and none done for {now - since:.0f} s; see its log"
