"""Every benchmark, by name, in the order in which they are run."""

from collections.abc import Collection, Sequence

from leadlog.bench import (
    accept,
    append,
    distributed,
    flat,
    funnel,
    hot,
    processor,
    projector,
    scaling,
    sealing,
    whole,
)
from leadlog.bench.pair import Benchmark

# The last two start the engine of analytics in this process.
BENCHMARKS = (
    accept.ACCEPT_16,
    accept.ACCEPT_64,
    processor.BENCHMARK,
    sealing.BENCHMARK,
    whole.BENCHMARK,
    flat.BENCHMARK,
    hot.HOT,
    hot.HOT_SHARED,
    accept.ON_KAFKA,
    distributed.FAUST,
    distributed.LOOP,
    scaling.TWO,
    scaling.FOUR,
    append.BENCHMARK,
    projector.BENCHMARK,
    funnel.BENCHMARK,
)
NAMES = tuple(benchmark.name for benchmark in BENCHMARKS)


def chosen(names: Sequence[str], *, servers: Collection[str] = ()) -> list[Benchmark]:
    """Those named, or all that these servers suffice for.

    LookupError tells which there are, or which server one that is named needs.
    """
    if unknown := [name for name in names if name not in NAMES]:
        raise LookupError(f"no benchmark {unknown[0]!r}; there are: {', '.join(NAMES)}")
    wanted = [benchmark for benchmark in BENCHMARKS if not names or benchmark.name in names]
    possible = [benchmark for benchmark in wanted if {*benchmark.needs} <= {*servers}]
    if names and (lacking := [b for b in wanted if b not in possible]):
        needs = " and ".join(f"--{need}" for need in lacking[0].needs)
        raise LookupError(f"{lacking[0].name} needs {needs}: see leadlog bench --help")
    return possible
