"""What a provider sends, byte for byte, and what the intake must make of it."""

import json
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Any
from urllib.parse import urlencode


class Expected(StrEnum):
    """What `leadlog channels try` says of a request. A repeat is as its first one was."""

    ACCEPTED = "accepted"
    IGNORED = "ignored"
    QUARANTINED = "quarantined"
    REJECTED = "rejected"
    """Not authentic, or a form with a wrong field: the sender is told so."""
    HANDSHAKE = "handshake"


@dataclass(frozen=True, slots=True, kw_only=True)
class Request:
    """One HTTP request to an account's intake."""

    account: str
    expected: Expected = Expected.ACCEPTED
    method: str = "POST"
    path: str = ""
    """What the provider adds to `/in/{account}`, query included."""
    headers: Mapping[str, str] = field(default_factory=dict)
    body: bytes = b""

    @property
    def url(self) -> str:
        return f"/in/{self.account}{self.path}"


Build = Callable[[datetime], Request]
"""The request about something that happens at that time."""


@dataclass(frozen=True, slots=True)
class Step:
    """One request of a journey."""

    after: timedelta
    """Time of the story since the journey began: when it happens, and what the request tells."""
    build: Build
    later: timedelta = timedelta(0)
    """Real time from what the request tells to its sending: a call goes on, a repeat is late."""


def compact(payload: Any, *, ascii_only: bool = False) -> str:
    """JSON as most providers write it."""
    return json.dumps(payload, ensure_ascii=ascii_only, separators=(",", ":"))


def json_request(
    account: str, body: str, *, headers: Mapping[str, str] | None = None, **more: Any
) -> Request:
    """A POST of JSON."""
    sent = {"content-type": "application/json", **(headers or {})}
    return Request(account=account, headers=sent, body=body.encode(), **more)


def form_request(
    account: str,
    fields: Mapping[str, str] | Iterable[tuple[str, str]],
    *,
    headers: Mapping[str, str] | None = None,
    charset: str = "",
    **more: Any,
) -> Request:
    """A POST of an urlencoded form."""
    pairs = list(fields.items() if isinstance(fields, Mapping) else fields)
    kind = "application/x-www-form-urlencoded" + (f"; charset={charset}" if charset else "")
    body = urlencode(pairs, encoding=charset or "utf-8", errors="replace").encode()
    return Request(
        account=account, headers={"content-type": kind, **(headers or {})}, body=body, **more
    )
