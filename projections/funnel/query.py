"""The one definition of the funnel (SEMANTICS 5.1, 5.2, 5.4): in words here, in SQL beside.

- A deal is in a funnel unless it is joined into another or withdrawn.
- Entering a stage passes all earlier ones at that moment, a deal won passes all. So the time of a
  step is the earliest time at which it or a later one was entered, and no step comes before the
  one ahead of it. A deal counts at most once for a step.
- What was reached stays reached: a deal lost, moved back or reopened keeps its steps, `won` too.
  An answer changes by what is reached later, never by what is regretted.
- A deal enters its first stage when the touch that opened it happened, by all that is known of
  this touch: so it doesn't matter which delivery about it came first.
- A stage that the pipeline has no longer (or not yet) counts for nothing.
- `cohort`: the deals whose first touch lies in the period. A touch counts for the deal where it
  is now, or for the one that this was joined into, and so on; its time is that of the lead as it
  is now. Only a report without dates has room for a deal without touches.
- `event`: each step that was entered within the period. So a later step may count more deals
  than an earlier one, and shares may be above 1.
- Groups go by the labels of the touch that opened the deal.
"""

from collections.abc import Iterable, Mapping, Sequence
from functools import cache
from importlib import resources
from typing import Any, Final

import jinja2

from projections.clickhouse.client import ClickHouse
from projections.funnel.request import DIMENSIONS, Dimension, FunnelRequest
from projections.funnel.result import FunnelResult, Group, steps_of
from projections.moments import AsOf, write_moment

_NOBODY: Final = "toUUID('00000000-0000-0000-0000-000000000000')"
_COLUMNS: Final[Mapping[Dimension, str]] = {
    **{dim: dim for dim in DIMENSIONS},
    "paid": "if(paid, 'yes', 'no')",
    "repeat": f"if(other = {_NOBODY}, 'no', 'yes')",
}


def count_funnel(clickhouse: ClickHouse, request: FunnelRequest, as_of: AsOf) -> FunnelResult:
    """Count, with what was known at `as_of`, which the facts must have reached."""
    rows = clickhouse.select(funnel_sql(request), **_parameters(request, as_of))
    size = len(request.by)
    counted = sorted(
        ((tuple(map(str, row[:size])), tuple(map(int, row[size:]))) for row in rows),
        key=lambda one: (-one[1][0], one[0]),
    )
    names = [(stage.id, stage.name or stage.id) for stage in request.pipeline.stages]
    names.append((request.pipeline.steps[-1], request.pipeline.steps[-1]))
    return FunnelResult(
        basis=request.basis,
        of=request.of,
        as_of=as_of.position,
        recorded_at=write_moment(as_of.recorded_at) if as_of.position else None,
        pipeline=request.pipeline.id,
        since=_written(request.since),
        until=_written(request.until),
        window_ms=request.window,
        steps=steps_of(names, _total(len(names), (counts for _, counts in counted))),
        groups=tuple(
            Group(by=dict(zip(request.by, labels, strict=True)), steps=steps_of(names, counts))
            for labels, counts in counted
            if request.by and any(counts)
        ),
    )


def funnel_sql(request: FunnelRequest) -> str:
    """The statement for a request: closed sets and numbers only, values are parameters."""
    dated = (request.since, request.until) != (None, None)
    conditions = []
    if request.basis == "event":
        conditions += _in_period("entered_{k}", request)
    if request.window is not None:
        conditions.append("entered_{k} - entered_1 <= {{window:Int64}}")
    cohort = dated and request.basis == "cohort"
    return _template().render(
        dims=[_COLUMNS[dim] for dim in request.by],
        n=len(request.pipeline.steps),
        counted=conditions,
        period=" AND ".join(_in_period("touched", request)).format() if cohort else "",
    )


def _in_period(time: str, request: FunnelRequest) -> list[str]:
    since = [f"{time} >= {{{{since:Int64}}}}"] if request.since is not None else []
    until = [f"{time} < {{{{until:Int64}}}}"] if request.until is not None else []
    return since + until


def _parameters(request: FunnelRequest, as_of: AsOf) -> dict[str, Any]:
    times = {"since": request.since, "until": request.until, "window": request.window}
    return {
        "as_of": as_of.position,
        "pipeline": request.pipeline.id,
        "stages": [stage.id for stage in request.pipeline.stages],
        "places": list(range(1, len(request.pipeline.stages) + 1)),
        **{name: time for name, time in times.items() if time is not None},
    }


def _total(size: int, rows: Iterable[Sequence[int]]) -> tuple[int, ...]:
    return tuple(map(sum, zip(*rows, [0] * size, strict=True)))


def _written(time: int | None) -> str | None:
    return None if time is None else write_moment(time)


@cache
def _template() -> jinja2.Template:
    source = (resources.files("projections.funnel") / "funnel.sql").read_text("utf-8")
    return jinja2.Environment(undefined=jinja2.StrictUndefined).from_string(source)  # noqa: S701 - SQL, no HTML
