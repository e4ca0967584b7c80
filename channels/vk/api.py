"""Methods of VK's API, asked by the poller: dev.vk.com/reference/errors says what a no means."""

import asyncio
from typing import Any, Final

from channels.sdk.errors import AdapterError, RetryLater, StopAdapter
from channels.sdk.http_api import Answer, HttpApi
from channels.sdk.read import as_dict, as_int, as_text

VERSION: Final = "5.199"
_BETWEEN_CALLS_S: Final = 0.06
_TOO_MANY: Final = {6, 9}
_RATE_LIMIT: Final = 29
_AUTH: Final = {5, 4, 3, 2}
_DENIED: Final = {7, 15, 27, 28}


class Denied(AdapterError):
    """The token has no right to this method."""


class VkApi:
    """One community's token; `http` is entered."""

    def __init__(self, http: HttpApi, *, token: str, group_id: str) -> None:
        self._http = http
        self._token = token
        self.group_id = group_id

    async def call(self, method: str, **params: str) -> dict[str, Any]:
        """The method's `response`, where it is an object; else an empty one. Raises as `value`."""
        return as_dict(await self.value(method, **params))

    async def value(self, method: str, **params: str) -> Any:
        """The method's `response`. Raises Denied, StopAdapter or RetryLater.

        VK allows a community's token 20 calls a second.
        """
        await asyncio.sleep(_BETWEEN_CALLS_S)
        form = {**params, "group_id": self.group_id, "access_token": self._token, "v": VERSION}
        answer = await self._http.post(f"method/{method}", form)
        value = as_dict(answer.json())
        if "error" in value:
            raise _refusal(method, as_dict(value["error"]))
        if answer.status != 200:
            raise RetryLater(f"VK answers {method} with HTTP {answer.status}")
        return value.get("response")

    async def poll(self, server: str, key: str, ts: str, wait_s: int) -> Answer:
        """One look at the community's long poll server."""
        asked = {"act": "a_check", "key": key, "ts": ts, "wait": str(wait_s)}
        return await self._http.get(server, asked, wait_s=wait_s)


def _refusal(method: str, error: dict[str, Any]) -> Exception:
    code = as_int(error.get("error_code")) or 0
    why = f"{method}: {as_text(error.get('error_msg'))[:120]} (error {code})"
    if code in _AUTH:
        return StopAdapter(
            f"VK does not take the token ({why}); make a new one: Community → Manage → API usage →"
            " Access tokens, set it as `token`, and start again"
        )
    if code in _DENIED:
        return Denied(f"the token may not do this ({why})")
    if code == 100:
        return StopAdapter(f"VK does not know this community ({why}); see `group_id`")
    if code == _RATE_LIMIT:
        return RetryLater(f"VK asks for a long pause ({why})", after_s=300.0)
    return RetryLater(f"VK refuses ({why})", after_s=2.0 if code in _TOO_MANY else 10.0)
