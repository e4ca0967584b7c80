"""How often the laws are tried: some in every run of the suite, many where there is time."""

import os
from typing import Final

_TIMES: Final = int(os.environ.get("LEADLOG_TRIES", "1"))
"""`make chaos` has 8, `make soak` 100."""


def tries(in_the_suite: int) -> int:
    """So many; in longer runs so many times as many."""
    return in_the_suite * _TIMES
