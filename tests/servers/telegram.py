"""A made-up Bot API: forgets what is below the offset that it is asked with, as the real one."""

import asyncio
import threading
from typing import Any

from aiohttp import web
from servers.http_fake import GIVEN, HttpFake, spoilt

TOKEN = "700000001:AA-secret-of-the-bot"


class TelegramFake(HttpFake):
    """Its updates are given out again until they are confirmed."""

    def __init__(self, *, most: int = 7, longest_wait_s: float = 0.2, seed: int = 0) -> None:
        super().__init__(seed=seed)
        self.most = most
        self.longest_wait_s = longest_wait_s
        self.webhook = False
        self.rivals = 0
        """So many times another poller comes between."""
        self.busy: list[int] = []
        """So many seconds are asked for before each of the next answers."""
        self.revoked = False
        self._lock = threading.Lock()
        self._updates: dict[int, dict[str, Any]] = {}
        self.confirmed: list[int] = []

    def routes(self, app: web.Application) -> None:
        app.router.add_post("/bot{token}/getUpdates", self._get_updates)

    def put(self, *updates: dict[str, Any]) -> None:
        with self._lock:
            self._updates |= {update["update_id"]: update for update in updates}
        self.change()

    @property
    def waiting(self) -> list[int]:
        """Ids that are not confirmed."""
        with self._lock:
            return sorted(self._updates)

    async def _get_updates(self, request: web.Request) -> web.Response:
        if request.match_info["token"] != TOKEN or self.revoked:
            return _no(401, "Unauthorized")
        if self.webhook:
            return _no(409, "Conflict: can't use getUpdates method while webhook is active")
        if self.rivals:
            self.rivals -= 1
            return _no(409, "Conflict: terminated by other getUpdates request")
        if self.busy:
            return _no(429, "Too Many Requests", parameters={"retry_after": self.busy.pop()})
        given = request[GIVEN]
        self._confirm(int(given.get("offset", 0)))
        if not self._updates:
            await self.wait(min(float(given.get("timeout", 0)), self.longest_wait_s))
        await asyncio.sleep(0)
        with self._lock:
            found = [self._updates[i] for i in sorted(self._updates)]
        result = found[: min(self.most, int(given.get("limit", 100)))]
        for poison in [update for update in result if "poison" in update]:
            return spoilt({"ok": True, "result": result}, poison)
        return web.json_response({"ok": True, "result": result})

    def _confirm(self, offset: int) -> None:
        with self._lock:
            for number in [n for n in self._updates if n < offset]:
                self.confirmed.append(number)
                del self._updates[number]


def _no(status: int, why: str, **more: Any) -> web.Response:
    told = {"ok": False, "error_code": status, "description": why, **more}
    return web.json_response(told, status=status)


def message(number: int, **more: Any) -> dict[str, Any]:
    """An update with a message of a customer of its own."""
    user = 5_550_000_000 + number
    return {
        "update_id": number,
        "message": {
            "message_id": number,
            "from": {"id": user, "is_bot": False, "first_name": "Ira"},
            "chat": {"id": user, "type": "private", "first_name": "Ira"},
            "date": 1_735_689_600 + number,
            "text": f"question {number}",
            **more,
        },
    }
