"""Who may see personal data, and who may change it (docs/adr/0011).

Without a token only this machine may: the server listens on loopback and is asked by a loopback
name. With one, everybody signs in: programs by `Authorization: Bearer`, people by a session.
"""

import base64
import hmac
import secrets
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Final
from urllib.parse import urlsplit

from litestar.connection import ASGIConnection
from litestar.handlers import BaseRouteHandler

from projections.desk import words
from projections.desk.nearness import is_local, is_token, shows

COOKIE: Final = "leadlog_session"
SESSION_S: Final = 12 * 3600
_SAFE: Final = frozenset({"GET", "HEAD", "OPTIONS"})
_LONGEST_NAME: Final = 60

Connection = ASGIConnection[Any, Any, Any, Any]


class SignInNeeded(Exception):
    """Whoever asks has to sign in first: a page is answered with the way to do it."""


class NotOpen(Exception):
    """Nobody can sign in, since no token is configured; the text says what to do."""


class FromElsewhere(Exception):
    """Another site made the browser send this: nothing was changed."""


@dataclass(frozen=True, kw_only=True)
class Access:
    """What decides. `now` is in seconds since 1970."""

    token: str = ""
    """What people and programs prove themselves with; empty where none is configured."""
    loopback: bool = False
    """The server can be reached from this machine only."""
    now: Callable[[], float] = time.time

    def is_token(self, given: str) -> bool:
        """Compared in constant time; never true where no token is configured."""
        return is_token(self.token, given)

    def new_session(self, name: str) -> str:
        """The cookie's value for somebody who has shown the token."""
        until = int(self.now()) + SESSION_S
        who = base64.urlsafe_b64encode(name.strip()[:_LONGEST_NAME].encode()).decode()
        return self._signed(f"{until}.{secrets.token_urlsafe(12)}.{who}")

    def session(self, cookie: str) -> str | None:
        """The name that a session was begun with; None where it is over or not ours."""
        told, _, _ = cookie.rpartition(".")
        if not self.token or not hmac.compare_digest(
            self._signed(told).encode(), cookie.encode(errors="replace")
        ):
            return None
        until, _, who = told.split(".")
        return base64.urlsafe_b64decode(who).decode() if int(until) > self.now() else None

    def who(self, connection: Connection) -> str:
        """The name of whoever asks, "" where there is none; raises SignInNeeded or NotOpen."""
        if self.token:
            return self._who_signed_in(connection)
        if not self.loopback:
            raise NotOpen(words.CLOSED)
        if not is_local(connection.headers):
            raise NotOpen(words.CLOSED_TO_NAME)
        return ""

    def is_program(self, connection: Connection) -> bool:
        """Whether the token came with the request: no other site can make a browser do that."""
        return shows(self.token, connection.headers)

    def _who_signed_in(self, connection: Connection) -> str:
        if self.is_program(connection):
            return ""
        name = self.session(connection.cookies.get(COOKIE, ""))
        if name is None:
            raise SignInNeeded
        return name

    def _signed(self, told: str) -> str:
        key = hmac.digest(self.token.encode(), b"leadlog desk session", "sha256")
        mark = hmac.digest(key, told.encode(errors="replace"), "sha256")
        return f"{told}.{base64.urlsafe_b64encode(mark).decode().rstrip('=')}"


def personal(connection: Connection, handler: BaseRouteHandler) -> None:
    """A guard for whatever shows or changes personal data; keeps the name for the handler."""
    del handler
    access: Access = connection.app.state.services.access
    connection.scope["state"]["who"] = access.who(connection)
    method = str(connection.scope.get("method"))
    if method not in _SAFE and not access.is_program(connection):
        from_here(connection)


def from_here(connection: Connection) -> None:
    """Raises FromElsewhere for a write that a page of another site may have caused.

    Browsers tell where a request comes from; JSON cannot be sent elsewhere without being asked.
    """
    headers = connection.headers
    site, origin = headers.get("sec-fetch-site"), headers.get("origin")
    if site is not None:
        ours = site in {"same-origin", "none"}
    elif origin is not None:
        ours = urlsplit(origin).netloc == headers.get("host", "")
    else:
        ours = headers.get("content-type", "").startswith("application/json")
    if not ours:
        raise FromElsewhere
