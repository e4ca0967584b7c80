"""Asking a provider over HTTP, for pollers: whatever goes wrong is told in the words of the port.

HTTPS_PROXY and NO_PROXY count. Addresses may hold tokens, so that no error repeats one. Redirects
are not followed: they would take a token elsewhere.
"""

import asyncio
import ssl
from collections.abc import Mapping
from dataclasses import dataclass
from types import TracebackType
from typing import Any, Self

import aiohttp

from channels.sdk.errors import RetryLater, StopAdapter, Unreadable
from channels.sdk.read import as_int, read_json
from channels.sdk.urls import host_of

_CONNECT_S = 15.0
_GRACE_S = 15.0
"""Beyond the time that the provider was asked to wait for something."""
_MOST_BYTES = 64 * 1024 * 1024
_LONGEST_PAUSE_S = 3600.0


@dataclass(frozen=True, slots=True)
class Answer:
    """What came back, whatever the status."""

    status: int
    body: bytes
    retry_after_s: float
    """What the provider asks for in `Retry-After`, in seconds; 0 where it asks for nothing."""

    def json(self) -> Any:
        """The body's value; RetryLater where it is no JSON (a proxy's page, a cut answer)."""
        try:
            return read_json(self.body)
        except Unreadable as error:
            raise RetryLater(
                f"the answer (HTTP {self.status}, {len(self.body)} bytes) cannot be read as JSON"
            ) from error


class HttpApi:
    """One provider's API: a session, open while it is entered."""

    def __init__(
        self,
        url: str,
        *,
        ca_file: str = "",
        grace_s: float = _GRACE_S,
        most_bytes: int = _MOST_BYTES,
    ) -> None:
        """`ca_file`: certificates to trust instead of the system's, in PEM.

        An answer may take `grace_s` longer than it was asked to wait for something, and have
        `most_bytes`.
        """
        self.url = url.rstrip("/")
        self._grace_s = grace_s
        self._most_bytes = most_bytes
        self._ca_file = ca_file
        self._session: aiohttp.ClientSession | None = None

    @property
    def host(self) -> str:
        return host_of(self.url)

    async def __aenter__(self) -> Self:
        connector = aiohttp.TCPConnector(ssl=_trusting(self._ca_file) if self._ca_file else True)
        self._session = aiohttp.ClientSession(connector=connector, trust_env=True)
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        if self._session is not None:
            await self._session.close()

    async def get(
        self,
        path: str,
        params: Mapping[str, str] | None = None,
        *,
        headers: Mapping[str, str] | None = None,
        wait_s: float = 0.0,
    ) -> Answer:
        """GET; `path` is below the API's address, or an address of its own."""
        return await self._asked("GET", path, wait_s, params=params, headers=headers)

    async def post(
        self, path: str, form: Mapping[str, str] | None = None, *, wait_s: float = 0.0
    ) -> Answer:
        """POST of form fields: what is secret then stands in no address."""
        return await self._asked("POST", path, wait_s, data=form)

    async def _asked(self, method: str, path: str, wait_s: float, **request: Any) -> Answer:
        if self._session is None:
            raise RuntimeError("enter it first")
        url = path if "://" in path else f"{self.url}/{path}"
        timeout = aiohttp.ClientTimeout(total=wait_s + self._grace_s, sock_connect=_CONNECT_S)
        try:
            async with self._session.request(
                method, url, timeout=timeout, allow_redirects=False, **request
            ) as response:
                body = await self._whole(response)
                return Answer(response.status, body, _retry_after(response.headers))
        except (aiohttp.InvalidURL, ValueError) as error:
            raise StopAdapter(f"{self.host} is no address that can be asked") from error
        except (aiohttp.ClientError, TimeoutError, OSError) as error:
            raise RetryLater(f"{host_of(url)} is away: {told(error)}") from error

    async def _whole(self, response: aiohttp.ClientResponse) -> bytes:
        body = bytearray()
        async for chunk in response.content.iter_chunked(256 * 1024):
            body += chunk
            if len(body) > self._most_bytes:
                raise RetryLater(f"an answer has more than {self._most_bytes} bytes", after_s=60.0)
            await asyncio.sleep(0)  # a fast peer must not hold the loop
        return bytes(body)


def told(error: BaseException) -> str:
    """An error of the network without what it may quote: addresses, and what was sent."""
    why = getattr(error, "strerror", None)
    name = type(error).__name__
    return f"{name}: {why}"[:200] if isinstance(why, str) and why else name


def _trusting(ca_file: str) -> ssl.SSLContext:
    try:
        return ssl.create_default_context(cafile=ca_file)
    except (OSError, ssl.SSLError) as error:
        raise StopAdapter(f"ca_file {ca_file!r} cannot be read: {told(error)}") from error


def _retry_after(headers: Mapping[str, str]) -> float:
    seconds = as_int(headers.get("Retry-After")) or 0
    return float(min(max(seconds, 0), _LONGEST_PAUSE_S))
