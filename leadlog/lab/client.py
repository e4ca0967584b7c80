"""A client of the gateway, without a network between: patient or slow, whole or cut off."""

import asyncio
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import unquote, urlsplit

from channels.sdk.delivery import Delivery, Reply
from ingest.gateway.app import Gateway
from ingest.gateway.asgi import PREFIX, Message, Scope


@dataclass
class Exchange:
    """One request to the gateway, and what it answered so far."""

    scope: Scope
    pieces: list[bytes]
    pause_s: float = 0.0
    """Between two pieces of the body."""
    leaves: bool = False
    """The client goes away before its last piece."""
    sent: list[Message] = field(default_factory=list)

    async def receive(self) -> Message:
        await asyncio.sleep(self.pause_s)
        if len(self.pieces) == 1 and self.leaves:
            return {"type": "http.disconnect"}
        piece = self.pieces.pop(0)
        return {"type": "http.request", "body": piece, "more_body": bool(self.pieces)}

    async def send(self, message: Message) -> None:
        await asyncio.sleep(0)
        self.sent.append(message)

    async def run(self, gateway: Gateway) -> None:
        await gateway(self.scope, self.receive, self.send)

    @property
    def reply(self) -> Reply | None:
        """The answer, once its status is known; None before."""
        if not self.sent:
            return None
        start, *rest = self.sent
        headers = tuple((n.decode("latin-1"), v.decode("latin-1")) for n, v in start["headers"])
        content_type = next((v for n, v in headers if n.lower() == "content-type"), "")
        body = b"".join(message.get("body", b"") for message in rest)
        others = tuple(pair for pair in headers if pair[0].lower() != "content-type")
        return Reply(start["status"], body, content_type, others)


def exchange(
    delivery: Delivery, account: str, *, pieces: int = 1, tells_length: bool = True, **more: Any
) -> Exchange:
    """The delivery as a request to the intake of `account`, its body in so many pieces."""
    size = max(1, -(-len(delivery.body) // pieces))
    parts = [delivery.body[at : at + size] for at in range(0, len(delivery.body), size)]
    return Exchange(_scope(delivery, account, tells_length=tells_length), parts or [b""], **more)


def _scope(delivery: Delivery, account: str, *, tells_length: bool) -> Scope:
    url = urlsplit(delivery.url)
    path = _path(url.path, account)
    headers = [
        (name.encode("latin-1", "replace"), value.encode("latin-1", "replace"))
        for name, value in delivery.headers.items()
        if name != "content-length"
    ]
    if url.netloc and "host" not in delivery.headers:
        headers.append(
            (b"host", url.netloc.encode("idna" if not url.netloc.isascii() else "ascii"))
        )
    if tells_length:
        headers.append((b"content-length", str(len(delivery.body)).encode()))
    return {
        "type": "http",
        "method": delivery.method,
        "scheme": url.scheme or "https",
        "path": unquote(path),
        "raw_path": path.encode("utf-8", "replace"),
        "query_string": url.query.encode("utf-8", "replace"),
        "headers": headers,
        "client": (delivery.remote_ip or "192.0.2.1", 443),
    }


def _path(path: str, account: str) -> str:
    """The recorded path, in the account that it is sent to."""
    if not path.startswith(PREFIX):
        return f"{PREFIX}{account}"
    _, _, rest = path[len(PREFIX) :].partition("/")
    return f"{PREFIX}{account}/{rest}" if rest else f"{PREFIX}{account}"
