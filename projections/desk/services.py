"""What the desk needs of the rest: handed in by whoever wires it."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, NamedTuple

from litestar.types import ControllerRouterHandler

from eventstore.domain.pipeline import Pipeline
from projections.desk.access import Access
from projections.funnel.request import FunnelRequest
from projections.funnel.result import FunnelResult
from projections.overview import Overview

Json = dict[str, Any]
Operate = Callable[[str, Mapping[str, Any]], Iterator[Any]]
"""Runs an operation of the command line by its name (`card.show`), with plain JSON arguments.

Gives its JSON objects one by one. Raises NotThere and CommandRefused of the event store,
WrongArguments, and NotYetProjected where a read model has not come as far yet.
"""


class WrongArguments(ValueError):
    """What was asked makes no sense; the text says what is wrong and what is expected."""


class Link(NamedTuple):
    """An entry of the menu. `name` is English; other languages have it in the catalogue."""

    path: str
    name: str
    also: str = ""
    """Where pages begin that belong to it, too."""


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
    pending: Callable[[], int] = lambda: 0
    """How much of decisions about many is still to be carried out: numbers are without it yet."""
    operate: Operate | None = None
    """Cards, deals and what is decided about them; None: there are only numbers."""
    access: Access = field(default_factory=Access)
    """Who may see and change those."""
    company: str = ""
    """Whose desk it is; shown beside the name of the program."""
    routes: Sequence[ControllerRouterHandler] = field(default_factory=tuple)
    """More pages and more of the API."""
    menu: Sequence[Link] = field(default_factory=tuple)
    """Where those pages are."""
