"""The desk wired to this system."""

import time
from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Any

from eventstore.orders import NotThere, WrongCommand
from eventstore.said import text_of
from leadlog.control import OperationFailed
from leadlog.operations import OPERATIONS
from leadlog.server import App
from leadlog.system import System

if TYPE_CHECKING:  # the engine of analytics takes a quarter of a second to import
    from projections.funnel.request import FunnelRequest
    from projections.funnel.result import FunnelResult


def desk_app(system: System) -> App:
    """The pages and the API over this system, whose stores are opened when they are asked for."""
    from projections.desk.access import Access
    from projections.desk.app import create_app
    from projections.desk.nearness import is_loopback
    from projections.desk.services import Services

    def funnel(request: "FunnelRequest") -> "FunnelResult":
        return system.reports.funnel(request)

    settings = system.settings
    services = Services(
        pipelines=settings.sales_pipelines,
        funnel=funnel,
        overview=lambda: system.reports.overview(time.time_ns() // 1_000_000),
        pending=system.pending,
        operate=lambda name, arguments: operate(system, name, arguments),
        access=Access(token=settings.desk.token, loopback=is_loopback(settings.server.host)),
    )
    app: App = create_app(services)  # type: ignore[assignment] # an ASGI application like any other
    return app


def operate(system: System, name: str, arguments: Mapping[str, Any]) -> Iterator[Any]:
    """Run an operation of the command line, with the errors that the desk knows."""
    from projections.desk.services import WrongArguments

    try:
        yield from OPERATIONS[name](system, dict(arguments))
    except OperationFailed as error:
        if error.status == 2:
            raise WrongArguments(text_of(error)) from error
        raise NotThere(text_of(error)) from error
    except (ValueError, WrongCommand) as error:
        raise WrongArguments(text_of(error)) from error
