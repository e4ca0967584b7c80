"""A made-up MAX: forgets what is before the marker that it is asked with."""

import asyncio
import threading
from typing import Any

from aiohttp import web
from servers.http_fake import GIVEN, HttpFake, spoilt

TOKEN = "max-secret-of-the-bot"


class MaxFake(HttpFake):
    def __init__(self, *, most: int = 7, longest_wait_s: float = 0.2, seed: int = 0) -> None:
        super().__init__(seed=seed)
        self.most = most
        self.longest_wait_s = longest_wait_s
        self.status = 200
        self._lock = threading.Lock()
        self._updates: list[dict[str, Any]] = []
        self._first = 900_000_000_000_000_001
        """The marker of the first update that is kept."""

    def routes(self, app: web.Application) -> None:
        app.router.add_get("/updates", self._get_updates)

    def put(self, *updates: dict[str, Any]) -> None:
        with self._lock:
            self._updates += updates
        self.change()

    @property
    def waiting(self) -> int:
        with self._lock:
            return len(self._updates)

    async def _get_updates(self, request: web.Request) -> web.Response:
        if request.headers.get("Authorization") != TOKEN:
            return web.json_response({"code": "verify.token", "message": "no"}, status=401)
        if self.status != 200:
            told = {"code": "too.many.requests", "message": "no"}
            return web.json_response(told, status=self.status, headers={"Retry-After": "7"})
        given = request[GIVEN]
        with self._lock:
            passed = int(given.get("marker", self._first)) - self._first
            self._updates, self._first = self._updates[passed:], self._first + max(passed, 0)
        if not self._updates:
            await self.wait(min(float(given["timeout"]), self.longest_wait_s))
        await asyncio.sleep(0)
        with self._lock:
            found = self._updates[: self.most]
            marker = self._first + len(found)
        answer = {"updates": found, "marker": marker if found else None}
        for poison in [update for update in found if "poison" in update]:
            return spoilt(answer, poison)
        return web.json_response(answer)


def message(number: int) -> dict[str, Any]:
    """An update with a message of a customer of its own."""
    user = {"user_id": 7_000_000 + number, "first_name": "Ira", "name": "Ira", "is_bot": False}
    return {
        "update_type": "message_created",
        "timestamp": 1_735_691_000_000 + number,
        "message": {
            "sender": user,
            "recipient": {"chat_id": 88, "chat_type": "dialog", "user_id": 99},
            "timestamp": 1_735_691_000_000 + number,
            "body": {"mid": f"mid.{number}", "seq": number, "text": f"question {number}"},
        },
    }
