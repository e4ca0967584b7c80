"""Waiting for a store that is away, without giving up and without losing the place."""

import threading
from collections.abc import Callable
from itertools import chain, repeat
from typing import Final

import structlog

from eventstore.customer_base import TRANSIENT
from ingest.log.port import LogUnavailable
from ingest.log.remedy import remedy_of
from ingest.metrics import PROCESSOR_RETRIES

PASSES: Final = (*TRANSIENT, LogUnavailable)
"""Faults that pass by themselves."""
PAUSES_S: Final = (0.05, 0.1, 0.2, 0.5, 1.0, 2.0, 5.0)
_log = structlog.get_logger(__name__)


def until_done(attempt: Callable[[], None], stop: threading.Event) -> bool:
    """Attempt until it works; False when `stop` came first. Other faults than PASSES are raised."""
    for pause in chain(PAUSES_S, repeat(PAUSES_S[-1])):
        try:
            attempt()
        except PASSES as error:
            PROCESSOR_RETRIES.inc()
            told = {"error": str(error), "remedy": remedy_of(error) or None}
            _log.warning("store_away", **told, next_try_s=pause)
            if stop.wait(pause):
                return False
        else:
            return True
    return False
