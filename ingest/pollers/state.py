"""How the polling of an account stands: for /readyz, `leadlog doctor` and /metrics."""

from collections.abc import Callable
from dataclasses import dataclass
from enum import StrEnum
from typing import Final

from ingest.metrics import POLL_ERRORS, POLL_LAG_SECONDS, POLL_LAST_SUCCESS, POLL_STATE

OK: Final = "ok"


class Phase(StrEnum):
    """What the task of an account does."""

    STARTING = "starting"
    """It has asked, and has no answer yet."""
    POLLING = "polling"
    """The provider answers, and what came is stored."""
    RETRYING = "retrying"
    """The provider, the lead log or the store of cursors is away: it tries again by itself."""
    STANDBY = "standby"
    """Another process polls this account; this one takes over when that one ends."""
    STOPPED = "stopped"
    """Going on makes no sense before a person has done what is told."""


@dataclass(slots=True)
class AccountState:
    """Of one account; changed by its task only."""

    account: str
    source: str
    """Where it is fetched from."""
    clock: Callable[[], float]
    """Seconds since 1970."""
    phase: Phase = Phase.STARTING
    told: str = ""
    """Why it is stopped or retrying, and what to do."""
    failures: int = 0
    """In a row."""
    last_success: float | None = None
    """When all was last well: an answer came, and what it brought was stored."""

    def __post_init__(self) -> None:
        self._enter(Phase.STARTING)

    def succeeded(self, lag_s: float | None) -> None:
        """An answer, stored; `lag_s` from the happening of its newest lead, if it has one."""
        self.last_success = self.clock()
        POLL_LAST_SUCCESS.labels(self.account).set(self.last_success)
        if lag_s is not None:
            POLL_LAG_SECONDS.labels(self.account).set(lag_s)
        self.failures, self.told = 0, ""
        self._enter(Phase.POLLING)

    def failed(self, phase: Phase, told: str) -> None:
        self.failures += 1
        self.told = told
        POLL_ERRORS.labels(self.account, phase.value).inc()
        self._enter(phase)

    def stands_by(self) -> None:
        self.failures, self.told = 0, ""
        self._enter(Phase.STANDBY)

    @property
    def reason(self) -> str:
        """ "ok", or what is wrong, in a line for /readyz."""
        match self.phase:
            case Phase.STOPPED:
                return f"stopped: {self.told}"
            case Phase.RETRYING:
                return f"retrying ({self.failures} failures in a row): {self.told}"
            case _:
                return OK

    def _enter(self, phase: Phase) -> None:
        self.phase = phase
        for each in Phase:
            POLL_STATE.labels(self.account, each.value).set(each is phase)
