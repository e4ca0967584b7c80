"""Wall and CPU time of this process and of others, the load, and which core who runs on."""

import os
import time
from collections.abc import Callable

from leadlog.bench.pair import Sample

QUIET = 0.7
"""With a higher one-minute load at the start, figures are not for publishing."""
_OF_ALL_THREADS = 2


def load() -> float:
    """The machine's load over the last minute."""
    return os.getloadavg()[0]


def timed(work: Callable[[], int]) -> Sample:
    """Run `work`, which gives how many items it did, in this process."""
    wall, cpu = time.perf_counter(), time.process_time()
    items = work()
    return Sample(items, time.perf_counter() - wall, time.process_time() - cpu)


def cpu_of(pid: int) -> float:
    """User and system seconds that a process has used, all its threads; OSError where it is gone.

    By the clock that clock_getcpuclockid(3) gives for it: `/proc` counts in hundredths of a second.
    """
    return time.clock_gettime(~pid << 3 | _OF_ALL_THREADS)


def apart() -> tuple[set[int], set[int]]:
    """Cores for who is measured and for who measures; the same where there is only one."""
    cores = sorted(os.sched_getaffinity(0))
    return ({cores[0]}, {cores[-1]})
