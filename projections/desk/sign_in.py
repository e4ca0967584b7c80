"""The way in for people: the token once, then a session in a cookie that no script can read."""

from typing import Any, Final
from urllib.parse import urlsplit

import msgspec
import structlog
from litestar import Response, get, post
from litestar.datastructures import Cookie
from litestar.params import URLEncodedBody

from projections.desk import words
from projections.desk.access import COOKIE, SESSION_S, Access, NotOpen, from_here
from projections.desk.frame import AnyRequest, page

_log = structlog.get_logger(__name__)
_FIRST_PAGE: Final = "/cards"


class Shown(msgspec.Struct, frozen=True):
    """The form of the sign-in page."""

    token: str = ""
    name: str = ""
    next: str = ""


@get("/login", sync_to_thread=False, include_in_schema=False)
def login_page(request: AnyRequest) -> Response[str]:
    _need_token(request)
    return _form(request, request.query_params.get("next", ""))


@post("/login", sync_to_thread=False, include_in_schema=False)
def sign_in(
    request: AnyRequest,
    data: URLEncodedBody[Shown],
) -> Response[Any]:
    """Begins a session. The token is told apart from wrong ones in constant time."""
    from_here(request)
    access = _need_token(request)
    if not access.is_token(data.token.strip()):
        _log.warning("desk.sign_in_refused")
        return _form(request, data.next, name=data.name, wrong=True)
    return _to(local_path(data.next), _cookie(request, access.new_session(data.name), SESSION_S))


@post("/logout", sync_to_thread=False, include_in_schema=False)
def sign_out(request: AnyRequest) -> Response[Any]:
    from_here(request)
    return _to("/", _cookie(request, "", 0))


def local_path(wanted: str) -> str:
    """A path of this desk: no other place can be named, whatever a browser makes of it."""
    parts = urlsplit(wanted) if wanted.isprintable() and "\\" not in wanted else None
    if parts is None or parts.scheme or parts.netloc or not parts.path.startswith("/"):
        return _FIRST_PAGE
    return f"/{wanted.lstrip('/')}"


def _need_token(request: AnyRequest) -> Access:
    access: Access = request.app.state.services.access
    if not access.token:
        raise NotOpen(words.NO_TOKEN)
    return access


def _form(
    request: AnyRequest, wanted: str, *, name: str = "", wrong: bool = False
) -> Response[str]:
    status = 401 if wrong else 200
    values = {"next": local_path(wanted), "name": name, "wrong": wrong}
    return page(request, "login.html", status=status, **values)


def _cookie(request: AnyRequest, value: str, seconds: int) -> Cookie:
    return Cookie(
        COOKIE,
        value=value,
        max_age=seconds,
        httponly=True,
        samesite="strict",
        secure=request.url.scheme == "https",
    )


def _to(path: str, cookie: Cookie) -> Response[Any]:
    return Response(b"", status_code=303, headers={"Location": path}, cookies=[cookie])


SIGN_IN: Final = (login_page, sign_in, sign_out)
