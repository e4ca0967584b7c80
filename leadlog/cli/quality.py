"""leadlog quality: how well who is who is told, on data with truth."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Annotated

import typer
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn

from leadlog.cli.ask import AsJson, Config, Data, note, settings, write_json
from leadlog.control import OperationFailed

if TYPE_CHECKING:  # what measures takes long to import, and one command of many needs it
    from eventstore.domain.matching import Matching
    from leadlog.quality.run import Progress as Told

_LEADS = 100_000
_DATA_SETS = ("ru-leads", "febrl3")


def add_to(app: typer.Typer) -> None:
    app.command()(quality)


def quality(
    data_set: Annotated[
        str, typer.Argument(metavar="[ru-leads|febrl3]", help="Which data set.")
    ] = "ru-leads",
    leads: Annotated[int, typer.Option(min=100, help="How many leads of ru-leads.")] = _LEADS,
    seed: Annotated[int, typer.Option(help="The same seed makes up the same leads.")] = 1,
    as_json: AsJson = False,
    config: Config = None,
    data: Data = None,
) -> None:
    """Measure how well persons are told apart and put together, on leads whose truth is known.

    ru-leads: made-up leads go through the real batch handler into an event store that is thrown
    away afterwards; nothing in your data directory is read or written. Shows precision and recall,
    what was joined or left apart wrongly and why, and what other limits and rules would give, those
    of \\[matching] in your leadlog.toml among them: to choose yours by. Exit status 1 where
    somebody was joined through an identity that is marked, listed or over the limit.

    febrl3: a well-known data set of misspelt people, without their id numbers; suggestions beside
    Splink. Both come with `make quality`.

    Example: [bold]leadlog quality ru-leads --leads 20000[/bold]
    """
    if data_set not in _DATA_SETS:
        raise OperationFailed(
            f"no data set {data_set!r}; there are: {', '.join(_DATA_SETS)}", status=2
        )
    if data_set == "febrl3":
        _febrl(seed, as_json=as_json)
    else:
        _russian(leads, seed, settings(config, data).matching_rules, as_json=as_json)


def _febrl(seed: int, *, as_json: bool) -> None:
    import logging

    import msgspec

    from leadlog.quality import beside, report
    from leadlog.quality.febrl import NotInstalled

    logging.getLogger("splink").setLevel(logging.ERROR)  # it tells of every step of its training
    try:
        with _progress() as tell:
            found = beside.run(seed=seed, progress=tell)
    except NotInstalled as error:
        raise OperationFailed(str(error), status=2) from error
    if as_json:
        told = msgspec.to_builtins(found)
        for side in ("ours", "stored", "splink"):
            told[side] = getattr(found, side)._asdict()
        write_json([{**told, "met": found.met}])
        return
    console = Console()
    for part in report.febrl(found):
        console.print(part, highlight=False)


def _russian(leads: int, seed: int, yours: "Matching", *, as_json: bool) -> None:
    import msgspec

    from leadlog.quality import report
    from leadlog.quality.russian import run

    with _progress() as tell:
        found = run(leads, yours, seed=seed, progress=tell)
    if as_json:
        told = msgspec.to_builtins(found)
        told["measures"] = found.measures._asdict()
        told["suggested"] = found.suggested._asdict()
        told["causes"] = found.causes._asdict()
        told["others"] = {name: one._asdict() for name, one in found.others.items()}
        write_json([{**told, "holds": found.holds}])
    else:
        console = Console()
        console.width = max(console.width, report.WIDTH)
        for part in report.russian(found):
            console.print(part, highlight=False)
    if not found.holds:
        note("leadlog: what SEMANTICS 2.3.8 promises does not hold; see above")
        raise typer.Exit(1)


@contextmanager
def _progress() -> "Iterator[Told]":
    columns = (
        TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeElapsedColumn(),
    )  # fmt: skip
    with Progress(*columns, console=Console(stderr=True), transient=True) as progress:
        tasks = {}

        def tell(what: str, done: int, of: int) -> None:
            if what not in tasks:
                tasks[what] = progress.add_task(what, total=of)
            progress.update(tasks[what], completed=done)

        yield tell
