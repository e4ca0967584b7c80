"""The workshop's own site in the demo: a page with a form, and what became of what was sent by it.

It stands at `/shop` beside the desk. Who may ask for a card here is whoever knows the random id of
a submission: the browser that made it up. All data of a demo are made up, but for what is typed.
"""

import asyncio
import json
from functools import cache
from importlib import resources
from string import Template
from typing import Any, Final
from uuid import UUID

from channels.sdk.delivery import Reply
from channels.sdk.ids import lead_id
from channels.sdk.intake import problem
from ingest.gateway.asgi import Receive, Scope, Send, send_reply
from leadlog.demo.shop_words import WORDS
from leadlog.system import System

PATH: Final = "/shop"

_FILES: Final = {"shop.css": "text/css", "shop.js": "text/javascript"}
_SOURCES: Final = (
    "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self';"
    " form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
)
_HEADERS: Final = (
    ("Content-Security-Policy", _SOURCES),
    ("X-Content-Type-Options", "nosniff"),
    ("Referrer-Policy", "same-origin"),
    ("Cache-Control", "no-cache"),
)


class ShopSite:
    """A bare ASGI application: the page, its two files, and the card of a submission."""

    def __init__(self, system: System) -> None:
        self._system = system

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        del receive
        await send_reply(send, await self._reply(scope), _HEADERS)

    async def _reply(self, scope: Scope) -> Reply:
        headers = {name.lower(): value for name, value in scope["headers"]}
        language = _language(headers.get(b"accept-language", b""))
        if scope["method"] not in {"GET", "HEAD"}:
            return problem(405, "wrong method", "this page is only read")
        match scope["path"].removeprefix(PATH).strip("/").split("/"):
            case [""]:
                return Reply(200, _page(language), "text/html; charset=utf-8")
            case [name] if name in _FILES:
                return Reply(200, _file(name), f"{_FILES[name]}; charset=utf-8")
            case ["card", submission] if _is_uuid(submission):
                return await asyncio.to_thread(self._card, submission, language)
        return problem(404, "not found", f"the shop has {PATH} and nothing else")

    def _card(self, submission: str, language: str) -> Reply:
        lead = lead_id("webform", "site", submission)
        card = self._system.cards.show(str(lead))
        if card is None:
            return problem(404, "not yet", "the lead is on its way; ask again in a moment")
        told = {"name": card["name"], "lines": _lines(card, WORDS[language])}
        told["href"] = f"/cards/{card['id']}"
        return Reply(200, json.dumps(told).encode(), "application/json")


def _lines(card: dict[str, Any], words: dict[str, str]) -> list[str]:
    campaign = card.get("campaign", {})
    leaves = [leaf["value"] for leaf in card["leaves"] if leaf["kind"] != "lead"]
    lines = [
        ", ".join(leaves),
        f"{words['leads']}: {len(card['leads'])}",
        *(f"{words['deal']}: {deal['stage']}" for deal in card["deals"]),
    ]
    if "utm_source" in campaign:
        marks = (campaign.get(name) for name in ("utm_source", "utm_medium", "utm_campaign"))
        lines.append(f"{words['from']}: {' / '.join(mark for mark in marks if mark)}")
    return [line for line in lines if line]


def _is_uuid(text: str) -> bool:
    try:
        return str(UUID(text)) == text
    except ValueError:
        return False


def _language(wanted: bytes) -> str:
    return "ru" if wanted.lower().startswith(b"ru") else "en"


@cache
def _page(language: str) -> bytes:
    page = Template(_file("shop.html").decode())
    return page.substitute(WORDS[language], lang=language).encode()


@cache
def _file(name: str) -> bytes:
    return (resources.files("leadlog.demo") / name).read_bytes()
