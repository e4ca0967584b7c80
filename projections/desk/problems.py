"""Errors as answers: problem+json for the API (RFC 9457), a plain page for people."""

from collections.abc import Mapping, Sequence
from http import HTTPStatus
from typing import Any
from urllib.parse import urlencode

import msgspec
import structlog
from litestar import Response
from litestar.exceptions import HTTPException
from litestar.types import ExceptionHandlersMap

from eventstore.orders import CommandRefused, CommandReused, NotThere, StaleVersion
from eventstore.said import said, text_of
from projections.clickhouse.client import ClickHouseError, StoreInUse
from projections.desk import words
from projections.desk.access import FromElsewhere, NotOpen, SignInNeeded
from projections.desk.card_names import CardNames
from projections.desk.frame import AnyRequest, frame, language_of
from projections.desk.language import DEFAULT
from projections.desk.names import Names
from projections.desk.rendering import render
from projections.desk.services import Json, WrongArguments
from projections.funnel.request import WrongRequest
from projections.reports import NotYetProjected

_log = structlog.get_logger(__name__)


def answer(
    request: AnyRequest,
    status: int,
    detail: str,
    *,
    headers: Mapping[str, str] | None = None,
    changes: Sequence[Json] = (),
    **more: Any,
) -> Response[Any]:
    """An error of this status in the shape that whoever asked can read."""
    language = language_of(request)
    names = Names(language)
    title = HTTPStatus(status).phrase
    known = names.translate(words.PROBLEMS[status]) if status in words.PROBLEMS else title
    if not _is_of_api(request):
        told = {"title": known, "status": status, "detail": names.said(detail), "changes": changes}
        page = render(language, "problem.html", **told, **frame(request))
        return Response(page, status_code=status, media_type="text/html", headers=headers)
    body: Json = {
        "type": "about:blank",
        "title": title if language == DEFAULT else known,
        "status": status,
        "detail": names.said(detail, for_programs=True),
        **more,
    }
    if changes:
        body["changes"] = changes
    return Response(
        msgspec.json.encode(body),
        status_code=status,
        media_type="application/problem+json",
        headers={
            "Content-Language": language,
            "Vary": "Accept-Language, Cookie",
            **(headers or {}),
        },
    )


def _is_of_api(request: AnyRequest) -> bool:
    return request.url.path.startswith("/api/")


def _wrong(request: AnyRequest, error: WrongRequest) -> Response[Any]:
    problem = Names(language_of(request)).said(error.problem, for_programs=True)
    if not error.allowed:
        detail = said("%(field)s: %(problem)s", field=error.field, problem=problem)
    else:
        detail = said(
            "%(field)s: %(problem)s; it may be: %(allowed)s",
            field=error.field,
            problem=problem,
            allowed=error.allowed,
        )
    return answer(request, 400, detail, field=error.field, allowed=list(error.allowed))


def _later(request: AnyRequest, error: Exception) -> Response[Any]:
    if not isinstance(error, NotYetProjected):
        _log.warning("desk.analytics_away", error=type(error).__name__, detail=str(error)[:500])
    return answer(request, 503, words.LATER, headers={"Retry-After": "2"})


def _other(request: AnyRequest, error: HTTPException) -> Response[Any]:
    found: Json = {"errors": error.extra} if error.extra else {}
    return answer(request, error.status_code, error.detail, headers=error.headers, **found)


def _sign_in(request: AnyRequest, error: SignInNeeded) -> Response[Any]:
    del error
    if _is_of_api(request):
        return answer(request, 401, words.TOKEN, headers={"WWW-Authenticate": "Bearer"})
    asked = f"{request.url.path}?{request.url.query}" if request.url.query else request.url.path
    wanted = asked if request.method == "GET" else "/cards"
    return Response(
        b"", status_code=303, headers={"Location": "/login?" + urlencode({"next": wanted})}
    )


def _not_open(request: AnyRequest, error: NotOpen) -> Response[Any]:
    return answer(request, 403, str(error))


def _from_elsewhere(request: AnyRequest, error: FromElsewhere) -> Response[Any]:
    del error
    return answer(request, 403, words.AS_JSON if _is_of_api(request) else words.ELSEWHERE)


def _not_there(request: AnyRequest, error: NotThere) -> Response[Any]:
    return answer(request, 404, text_of(error))


def _refused(request: AnyRequest, error: CommandRefused) -> Response[Any]:
    if isinstance(error, StaleVersion):
        detail = _stale(request, error)
        return answer(request, 409, detail, version=error.version, changes=error.changes)
    if isinstance(error, CommandReused) and not _is_of_api(request):
        return answer(request, 409, words.REUSED)
    return answer(request, 409, text_of(error))


def _stale(request: AnyRequest, error: StaleVersion) -> str:
    """What happened since, by whom and when: in the words of the pages, which list it below."""
    if not error.changes:
        return text_of(error)
    if not _is_of_api(request):
        return words.STALE
    language = language_of(request)
    if language == DEFAULT:
        return str(error)
    names = CardNames(language)
    return said(
        "the %(what)s changed since version %(version)s: %(changes)s",
        what=error.what,
        version=str(error.expected),
        changes=[names.change_by(one) for one in error.changes],
    )


def _makes_no_sense(request: AnyRequest, error: WrongArguments) -> Response[Any]:
    return answer(request, 400, text_of(error))


def _unexpected(request: AnyRequest, error: Exception) -> Response[Any]:
    _log.error("desk.failed", path=request.url.path, exc_info=error)
    return answer(request, 500, words.OUR_MISTAKE)


HANDLERS: ExceptionHandlersMap = {
    WrongRequest: _wrong,
    WrongArguments: _makes_no_sense,
    SignInNeeded: _sign_in,
    NotOpen: _not_open,
    FromElsewhere: _from_elsewhere,
    NotThere: _not_there,
    CommandRefused: _refused,
    NotYetProjected: _later,
    ClickHouseError: _later,
    StoreInUse: _later,
    OSError: _later,
    HTTPException: _other,
    Exception: _unexpected,
}
