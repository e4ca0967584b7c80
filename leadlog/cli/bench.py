"""leadlog bench: how near to what is possible, as ratios."""

import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Annotated

import msgspec
import typer
from rich.console import Console

from leadlog.bench.clock import QUIET, load
from leadlog.bench.pair import QUICK_ROUNDS, ROUNDS, Benchmark, Result, Setting, run
from leadlog.cli.ask import AsJson, Config, Data, note, settings, write_json
from leadlog.cli.waiting import telling
from leadlog.control import OperationFailed
from leadlog.environment import BENCH_CONFIG

_CACHE = Path("~/.cache/leadlog")


def add_to(app: typer.Typer) -> None:
    app.command()(bench)


def bench(
    names: Annotated[
        list[str] | None, typer.Argument(help="Which; all of them where none is named.")
    ] = None,
    quick: Annotated[
        bool, typer.Option("--quick", help="Only try whether they work, on small amounts.")
    ] = False,
    rounds: Annotated[
        int | None, typer.Option(min=1, help=f"Turns of each side (default {ROUNDS}).")
    ] = None,
    cache: Annotated[
        Path, typer.Option(help="Where to work, on the disk that is meant; some 4 GB for flat.")
    ] = _CACHE,
    kafka: Annotated[
        str,
        typer.Option(help="host:port of a Kafka, for those on distributed stores; see \\[kafka]."),
    ] = "",
    postgres: Annotated[
        str, typer.Option(help="URL of an empty PostgreSQL database, likewise.")
    ] = "",
    as_json: AsJson = False,
    config: Config = None,
    data: Data = None,
) -> None:
    """Run the paired benchmarks: leadlog in turns with the least that such work can cost.

    Figures of a machine that is busy with something else are marked as not for publishing.

    Those on distributed stores run only where both servers are given; `make bench` starts some.
    How Kafka is spoken to stands in \\[kafka] of leadlog.toml (--config), or in LEADLOG_KAFKA_…
    variables. Nothing in the data directory is read or written.

    Example: [bold]leadlog bench accept-16 processor[/bold]
    """
    from leadlog.bench.catalogue import chosen
    from leadlog.bench.report import report

    try:
        servers = {"kafka": kafka, "postgres": postgres}
        given = {name: address for name, address in servers.items() if address}
        benchmarks = chosen(names or [], servers=given)
    except LookupError as error:
        raise OperationFailed(str(error.args[0]), status=2) from error
    if config or kafka:
        settings(config, data)  # what is wrong is told before anything runs
    if config:
        os.environ[BENCH_CONFIG] = str(config.absolute())  # for the processes that it starts
    before = load()
    publishable = before <= QUIET and not quick
    if before > QUIET:
        note(
            f"the load of this machine is {before:.2f}, above {QUIET}: these figures are not for"
            " publishing; wait until it is quiet, and run it again"
        )
    results = []
    for benchmark in benchmarks:
        with _telling(benchmark) as tell:
            setting = Setting(quick=quick, cache=cache.expanduser(), progress=tell, **given)
            result = run(benchmark, setting, rounds or (QUICK_ROUNDS if quick else ROUNDS))
        results.append(result)
        if as_json:
            write_json([_object(result, before, publishable=publishable)])
    if not as_json:
        console = Console()
        console.print(report(results), highlight=False)
        if not publishable:
            console.print("These figures are not for publishing.", style="yellow")


@contextmanager
def _telling(benchmark: Benchmark) -> Iterator[Callable[[str], None]]:
    with telling(benchmark.name) as tell:
        yield lambda text: tell(f"{benchmark.name}: {text}")


def _object(result: Result, before: float, *, publishable: bool) -> dict[str, object]:
    told: dict[str, object] = msgspec.to_builtins(result)
    return {**told, "load": before, "publishable": publishable}
