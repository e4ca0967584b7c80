"""A funnel as JSON, CSV, Parquet or a table for the terminal."""

import io
from collections.abc import Iterator, Mapping
from decimal import Decimal
from typing import Any

import msgspec
import pyarrow as pa
import pyarrow.parquet
from rich.table import Table

from projections.cells import write_csv
from projections.funnel.request import WrongRequest
from projections.funnel.result import FunnelResult, Step
from projections.terminal import Terminal

_BAR = 20
_MEASURES = ("step", "name", "count", "of_first", "of_previous")


def render(found: FunnelResult | Mapping[str, Any], shape: str) -> str | bytes:
    """The funnel, or its object as JSON has it, as `table`, `csv`, `json` or, bytes, `parquet`."""
    result = msgspec.convert(found, FunnelResult, from_attributes=True)
    match shape:
        case "json":
            return to_json(result).decode()
        case "csv":
            return to_csv(result)
        case "parquet":
            return to_parquet(result)
        case "table":
            return _printed(to_table(result))
        case _:
            raise WrongRequest(
                "format", f"there is no {shape!r}", ("table", "csv", "json", "parquet")
            )


def to_json(result: FunnelResult) -> bytes:
    """The object that `--json` and the API give, on one line."""
    return msgspec.json.encode(result)


def to_csv(result: FunnelResult) -> str:
    """A line for each step; with dimensions, for each step of each group."""
    header = ("basis", "as_of", "pipeline", "from", "to", *_dimensions(result), *_MEASURES)
    head = (result.basis, result.as_of, result.pipeline, result.since, result.until)
    return write_csv(header, ((*head, *labels, *_cells(step)) for labels, step in _lines(result)))


def to_parquet(result: FunnelResult) -> bytes:
    """The lines of `to_csv`, with types."""
    dims = _dimensions(result)
    rows = [dict(zip((*dims, *_MEASURES), (*labels, *_cells(step)), strict=True))
            for labels, step in _lines(result)]  # fmt: skip
    text = [(name, pa.string()) for name in (*dims, "step", "name")]
    numbers = [("count", pa.int64()), ("of_first", pa.float64()), ("of_previous", pa.float64())]
    facts = {"basis": result.basis, "as_of": str(result.as_of), "pipeline": result.pipeline}
    schema = pa.schema(text + numbers, metadata=facts)
    file = io.BytesIO()
    pyarrow.parquet.write_table(pa.Table.from_pylist(rows, schema=schema), file)
    return file.getvalue()


def to_table(result: FunnelResult) -> Table:
    """For a terminal; what the numbers are known at and counted by is in its caption."""
    dims = _dimensions(result)
    table = Table(title=f"{result.pipeline}: {_period(result)}", caption=_caption(result))
    for dim in dims:
        table.add_column(dim)
    table.add_column("step")
    for name in ("count", "of first", "of previous"):
        table.add_column(name, justify="right")
    table.add_column("")
    for labels, step in _lines(result):
        shown = [label or "—" for label in labels]
        shares = (_percent(step.of_first), _percent(step.of_previous))
        first = step.id == result.steps[0].id and table.row_count
        if first and dims:
            table.add_section()
        table.add_row(*shown, step.name, f"{step.count:,}", *shares, _bar(step.of_first))
    return table


def _printed(table: Table) -> str:
    console = Terminal()
    with console.capture() as text:
        console.print(table, soft_wrap=False)
    return text.get().rstrip("\n")


def _dimensions(result: FunnelResult) -> tuple[str, ...]:
    return tuple(result.groups[0].by) if result.groups else ()


def _lines(result: FunnelResult) -> Iterator[tuple[tuple[str, ...], Step]]:
    if not result.groups:
        yield from (((), step) for step in result.steps)
    for group in result.groups:
        yield from ((tuple(group.by.values()), step) for step in group.steps)


def _cells(step: Step) -> tuple[str, str, int, float | None, float | None]:
    return step.id, step.name, step.count, step.of_first, step.of_previous


def _percent(share: float | None) -> str:
    """Of the decimal number that is told, halves to even, as the pages have it."""
    return "—" if share is None else f"{Decimal(str(share)):.1%}"


def _bar(share: float | None) -> str:
    return "█" * round(_BAR * min(share or 0.0, 1.0))


def _period(result: FunnelResult) -> str:
    if result.since is None and result.until is None:
        return "all time"
    return f"{(result.since or '…')[:16]} – {(result.until or '…')[:16]} UTC"


def _caption(result: FunnelResult) -> str:
    basis = {"cohort": "deals by their first touch", "event": "steps by the time they were entered"}
    recorded = f", recorded {result.recorded_at}" if result.recorded_at else ""
    return f"{result.basis}: {basis[result.basis]}; as of position {result.as_of}{recorded}"
