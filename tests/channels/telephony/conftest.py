"""Recorded deliveries of the exchanges, and ways to send them once more, changed or not."""

import base64
import json
import time
from collections.abc import Callable
from copy import deepcopy
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl, urlencode

import pytest

import channels.telephony
from channels.trial import try_delivery

Result = dict[str, Any]
RECORDINGS = Path(channels.telephony.__file__).parent / "recordings"


def tell(account_type: str, account: dict[str, Any], request: dict[str, Any]) -> Result:
    """What `leadlog channels try` prints."""
    printed: Result = json.loads(json.dumps(try_delivery(account_type, account, request)))
    return printed


class Recorded:
    """One recorded delivery: `sent()` runs it as it came, the others a changed copy of it."""

    def __init__(self, name: str) -> None:
        self.type = name.partition("_")[0]
        content = json.loads((RECORDINGS / f"{name}.json").read_text("utf-8"))
        self.account: dict[str, Any] = content["account"]
        self.request: dict[str, Any] = content["request"]

    def sent(self, *, account: dict[str, Any] | None = None, **request: Any) -> Result:
        """What comes of it, with other settings or other parts of the request."""
        changed = {**deepcopy(self.request), **request}
        return tell(self.type, {**self.account, **(account or {})}, changed)

    def with_body(self, body: bytes, **request: Any) -> Result:
        return self.sent(body_base64=base64.b64encode(body).decode(), **request)

    def form(self) -> dict[str, str]:
        return dict(parse_qsl(self.request["body"], keep_blank_values=True))

    def with_form(self, fields: dict[str, str], **request: Any) -> Result:
        return self.sent(body=urlencode(fields), **request)


def only_lead(result: Result) -> dict[str, Any]:
    """The one lead of an accepted delivery."""
    assert result["outcome"] == "accepted", result
    assert len(result["leads"]) == 1
    lead: dict[str, Any] = result["leads"][0]
    return lead


@pytest.fixture(scope="session")
def recorded() -> Callable[[str], Recorded]:
    return Recorded


@pytest.fixture(scope="session")
def tried() -> Callable[[str, dict[str, Any], dict[str, Any]], Result]:
    return tell


@pytest.fixture(scope="session")
def lead_of() -> Callable[[Result], dict[str, Any]]:
    return only_lead


@pytest.fixture(scope="session")
def quickly() -> Callable[[Callable[[], Result]], Result]:
    """Runs it and asserts that it takes no half second of the processor, at its best of three."""

    def run(action: Callable[[], Result]) -> Result:
        taken = []
        for _ in range(3):
            started = time.process_time()
            result = action()
            taken.append(time.process_time() - started)
        assert min(taken) < 0.5
        return result

    return run
