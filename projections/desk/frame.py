"""What all pages have in common: the language, the menu, the way to the other languages."""

from typing import Any
from urllib.parse import urlencode

from litestar import Request

from projections.desk.language import LANGUAGES, choose

AnyRequest = Request[Any, Any, Any]


def language_of(request: AnyRequest) -> str:
    accepted = request.headers.get("accept-language", "")
    return choose(request.query_params.get("lang"), request.cookies.get("lang"), accepted)


def frame(request: AnyRequest) -> dict[str, Any]:
    """The values that base.html needs."""
    kept = [(name, value) for name, value in request.query_params.multi_items() if name != "lang"]
    return {
        "here": request.url.path,
        "menu": request.app.state.menu,
        "company": request.app.state.services.company,
        "switch": {code: "?" + urlencode([*kept, ("lang", code)]) for code in LANGUAGES},
    }
