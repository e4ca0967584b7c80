"""Every benchmark, by name, in the order in which they are run."""

from collections.abc import Sequence

from leadlog.bench import accept, flat, funnel, hot, processor, projector, whole
from leadlog.bench.pair import Benchmark

# The last two start the engine of analytics in this process.
BENCHMARKS = (
    accept.ACCEPT_16,
    accept.ACCEPT_64,
    processor.BENCHMARK,
    whole.BENCHMARK,
    flat.BENCHMARK,
    hot.HOT,
    hot.HOT_SHARED,
    projector.BENCHMARK,
    funnel.BENCHMARK,
)
NAMES = tuple(benchmark.name for benchmark in BENCHMARKS)


def chosen(names: Sequence[str]) -> list[Benchmark]:
    """Those named, or all; LookupError tells which there are."""
    if unknown := [name for name in names if name not in NAMES]:
        raise LookupError(f"no benchmark {unknown[0]!r}; there are: {', '.join(NAMES)}")
    return [benchmark for benchmark in BENCHMARKS if not names or benchmark.name in names]
