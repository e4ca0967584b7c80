"""The desk wired to this system."""

import time

from leadlog.server import App
from leadlog.system import System


def desk_app(system: System) -> App:
    """The pages and the API over this system."""
    from projections.desk.app import create_app
    from projections.desk.services import Services

    services = Services(
        pipelines=system.settings.sales_pipelines,
        funnel=system.reports.funnel,
        overview=lambda: system.reports.overview(time.time_ns() // 1_000_000),
    )
    app: App = create_app(services)  # type: ignore[assignment] # an ASGI application like any other
    return app
