"""Calling a provider's HTTP API to send: whatever goes wrong is told in the words of the port.

Addresses and answers may hold tokens and people's data, so that no error repeats one. Redirects
are not followed: they would take a token elsewhere.
"""

import ssl
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import httpx

from channels.sdk.errors import RateLimited, RetryLater, StopAdapter, Unreadable
from channels.sdk.read import as_dict, read_json

_DEADLINE = httpx.Timeout(30.0, connect=15.0)
_LONGEST_PAUSE_S = 3600.0
_USUAL_PAUSE_S = 5.0


@dataclass(frozen=True, slots=True)
class Answer:
    """What the provider said, where it neither asked to wait nor failed."""

    status: int
    body: dict[str, Any]
    """Empty where it is no JSON object."""


class HttpSending:
    """One provider's API for one account; opens its connections with the first call."""

    def __init__(
        self,
        account: str,
        url: str,
        *,
        headers: Mapping[str, str] | None = None,
        ca_file: str = "",
    ) -> None:
        """`ca_file`: certificates to trust instead of the usual ones, in PEM."""
        self._account = account
        self._url = url.rstrip("/")
        self._headers = dict(headers or {})
        self._ca_file = ca_file
        self._client: httpx.AsyncClient | None = None

    async def post(
        self,
        path: str,
        json: Mapping[str, Any] | None = None,
        *,
        params: Mapping[str, str] | None = None,
        form: Mapping[str, str] | None = None,
        headers: Mapping[str, str] | None = None,
    ) -> Answer:
        """POST below the API's address.

        Raises RateLimited (429), StopAdapter (401) and RetryLater (5xx, the network); any other
        answer is the caller's to judge.
        """
        try:
            response = await self._opened().post(
                f"{self._url}/{path}", json=json, params=params, data=form, headers=headers
            )
        except (httpx.ConnectError, httpx.ConnectTimeout, httpx.PoolTimeout) as error:
            raise RetryLater(f"the provider cannot be reached: {type(error).__name__}") from None
        except (httpx.InvalidURL, httpx.UnsupportedProtocol):
            raise StopAdapter(f"{self._account}: api_url is no address") from None
        except httpx.HTTPError as error:
            raise RetryLater(
                f"the provider gave no answer: {type(error).__name__}", unsure=True
            ) from None
        return self._judged(response)

    async def close(self) -> None:
        if self._client is not None:
            await self._client.aclose()
            self._client = None

    def _judged(self, response: httpx.Response) -> Answer:
        status = response.status_code
        if status == 429:
            raise RateLimited("the provider asks for fewer calls", after_s=pause(response.headers))
        if status >= 500:
            after_s = pause(response.headers)
            raise RetryLater(f"the provider answered {status}", after_s=after_s, unsure=True)
        if status == 401:
            raise StopAdapter(
                f"{self._account}: the provider does not know the token (HTTP 401); set a new one"
            )
        try:
            return Answer(status, as_dict(read_json(response.content)))
        except Unreadable:
            if status < 300:
                raise RetryLater(
                    f"the answer (HTTP {status}) cannot be read", unsure=True
                ) from None
            return Answer(status, {})

    def _opened(self) -> httpx.AsyncClient:
        if self._client is None:
            trusted = ssl.create_default_context(cafile=self._ca_file) if self._ca_file else True
            self._client = httpx.AsyncClient(
                headers=self._headers, timeout=_DEADLINE, verify=trusted, trust_env=False
            )
        return self._client


def pause(headers: Mapping[str, str]) -> float:
    """Seconds that `Retry-After` asks for; 5 where it asks for none, at most an hour."""
    try:
        asked = float(headers.get("retry-after", ""))
    except ValueError:
        return _USUAL_PAUSE_S
    return min(max(asked, 1.0), _LONGEST_PAUSE_S) if asked == asked else _USUAL_PAUSE_S  # noqa: PLR0124 - false for NaN alone
