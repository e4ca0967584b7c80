"""A made-up VK: the API methods that the poller calls, and a long poll server that forgets."""

import asyncio
import threading
import time
from typing import Any

from aiohttp import web
from servers.http_fake import GIVEN, HttpFake, spoilt

GROUP = 22222222
TOKEN = "vk1.a.secret-of-the-community"
_FIRST_CONVERSATION = 2_000_000_000


class VkFake(HttpFake):
    """`kept`: so many events back can be asked for; what is older is lost (`failed` 1)."""

    def __init__(
        self, *, kept: int = 10**6, most: int = 7, longest_wait_s: float = 0.2, seed: int = 0
    ) -> None:
        super().__init__(seed=seed)
        self.kept = kept
        self.most = most
        self.longest_wait_s = longest_wait_s
        self.refusals: dict[str, int] = {}
        """Method → error code."""
        self.forms: list[dict[str, Any]] = []
        """What leadForms.getLeads gives."""
        self._lock = threading.Lock()
        self._events: list[dict[str, Any]] = []
        self._offset = 100
        """The `ts` of the first event."""
        self._key = 1
        self._lost = False
        self._history: list[dict[str, Any]] = []
        """Events that the long poll has forgotten."""

    def routes(self, app: web.Application) -> None:
        app.router.add_post("/method/{name}", self._method)
        app.router.add_get("/lp", self._long_poll)

    def put(self, *events: dict[str, Any]) -> None:
        with self._lock:
            self._events += events
        self.change()

    def expire_key(self) -> None:
        """`failed` 2 for who comes with the old one."""
        self._key += 1

    def forget_everything(self) -> None:
        """`failed` 3: numbers begin anew somewhere else, and the events are gone."""
        with self._lock:
            self.expire_key()
            self._history += self._events
            self._events, self._offset = [], self.end + 100_000
            self._lost = True

    @property
    def end(self) -> int:
        return self._offset + len(self._events)

    async def _method(self, request: web.Request) -> web.Response:
        name, given = request.match_info["name"], request[GIVEN]
        if given.get("access_token") != TOKEN:
            return _no(5, "User authorization failed: invalid access_token (4).")
        if name in self.refusals:
            return _no(self.refusals[name], "Access denied")
        if given.get("group_id") != str(GROUP):
            return _no(100, "One of the parameters specified was missing or invalid")
        methods = {
            "groups.getLongPollServer": self._server,
            "messages.getConversations": self._conversations,
            "messages.getHistory": self._messages,
            "leadForms.list": self._forms,
            "leadForms.getLeads": self._form_leads,
        }
        return web.json_response({"response": methods[name](given)})

    async def _long_poll(self, request: web.Request) -> web.Response:
        given = request[GIVEN]
        if given["key"] != f"k{self._key}":
            return web.json_response({"failed": 3 if self._lost else 2})
        with self._lock:
            ts, first = int(given["ts"]), self.end - min(self.kept, len(self._events))
        if not first <= ts <= self.end:
            return web.json_response({"ts": first, "failed": 1})
        if ts == self.end:
            await self.wait(min(float(given["wait"]), self.longest_wait_s))
        await asyncio.sleep(0)
        with self._lock:
            found = self._events[ts - self._offset :][: self.most]
        answer = {"ts": str(ts + len(found)), "updates": found}
        for poison in [event for event in found if "poison" in event]:
            return spoilt(answer, poison)
        return web.json_response(answer)

    def _server(self, given: dict[str, str]) -> dict[str, Any]:
        del given
        self._lost = False
        return {"server": f"{self.url}/lp", "key": f"k{self._key}", "ts": str(self.end)}

    def _forms(self, given: dict[str, str]) -> list[dict[str, Any]]:
        del given
        questions = [
            {"key": "phone_number", "label": "Phone"},
            {"key": "custom_1", "label": "Size"},
        ]
        return [{"form_id": 1, "name": "Order", "questions": questions}]

    def _form_leads(self, given: dict[str, str]) -> dict[str, Any]:
        start = int(given.get("next_page_token", 0))
        page = self.forms[start : start + 2]
        after = str(start + 2) if start + 2 < len(self.forms) else ""
        return {"leads": page, "next_page_token": after}

    def _conversations(self, given: dict[str, str]) -> dict[str, Any]:
        last: dict[int, dict[str, Any]] = {}
        for message in self._all_messages():
            last[message["peer_id"]] = message
        ordered = sorted(last.values(), key=lambda m: -m["date"])
        page = ordered[int(given["offset"]) :][: int(given["count"])]
        items = [
            {"conversation": {"peer": {"id": m["peer_id"], "type": "user"}}, "last_message": m}
            for m in page
        ]
        return {"count": len(ordered), "items": items}

    def _messages(self, given: dict[str, str]) -> dict[str, Any]:
        peer = int(given["peer_id"])
        found = [m for m in reversed(self._all_messages()) if m["peer_id"] == peer]
        page = found[int(given["offset"]) :][: int(given["count"])]
        return {"count": len(found), "items": page}

    def _all_messages(self) -> list[dict[str, Any]]:
        """What VK keeps of conversations, whatever the long poll forgets."""
        with self._lock:
            events = self._history + self._events
        messages = [
            e["object"] for e in events if e.get("type") in ("message_new", "message_reply")
        ]
        return [m.get("message", m) for m in messages]


def message(number: int, *, user: int = 0, date: int = 0, **more: Any) -> dict[str, Any]:
    """An event with a message, each of a customer of its own where none is named."""
    user = user or 20_000_000 + number
    found = {
        "id": number,
        "date": date or int(time.time()),
        "from_id": user,
        "peer_id": user,
        "conversation_message_id": number,
        "text": f"question {number}",
        "out": 0,
        "attachments": [],
        "fwd_messages": [],
        **more,
    }
    return {
        "type": "message_new",
        "object": {"message": found, "client_info": {}},
        "group_id": GROUP,
        "event_id": f"{number:040x}",
        "v": "5.199",
    }


def form(number: int, *, date: int = 0) -> dict[str, Any]:
    """A lead of a form, as leadForms.getLeads tells of it."""
    return {
        "lead_id": number,
        "user_id": 20_000_000 + number,
        "date": date or int(time.time()),
        "answers": [
            {"key": "phone_number", "answer": {"value": f"+7921{number:07}"}},
            {
                "key": "custom_1",
                "answer": [{"key": "a", "value": "L"}, {"key": "b", "value": "XL"}],
            },
        ],
    }


def _no(code: int, why: str) -> web.Response:
    return web.json_response({"error": {"error_code": code, "error_msg": why}})
