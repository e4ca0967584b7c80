"""Mails made up by tests, and what `channels try` says of them."""

import base64
from collections.abc import Callable
from typing import Any

import pytest

from channels.trial import try_delivery

ACCOUNT: dict[str, Any] = {
    "name": "inbox",
    "address": "sales@ourdomain.example",
    "own_domains": ["ourdomain.example"],
}
HEADER = {
    "From": "Petr <petr@example.ru>",
    "To": "sales@ourdomain.example",
    "Subject": "Order",
    "Message-ID": "<m.1@example.ru>",
    "Date": "Fri, 14 Feb 2025 10:00:00 +0300",
    "Content-Type": "text/plain; charset=utf-8",
}


def _mail(body: str = "Hello", **changes: str | None) -> bytes:
    fields = {**HEADER, **{name.replace("_", "-"): value for name, value in changes.items()}}
    lines = [f"{name}: {value}" for name, value in fields.items() if value is not None]
    return "\n".join([*lines, "", body]).encode()


def _read(raw: bytes, **account: Any) -> dict[str, Any]:
    request = {
        "body_base64": base64.b64encode(raw).decode(),
        "received_at": "2025-02-14T07:00:05Z",
    }
    return try_delivery("email", {**ACCOUNT, **account}, request)


def _lead(raw: bytes, **account: Any) -> dict[str, Any]:
    result = _read(raw, **account)
    assert result["outcome"] == "accepted", result
    found: dict[str, Any] = result["leads"][0]
    return found


@pytest.fixture(scope="session")
def mail() -> Callable[..., bytes]:
    """A mail as bytes; `Reply_To="x"` sets a header, None leaves it out."""
    return _mail


@pytest.fixture(scope="session")
def read() -> Callable[..., dict[str, Any]]:
    """What `channels try` says of a mail, in an account with other settings."""
    return _read


@pytest.fixture(scope="session")
def lead() -> Callable[..., dict[str, Any]]:
    """The one lead of a mail that must be accepted."""
    return _lead


@pytest.fixture(scope="session")
def who() -> Callable[[dict[str, Any]], list[tuple[str, str, str]]]:
    return lambda lead: [(one["kind"], one["value"], one["proof"]) for one in lead["identities"]]


@pytest.fixture(scope="session")
def mentioned() -> Callable[[dict[str, Any]], list[tuple[str, str]]]:
    return lambda lead: [(one["kind"], one["value"]) for one in lead.get("mentions", ())]
