"""The desk wired to this system; without it the other parts still run."""

from leadlog.server import App
from leadlog.system import System


def desk_app(system: System) -> App | None:
    """The pages and the API over this system."""
    del system
    return None
