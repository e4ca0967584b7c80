"""Results for people: a table of ratios, what A and B were, and how to read it."""

from collections.abc import Iterable, Sequence

from rich.console import Group, RenderableType
from rich.table import Table
from rich.text import Text

from leadlog.bench.pair import Figures, Result

HOW_TO_READ = (
    "A is leadlog, B the least that such work can cost; both did the same work in turns. The ratio"
    " is A's rate by B's: the median of the rounds, and the least and the most. CPU is user and"
    " system time for one item. Compare ratios, never rates of different runs."
)


def report(results: Sequence[Result]) -> RenderableType:
    """The table, then a line for each side."""
    return Group(_table(results), *_legend(results), Text(HOW_TO_READ, style="dim"))


def _table(results: Iterable[Result]) -> Table:
    shown = Table("benchmark", pad_edge=False, box=None)
    for name in ("ratio", "least", "most", "aim", "A /s", "B /s", "A CPU µs", "B CPU µs"):
        shown.add_column(name, justify="right", no_wrap=True)
    for result in results:
        shown.add_row(
            result.name,
            *(_ratio(value) for value in (result.ratio, result.least, result.most)),
            _aim(result),
            *(_number(side.rate) if side else "" for side in (result.a, result.b)),
            *(_number(side.cpu_us) if side else "" for side in (result.a, result.b)),
        )
    return shown


def _aim(result: Result) -> Text:
    aim = f"≤ {result.aim:.0f} µs" if result.aim_of == "cpu_us" else f"≥ {result.aim:.2f}"
    if result.quick:
        return Text(aim, style="dim")
    return Text(aim, style="green" if result.met else "yellow")


def _ratio(value: float | None) -> str:
    return "" if value is None else f"{value:.2f}"


def _number(value: float) -> str:
    return f"{value:,.0f}" if value >= 100 else f"{value:.1f}"


def _legend(results: Iterable[Result]) -> Iterable[Text]:
    for result in results:
        told = f"{result.name}, {result.unit}"
        yield Text(f"{told}; {result.note}" if result.note else told, style="bold")
        yield Text(f"  A  {_described(result.a)}")
        if result.b:
            yield Text(f"  B  {_described(result.b)}")


def _described(side: Figures) -> str:
    return side.what if side.p99_ms is None else f"{side.what} (p99 {side.p99_ms:.1f} ms)"
