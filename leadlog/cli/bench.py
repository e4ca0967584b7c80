"""leadlog bench: how near to what is possible, as ratios."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Annotated

import msgspec
import typer
from rich.console import Console
from rich.progress import Progress, SpinnerColumn, TextColumn, TimeElapsedColumn

from leadlog.bench.clock import QUIET, load
from leadlog.bench.pair import QUICK_ROUNDS, ROUNDS, Benchmark, Result, Setting, run
from leadlog.cli.ask import AsJson, note, write_json
from leadlog.control import OperationFailed

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
    as_json: AsJson = False,
) -> None:
    """Run the paired benchmarks: leadlog in turns with the least that such work can cost.

    Figures of a machine that is busy with something else are marked as not for publishing.

    Example: [bold]leadlog bench accept-16 processor[/bold]
    """
    from leadlog.bench.catalogue import chosen
    from leadlog.bench.report import report

    try:
        benchmarks = chosen(names or [])
    except LookupError as error:
        raise OperationFailed(str(error.args[0]), status=2) from error
    before = load()
    publishable = before <= QUIET and not quick
    if before > QUIET:
        note(
            f"the load of this machine is {before:.2f}, above {QUIET}: these figures are not for"
            " publishing; wait until it is quiet, and run it again"
        )
    results = []
    for benchmark in benchmarks:
        with _setting(benchmark, quick=quick, cache=cache.expanduser()) as setting:
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
def _setting(benchmark: Benchmark, *, quick: bool, cache: Path) -> Iterator[Setting]:
    columns = (SpinnerColumn(), TextColumn("{task.description}"), TimeElapsedColumn())
    with Progress(*columns, console=Console(stderr=True), transient=True) as progress:
        task = progress.add_task(benchmark.name)

        def tell(text: str) -> None:
            progress.update(task, description=f"{benchmark.name}: {text}")

        yield Setting(quick=quick, cache=cache, progress=tell)


def _object(result: Result, before: float, *, publishable: bool) -> dict[str, object]:
    told: dict[str, object] = msgspec.to_builtins(result)
    return {**told, "load": before, "publishable": publishable}
