"""Commands while a server runs: they speak to it, since it owns the data directory.

The server writes its address and a token, readable by its owner only, beside the data. Results
travel as JSON lines, so that a long list starts at once.
"""

import contextlib
import json
import os
import secrets
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

import msgspec

if TYPE_CHECKING:  # imported where used: a tenth of what a command takes to start
    import httpx

FILE = "server.json"
PATH = "/control/"
_CONNECT_S = 10.0


class Address(msgspec.Struct, frozen=True):
    """Where a running server takes commands."""

    url: str
    """Empty until it does."""
    token: str
    pid: int


class OperationFailed(Exception):
    """What a command says when it cannot be done: the text is for people, `status` the exit."""

    def __init__(self, message: str, *, status: int = 1) -> None:
        super().__init__(message)
        self.status = status


class NotReached(OperationFailed):
    """The server was asked nothing: it starts, or has just ended. Whoever has time asks again."""


def announce(data: Path) -> Address:
    """Tell commands that a server starts."""
    return update(data, Address("", secrets.token_urlsafe(32), os.getpid()), "")


def update(data: Path, address: Address, url: str) -> Address:
    """Tell the address once it is known."""
    address = msgspec.structs.replace(address, url=url)
    fresh = data / f"{FILE}.{os.getpid()}"
    with os.fdopen(os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "wb") as file:
        file.write(msgspec.json.encode(address))
    fresh.replace(data / FILE)
    return address


def retire(data: Path) -> None:
    """The server goes away, or was killed."""
    (data / FILE).unlink(missing_ok=True)


def running(data: Path) -> Address | None:
    """The server that said it owns this data directory."""
    try:
        return msgspec.json.decode((data / FILE).read_bytes(), type=Address)
    except (OSError, msgspec.MsgspecError):
        return None


def new_client() -> "httpx.Client":
    """Connections to running servers; whoever asks often keeps one."""
    import httpx

    return httpx.Client(timeout=httpx.Timeout(_CONNECT_S, read=None), trust_env=False)


def ask(
    address: Address,
    operation: str,
    arguments: dict[str, Any],
    *,
    client: "httpx.Client | None" = None,
) -> Iterator[Any]:
    """Run an operation on the running server; OperationFailed with what it says."""
    import httpx

    if not address.url:
        raise NotReached(
            f"a server (process {address.pid}) is starting on this data; try again in a moment"
        )
    headers = {"authorization": f"Bearer {address.token}"}
    url = f"{address.url}{PATH}{operation}"
    connections = contextlib.nullcontext(client) if client else new_client()
    try:
        with (
            connections as used,
            used.stream("POST", url, json=arguments, headers=headers) as response,
        ):
            if response.status_code != 200:
                response.read()
                raise OperationFailed(f"the server answered {response.status_code}")
            yield from _results(response.iter_lines())
    except httpx.HTTPError as error:
        fault = NotReached if isinstance(error, httpx.ConnectError) else OperationFailed
        raise fault(
            f"a server (process {address.pid}) owns the data but does not answer at"
            f" {address.url}: {error}; stop it, or wait until it is ready"
        ) from error


def _results(lines: Iterator[str]) -> Iterator[Any]:
    done = False
    for line in lines:  # to its end, also behind "done": else the connection could not be kept
        message = json.loads(line)
        if "error" in message:
            raise OperationFailed(message["error"], status=message.get("status", 1))
        if "done" in message:
            done = True
        else:
            yield message["result"]
    if not done:
        raise OperationFailed("the server went away in the middle of its answer")
