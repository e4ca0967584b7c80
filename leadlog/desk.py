"""The desk wired to this system."""

import time
from typing import TYPE_CHECKING

from leadlog.server import App
from leadlog.system import System

if TYPE_CHECKING:  # the engine of analytics takes a quarter of a second to import
    from projections.funnel.request import FunnelRequest
    from projections.funnel.result import FunnelResult


def desk_app(system: System) -> App:
    """The pages and the API over this system, whose stores are opened when they are asked for."""
    from projections.desk.app import create_app
    from projections.desk.services import Services

    def funnel(request: "FunnelRequest") -> "FunnelResult":
        return system.reports.funnel(request)

    services = Services(
        pipelines=system.settings.sales_pipelines,
        funnel=funnel,
        overview=lambda: system.reports.overview(time.time_ns() // 1_000_000),
    )
    app: App = create_app(services)  # type: ignore[assignment] # an ASGI application like any other
    return app
