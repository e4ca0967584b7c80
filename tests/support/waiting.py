"""Waiting for a condition, not for a time."""

import time
from collections.abc import Callable
from typing import TypeVar

T = TypeVar("T")
WITHIN_S = 60.0


def wait_until(true: Callable[[], T], within_s: float = WITHIN_S) -> T:
    """What it gives once that is true; an AssertionError after `within_s` seconds."""
    end = time.monotonic() + within_s
    while not (found := true()):
        assert time.monotonic() < end, "it did not happen"
        time.sleep(0.02)
    return found
