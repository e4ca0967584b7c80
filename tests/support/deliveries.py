"""What providers and browsers send to three accounts, and what must become of it.

Ids are worked out here from SEMANTICS 1.4 and the keys in docs/lead-event.md, not by our adapters.
"""

import json
import random
from collections.abc import Iterator
from dataclasses import dataclass, field
from hashlib import sha256
from typing import Literal
from urllib.parse import urlencode
from uuid import UUID, uuid5

NAMESPACE = UUID("6f0d7a3e-5c1b-5f0e-9d0a-1ead10900001")
ACCOUNTS = """
[[accounts]]
type = "webform"
name = "site"
honeypot = "website"

[[accounts]]
type = "mango"
name = "office"
key = "chaos-key"
salt = "chaos-salt"

[[accounts]]
type = "telegram"
name = "bot"
token = "700000001:chaos"
secret_token = "chaos-secret"
"""
"""The accounts, as the configuration has them."""

JSON = "application/json"
FORM = "application/x-www-form-urlencoded"

Fate = Literal["lead", "ignored", "quarantined", "refused"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Post:
    """One request. `lead` and `event` are the ids of the lead event that it must become."""

    path: str
    headers: dict[str, str] = field(default_factory=dict)
    body: bytes
    fate: Fate = "lead"
    lead: str = ""
    event: str = ""

    @property
    def chat(self) -> str:
        """Of a message to the bot."""
        told = json.loads(self.body)
        return str((told.get("message") or told["edited_message"])["chat"]["id"])

    @property
    def as_bytes(self) -> bytes:
        """The request as it goes over the wire."""
        lines = [f"POST {self.path} HTTP/1.1", "host: leads.example"]
        lines += [f"{name}: {value}" for name, value in self.headers.items()]
        lines += [f"content-length: {len(self.body)}", "", ""]
        return "\r\n".join(lines).encode() + self.body


def form(submission: str, *, fate: Fate = "lead", json_body: bool = True, **fields: str) -> Post:
    """A form of our own site. The same submission with other fields corrects it."""
    values = {**fields, "submission_id": submission}
    text = json.dumps(values, ensure_ascii=False) if json_body else urlencode(values)
    body = text.encode()
    return Post(
        path="/in/site",
        headers={"content-type": JSON if json_body else FORM},
        body=body,
        fate=fate,
        lead=_id("webform", "site", submission),
        event=_id("webform", "site", f"{submission}/{sha256(body).hexdigest()}"),
    )


def call(entry: str, number: str, *, began: int) -> list[Post]:
    """All that Mango tells of one answered call; one lead."""
    party = {"from": {"number": number}, "to": {"extension": "12", "number": "74950000777"}}
    posts = []
    for seq, state in enumerate(("Appeared", "Connected", "Disconnected"), 1):
        leg = {
            "entry_id": entry,
            "call_id": f"{entry}-leg",
            "seq": seq,
            "call_state": state,
            "location": "abonent",
            "timestamp": began + 20 * seq,
            **party,
        }
        posts.append(_mango(entry, "call", leg, key=f"{entry}-leg/{seq}"))
    summary = {
        "entry_id": entry,
        "call_direction": 1,
        "entry_result": 1,
        "create_time": began,
        "talk_time": began + 20,
        "end_time": began + 60,
        "line_number": "74950000777",
        **party,
    }
    return [*posts, _mango(entry, "summary", summary, key=entry)]


def forged_call(entry: str) -> Post:
    """A call whose signature somebody guessed."""
    told = {"entry_id": entry, "call_id": entry, "seq": 1, "call_state": "Appeared"}
    return _mango(entry, "call", told, key=entry, salt="guessed", fate="refused")


def message(update: int, chat: int, number: int, text: str, *, at: int, edited: int = 0) -> Post:
    """A message to the bot, or an edit of it."""
    sender = {"id": chat, "is_bot": False, "first_name": f"Клиент {chat}"}
    content = {
        "message_id": number,
        "from": sender,
        "date": at,
        "text": text,
        "chat": {"id": chat, "type": "private"},
    }
    if edited:
        content["edit_date"] = edited
    told = {"update_id": update, "edited_message" if edited else "message": content}
    return _telegram(
        json.dumps(told, ensure_ascii=False).encode(),
        lead=_id("telegram", "bot", f"{chat}/{number}"),
        event=_id("telegram", "bot", str(update)),
    )


def polled_message(number: int) -> Post:
    """What servers.telegram.message(number) becomes, fetched by the account `polled_bot`."""
    chat = 5_550_000_000 + number
    return Post(
        path="",
        body=b"",
        lead=_id("telegram", "polled_bot", f"{chat}/{number}"),
        event=_id("telegram", "polled_bot", str(number)),
    )


def broken_update(text: str) -> Post:
    """Authentic, and no JSON."""
    return _telegram(f'{{"update_id": "{text}'.encode(), fate="quarantined")


def _telegram(body: bytes, **more) -> Post:
    secret = {"x-telegram-bot-api-secret-token": "chaos-secret"}
    return Post(path="/in/bot", headers={"content-type": JSON, **secret}, body=body, **more)


def _mango(entry, event, told, *, key, salt="chaos-salt", fate="lead") -> Post:
    text = json.dumps(told, separators=(",", ":"))
    sign = sha256(f"chaos-key{text}{salt}".encode()).hexdigest()
    return Post(
        path=f"/in/office/events/{event}",
        headers={"content-type": FORM},
        body=urlencode({"vpbx_api_key": "chaos-key", "sign": sign, "json": text}).encode(),
        fate=fate,
        lead=_id("mango", "office", entry),
        event=_id("mango", "office", key),
    )


def _id(channel: str, account: str, key: str) -> str:
    return str(uuid5(NAMESPACE, f"{channel}/{account}/{key}"))


class Crowd:
    """Endless traffic of many persons, some of whom come again by another channel. Seeded."""

    def __init__(self, seed: int, *, began: int, people: int = 10**7) -> None:
        """The fewer `people`, the more come again, share a number, or turn out to be one."""
        self._rng = random.Random(seed)
        self._seed = seed
        self._began = began
        self._people = people
        self._number = 0

    def posts(self) -> Iterator[Post]:
        """Leads, amendments and garbage; each amendment some posts after its lead."""
        later: list[Post] = []
        while True:
            first, *more = self._story()
            yield first
            later += more
            while later and self._rng.random() < 0.6:
                yield later.pop(self._rng.randrange(len(later)))

    def _story(self) -> list[Post]:
        rng = self._rng
        self._number += 1
        n = f"{self._seed}-{self._number}"
        kind = rng.choices(
            ("form", "corrected", "call", "message", "edited", "garbage"), (30, 8, 20, 20, 8, 14)
        )[0]
        phone = f"7912{rng.randrange(self._people):07d}"
        at = self._began + self._number
        match kind:
            case "form":
                return [form(f"f{n}", phone=phone, name="Анна", json_body=rng.random() < 0.5)]
            case "corrected":
                mail = f"a{rng.randrange(self._people)}@example.org"
                wrong = form(f"f{n}", phone=phone, email=mail, comment="Кухня")
                return [wrong, form(f"f{n}", phone=phone, email=mail, comment="Шкаф")]
            case "call":
                return call(f"c{n}", phone, began=at)
            case "garbage":
                return [rng.choice((self._trapped, self._wrong, self._forged, self._broken))(n)]
            case _:
                return self._messages(kind, at)

    def _messages(self, kind: str, at: int) -> list[Post]:
        chat, update = 10**9 + self._rng.randrange(min(self._people, 10**5)), self._seed * 10**7
        update += 2 * self._number
        written = message(update, chat, update, "Сколько стоит кухня?", at=at)
        if kind == "message":
            return [written]
        return [written, message(update + 1, chat, update, "А шкаф?", at=at, edited=at + 30)]

    def _trapped(self, n: str) -> Post:
        return form(f"b{n}", phone="79120000000", website="https://spam.example", fate="ignored")

    def _wrong(self, n: str) -> Post:
        return form(f"w{n}", phone="12", fate="refused")

    def _forged(self, n: str) -> Post:
        return forged_call(f"x{n}")

    def _broken(self, n: str) -> Post:
        return broken_update(f"broken {n}")
