"""A made-up Graph API: a page's lead forms and their leads, newest first, in pages."""

import json
import threading
from datetime import UTC, datetime
from typing import Any

from aiohttp import web
from servers.http_fake import GIVEN, HttpFake

TOKEN, PAGE = "EAA-secret-of-the-page", "1234567890"


class GraphFake(HttpFake):
    def __init__(self, *, most: int = 5) -> None:
        super().__init__()
        self.most = most
        self.error: tuple[int, int] | None = None
        """HTTP status and code of Meta's."""
        self._lock = threading.Lock()
        self._leads: dict[str, list[dict[str, Any]]] = {}

    def routes(self, app: web.Application) -> None:
        app.router.add_get("/{node}/leadgen_forms", self._forms)
        app.router.add_get("/{node}/leads", self._of_form)

    def put(self, *leads: dict[str, Any]) -> None:
        with self._lock:
            for lead in leads:
                self._leads.setdefault(lead["form_id"], []).append(lead)

    async def _forms(self, request: web.Request) -> web.Response:
        with self._lock:
            forms = [{"id": form} for form in sorted(self._leads)]
        return self._page(request, forms)

    async def _of_form(self, request: web.Request) -> web.Response:
        given = request[GIVEN]
        filters = json.loads(given.get("filtering", "[]"))
        since = max([f["value"] for f in filters], default=-1)
        with self._lock:
            found = self._leads.get(request.match_info["node"], [])
            new = [lead for lead in found if made(lead) > since]
        return self._page(request, sorted(new, key=made, reverse=True))

    def _page(self, request: web.Request, found: list[dict[str, Any]]) -> web.Response:
        given = request[GIVEN]
        if request.headers.get("Authorization") != f"Bearer {TOKEN}":
            return _no(400, 190)
        if self.error:
            return _no(*self.error)
        start = int(given.get("after", 0))
        end = start + min(self.most, int(given["limit"]))
        paging: dict[str, Any] = {"cursors": {"after": str(end)}}
        if end < len(found):
            paging["next"] = f"{self.url}{request.path}?access_token={TOKEN}"
        return web.json_response({"data": found[start:end], "paging": paging})


def made(lead: dict[str, Any]) -> float:
    return datetime.strptime(lead["created_time"], "%Y-%m-%dT%H:%M:%S%z").timestamp()


def _no(status: int, code: int) -> web.Response:
    return web.json_response({"error": {"message": "no", "code": code}}, status=status)


def lead(number: int, *, form: str = "20", at: float = 0.0) -> dict[str, Any]:
    """Of a person of its own; `at` in seconds since 1970."""
    when = datetime.fromtimestamp(at or 1_769_900_000 + number, UTC)
    return {
        "id": str(9000 + number),
        "created_time": when.strftime("%Y-%m-%dT%H:%M:%S+0000"),
        "form_id": form,
        "field_data": [
            {"name": "full_name", "values": ["Ira L"]},
            {"name": "phone_number", "values": [f"+7921{number:07}"]},
        ],
    }
