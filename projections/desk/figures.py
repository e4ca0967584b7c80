"""Figures for plotly's own script, as plain values: its Python part isn't imported for that."""

from collections.abc import Sequence
from typing import Any, Final

from projections.desk.names import Names
from projections.funnel.result import FunnelResult, Group, Step

_MOST_GROUPS: Final = 8
_COLOURS: Final = (
    "#2f6fed", "#12a594", "#f0883e", "#8e6cef", "#e5484d", "#3e9bd4", "#b59f1f", "#d6409f",
    "#8b949e",
)  # fmt: skip


def funnel_figure(result: FunnelResult, names: Names) -> dict[str, Any]:
    """A funnel, stacked by groups where there are any; small groups are summed up."""
    if result.groups:
        shown = result.groups[:_MOST_GROUPS]
        traces = [_trace(group.steps, names, names.values(group.by)) for group in shown]
        if len(result.groups) > len(shown):
            traces.append(_rest(result.groups[len(shown) :], names))
    else:
        traces = [_trace(result.steps, names, "")]
    for trace, colour in zip(traces, _COLOURS, strict=False):
        trace["marker"] = {"color": colour}
    layout = {"funnelmode": "stack", "showlegend": bool(result.groups)}
    return {"data": traces, "layout": layout}


def _trace(steps: Sequence[Step], names: Names, name: str) -> dict[str, Any]:
    return {
        "type": "funnel",
        "name": name,
        "y": [names.step(step) for step in steps],
        "x": [step.count for step in steps],
        "textinfo": "value" if name else "value+percent initial",
        "textposition": "inside" if name else "auto",
        "insidetextfont": {"color": "#ffffff"},
        "connector": {"visible": False},
    }


def _rest(groups: Sequence[Group], names: Names) -> dict[str, Any]:
    trace = _trace(groups[0].steps, names, names.others)
    columns = zip(*(group.steps for group in groups), strict=True)
    trace["x"] = [sum(step.count for step in column) for column in columns]
    return trace
