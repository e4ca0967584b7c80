"""What the poller asks of Meta's Graph API: a page's lead forms, and their leads."""

from collections.abc import AsyncGenerator, Sequence
from typing import Any, Final, NamedTuple

import msgspec

from channels.sdk import signature
from channels.sdk.errors import RetryLater, StopAdapter
from channels.sdk.http_api import Answer, HttpApi
from channels.sdk.read import as_dict, as_int, as_list, as_text

_PAGE: Final = 100
_MOST_PAGES: Final = 1000
_FIELDS: Final = (
    "id,created_time,field_data,form_id,ad_id,ad_name,adset_id,adset_name,campaign_id,"
    "campaign_name,platform,is_organic,custom_disclaimer_responses"
)
_TOO_MANY: Final = {4, 17, 32, 613, 80001, 80004, 80005}
_TOKEN: Final = {102, 190}
_RIGHTS: Final = {10, 200, 270, 294}


class Form(NamedTuple):
    """A lead form of the page."""

    id: str


class GraphApi:
    """One page's token; `http` is entered."""

    def __init__(
        self, http: HttpApi, *, token: str, app_secret: str, page_id: str, form_ids: Sequence[str]
    ) -> None:
        self._http = http
        self._headers = {"Authorization": f"Bearer {token}"}
        self._proof = {"appsecret_proof": signature.hmac_hex(app_secret, token.encode())}
        if not app_secret:
            self._proof = {}
        self._page_id = page_id
        self._form_ids = tuple(form_ids)

    async def forms(self) -> list[Form]:
        """Those that are configured, else all of the page."""
        if self._form_ids:
            return [Form(form_id) for form_id in self._form_ids]
        path, found = f"{self._page_id}/leadgen_forms", []
        async for page in self._pages(path, {"fields": "id"}):
            found += [as_text(as_dict(form).get("id")) for form in page]
        return [Form(form_id) for form_id in found if form_id.isdigit()]

    async def leads(self, form: Form, since: int) -> AsyncGenerator[list[Any], None]:
        """A form's leads since a time (in seconds since 1970), newest first, page by page."""
        asked = {"fields": _FIELDS}
        if since > 0:
            later = {"field": "time_created", "operator": "GREATER_THAN", "value": since - 1}
            asked["filtering"] = msgspec.json.encode([later]).decode()
        async for page in self._pages(f"{form.id}/leads", asked):
            yield page

    async def _pages(self, path: str, asked: dict[str, str]) -> AsyncGenerator[list[Any], None]:
        after = ""
        for _ in range(_MOST_PAGES):
            place = {"after": after} if after else {}
            params = {**asked, **self._proof, **place, "limit": str(_PAGE)}
            answer = await self._http.get(path, params, headers=self._headers, wait_s=30.0)
            value = as_dict(answer.json())
            if answer.status != 200 or "error" in value:
                raise _refusal(path, answer, as_dict(value.get("error")))
            yield as_list(value.get("data"))
            paging = as_dict(value.get("paging"))
            after = as_text(as_dict(paging.get("cursors")).get("after"))
            if not after or not paging.get("next"):
                return


def _refusal(path: str, answer: Answer, error: dict[str, Any]) -> Exception:
    """What Meta's no means for us. Its own text may name people: the code alone is told."""
    code = as_int(error.get("code")) or 0
    told = f"GET {path}: HTTP {answer.status}, error {code}"
    if code in _TOKEN or answer.status == 401:
        return StopAdapter(
            f"Meta does not take the page's token ({told}): make a new one that does not expire,"
            " set it as `page_token`, and start again"
        )
    if code in _RIGHTS:
        return StopAdapter(
            f"the page's token may not read leads ({told}): it needs leads_retrieval and"
            " pages_manage_ads, and its app a place in the page's Leads Access Manager"
        )
    if code == 100:
        return StopAdapter(f"Meta does not know this page or form ({told}): page_id, form_ids")
    if code in _TOO_MANY or answer.status == 429:
        return RetryLater(f"Meta asks for a pause ({told})", after_s=max(300, answer.retry_after_s))
    return RetryLater(f"Meta refuses ({told})", after_s=15.0)
