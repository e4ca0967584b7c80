"""What the desk needs of the rest: handed in by whoever wires it."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import NamedTuple

from litestar.types import ControllerRouterHandler

from eventstore.domain.pipeline import Pipeline
from projections.funnel.request import FunnelRequest
from projections.funnel.result import FunnelResult
from projections.overview import Overview


class Link(NamedTuple):
    """An entry of the menu. `name` is English; other languages have it in the catalogue."""

    path: str
    name: str


@dataclass(frozen=True, kw_only=True)
class Services:
    """Ports of the desk. All may block, and are called from threads.

    `funnel` and `overview` raise NotYetProjected, ClickHouseError or OSError when there is no
    answer now; the desk says so (503) and stays.
    """

    pipelines: Sequence[Pipeline]
    """As configured; the first is the one that is shown when none is named."""
    funnel: Callable[[FunnelRequest], FunnelResult]
    overview: Callable[[], Overview]
    company: str = ""
    """Whose desk it is; shown beside the name of the program."""
    routes: Sequence[ControllerRouterHandler] = field(default_factory=tuple)
    """More pages and more of the API: cards, deals, commands."""
    menu: Sequence[Link] = field(default_factory=tuple)
    """Where those pages are."""
