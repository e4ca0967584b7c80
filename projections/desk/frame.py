"""What all pages have in common: the language, the menu, the way to the other languages."""

from typing import Any, Final
from urllib.parse import urlencode

from litestar import Request, Response
from litestar.datastructures import Cookie

from eventstore.domain.pipeline import Pipeline
from projections.desk.access import COOKIE, Access
from projections.desk.language import LANGUAGES, choose
from projections.desk.rendering import render

_YEAR_S: Final = 365 * 86_400

AnyRequest = Request[Any, Any, Any]


def language_of(request: AnyRequest) -> str:
    accepted = request.headers.get("accept-language", "")
    return choose(request.query_params.get("lang"), request.cookies.get("lang"), accepted)


def frame(request: AnyRequest) -> dict[str, Any]:
    """The values that base.html needs."""
    kept = [(name, value) for name, value in request.query_params.multi_items() if name != "lang"]
    access: Access = request.app.state.services.access
    return {
        "signed_in": access.session(request.cookies.get(COOKIE, "")) is not None,
        "here": request.url.path,
        "menu": request.app.state.menu,
        "pipeline_of": pipeline_of(request),
        "company": request.app.state.services.company,
        "switch": {code: "?" + urlencode([*kept, ("lang", code)]) for code in LANGUAGES},
    }


def pipeline_of(request: AnyRequest) -> dict[str, Pipeline]:
    """Every configured pipeline by its id."""
    return {pipeline.id: pipeline for pipeline in request.app.state.services.pipelines}


def page(request: AnyRequest, template: str, *, status: int = 200, **values: Any) -> Response[str]:
    """A whole page in the language of whoever asks; nobody on the way keeps it."""
    language = language_of(request)
    cookie = Cookie("lang", value=language, max_age=_YEAR_S, httponly=True, samesite="lax")
    return Response(
        render(language, template, **frame(request), **values),
        status_code=status,
        media_type="text/html",
        headers={"Cache-Control": "no-store", "Vary": "Accept-Language, Cookie"},
        cookies=[cookie] if "lang" in request.query_params else [],
    )
