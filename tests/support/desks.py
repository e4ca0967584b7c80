"""A desk over real stores in this process: leads are fed, pages and API are asked."""

import json
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from uuid import uuid5

from litestar.testing import TestClient

from channels.sdk.ids import NAMESPACE
from leadlog.desk import desk_app
from leadlog.operations import run
from leadlog.ownership import owned
from leadlog.settings import load
from leadlog.system import System

TOKEN = "a-token-of-a-test-0123456789"
HERE = "http://127.0.0.1:8080"
FROM_A_PAGE = {"origin": HERE}
"""What browsers say of a form of our own pages."""


def lead_id(number: int) -> str:
    return str(uuid5(NAMESPACE, f"desk {number}"))


def lead(number: int, *identities: tuple[str, str, str], hour: int = 9, **more: Any) -> str:
    """A line for `leadlog feed`; identities as (kind, value, proof)."""
    time = f"2026-03-01T{hour:02d}:00:00.000Z"
    found = [{"kind": k, "value": v, "proof": p, "raw": v} for k, v, p in identities]
    return json.dumps(
        {
            "schema": 1, "lead_id": lead_id(number), "event_id": lead_id(number),
            "channel": "webform", "account": "site", "kind": "form", "direction": "in",
            "occurred_at": time, "received_at": time, "identities": found, **more,
        },
        ensure_ascii=False,
    )  # fmt: skip


def feed(system: System, *lines: str) -> None:
    """Put leads on the log, and process them."""
    given = [("test", number, line, False) for number, line in enumerate(lines, 1)]
    (told,) = run(system, "feed", {"lines": given})
    assert not told["broken"]
    system.drain()


@contextmanager
def opened(folder: Path, settings: str = "") -> Iterator[System]:
    """The stores of a configuration; the data are in a folder of its own."""
    file = folder / "leadlog.toml"
    file.write_text(f'data = "{folder / "data"}"\n{settings}')
    with owned(load(file, environ={})) as system:
        yield system


def client(system: System, *, base_url: str = HERE) -> TestClient:
    """Asks the desk over these stores; errors are answers."""
    return TestClient(desk_app(system), base_url=base_url, raise_server_exceptions=False)


def claimed(text: str) -> tuple[str, str, str]:
    """An identity, as `kind:value`, that somebody claims to have."""
    kind, _, value = text.partition(":")
    return kind, value, "claimed"
