"""The desk: pages for people and /api/v1 for programs, as one ASGI application."""

from typing import Final

from litestar import Litestar
from litestar.datastructures import MutableScopeHeaders, State
from litestar.openapi import OpenAPIConfig
from litestar.openapi.plugins import JsonRenderPlugin
from litestar.types import Message, Scope

from projections.desk import api, pages, static_files
from projections.desk.api_cards import CARDS, SUGGESTIONS
from projections.desk.api_care import CARE
from projections.desk.api_deals import DEALS
from projections.desk.api_described import SECURITY
from projections.desk.card_pages import PAGES
from projections.desk.deal_pages import DEAL_PAGES
from projections.desk.live import Live
from projections.desk.problems import HANDLERS
from projections.desk.review_pages import REVIEW
from projections.desk.services import Link, Services
from projections.desk.sign_in import SIGN_IN

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
_PERSONAL_MENU: Final = (Link("/cards", "Cards", also="/deals/"), Link("/review", "Review"))
PERSONAL: Final = (CARDS, SUGGESTIONS, DEALS, CARE, PAGES, DEAL_PAGES, REVIEW, *SIGN_IN)
"""What shows or changes personal data, each with its guard; and the way in."""


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
            *(PERSONAL if services.operate else ()),
            *services.routes,
        ],
        state=State({"services": services, "live": Live(services), "menu": _menu(services)}),
        exception_handlers=HANDLERS,
        before_send=[_with_headers],
        openapi_config=OpenAPIConfig(
            title="leadlog",
            version="1",
            path="/api/v1/openapi.json",
            components=SECURITY,
            security=[{"token": []}],
            render_plugins=[JsonRenderPlugin(path="/")],
        ),
        logging_config=None,
    )


def _menu(services: Services) -> tuple[Link, ...]:
    ours = _OURS[:1] + _PERSONAL_MENU + _OURS[1:] if services.operate else _OURS
    return (*ours, *services.menu)


async def _with_headers(message: Message, scope: Scope) -> None:
    """On every answer, also on errors."""
    del scope
    if message["type"] == "http.response.start":
        headers = MutableScopeHeaders.from_message(message)
        for name, value in _HEADERS.items():
            headers.setdefault(name, value)
