"""What the tests of all forms share: posting a body, and looking at the one lead."""

import base64
from collections.abc import Callable
from typing import Any
from urllib.parse import urlencode

import msgspec
import pytest

Result = dict[str, Any]

RECEIVED = "2026-02-01T10:00:30.000Z"
JSON = "application/json"
URLENCODED = "application/x-www-form-urlencoded"


@pytest.fixture(scope="session")
def post(trial) -> Callable[..., Result]:
    """Post a body: objects as JSON (or as form, if its content type says so), text and bytes."""

    def run(account: dict[str, Any], body: Any, content_type: str = JSON, **parts: Any) -> Result:
        headers = {"content-type": content_type, **parts.pop("headers", {})}
        request = {"received_at": RECEIVED, "headers": headers, **parts}
        request["body_base64"] = base64.b64encode(_bytes(body, content_type)).decode()
        return trial({"name": "site", **account}, request)

    return run


def _bytes(body: Any, content_type: str) -> bytes:
    if isinstance(body, bytes):
        return body
    if isinstance(body, str):
        return body.encode()
    if content_type.startswith(URLENCODED):
        return urlencode(body, doseq=True).encode()
    return msgspec.json.encode(body)


@pytest.fixture(scope="session")
def only_lead() -> Callable[[Result], Result]:
    """The one lead of an accepted delivery."""

    def look(result: Result) -> Result:
        assert result["outcome"] == "accepted", result
        (lead,) = result["leads"]
        return lead

    return look


@pytest.fixture(scope="session")
def identities() -> Callable[[Result], list[tuple[str, str, str]]]:
    """Kind, value and proof of each identity, in order."""
    return lambda lead: [(i["kind"], i["value"], i["proof"]) for i in lead["identities"]]


@pytest.fixture(scope="session")
def kept() -> Callable[[Result], bytes]:
    """The raw body that a lead keeps."""
    return lambda lead: base64.b64decode(lead["raw"]["body"])
