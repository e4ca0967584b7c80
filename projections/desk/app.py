"""The desk: pages for people and /api/v1 for programs, as one ASGI application."""

from typing import Final

from litestar import Litestar
from litestar.datastructures import MutableScopeHeaders, State
from litestar.openapi import OpenAPIConfig
from litestar.openapi.plugins import JsonRenderPlugin
from litestar.types import Message, Scope

from projections.desk import api, pages, static_files
from projections.desk.live import Live
from projections.desk.problems import HANDLERS
from projections.desk.services import Link, Services

_EMPTY_STYLE: Final = "'sha256-47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU='"
"""plotly adds an empty style element and fills it by script; nothing inline is let in but that."""
_HEADERS: Final = {
    "Content-Security-Policy": (
        f"default-src 'none'; script-src 'self'; style-src 'self' {_EMPTY_STYLE};"
        " img-src 'self' data: blob:; connect-src 'self'; form-action 'self'; base-uri 'none';"
        " frame-ancestors 'none'"
    ),
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "same-origin",
    "Cross-Origin-Opener-Policy": "same-origin",
}
_OURS: Final = (Link("/", "Overview"), Link("/numbers", "Numbers"))


def create_app(services: Services) -> Litestar:
    """The application over `services`; it opens nothing itself and holds no state but a cache."""
    return Litestar(
        route_handlers=[
            pages.first_page,
            pages.live_part,
            pages.numbers_page,
            api.funnel,
            api.overview,
            static_files.static_file,
            *services.routes,
        ],
        state=State(
            {"services": services, "live": Live(services), "menu": (*_OURS, *services.menu)}
        ),
        exception_handlers=HANDLERS,
        before_send=[_with_headers],
        openapi_config=OpenAPIConfig(
            title="leadlog",
            version="1",
            path="/api/v1/openapi.json",
            render_plugins=[JsonRenderPlugin(path="/")],
        ),
        logging_config=None,
    )


async def _with_headers(message: Message, scope: Scope) -> None:
    """On every answer, also on errors."""
    del scope
    if message["type"] == "http.response.start":
        headers = MutableScopeHeaders.from_message(message)
        for name, value in _HEADERS.items():
            headers.setdefault(name, value)
