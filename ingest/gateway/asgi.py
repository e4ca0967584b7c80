"""Between ASGI and plain values: a request as a delivery, a reply as messages."""

from collections.abc import Awaitable, Callable, MutableMapping, Sequence
from functools import lru_cache
from typing import Any
from urllib.parse import quote, unquote

from channels.sdk.delivery import Delivery, Reply
from channels.sdk.times import Timestamp

Message = MutableMapping[str, Any]
Scope = Message
Receive = Callable[[], Awaitable[Message]]
Send = Callable[[Message], Awaitable[None]]

PREFIX = "/in/"


def headers_of(scope: Scope) -> dict[str, str]:
    """Names in lower case; of several with one name the last counts."""
    return {n.decode("latin-1").lower(): v.decode("latin-1") for n, v in scope["headers"]}


def path_of(scope: Scope) -> str:
    """As it was called, nothing decoded: some providers sign it."""
    return (scope.get("raw_path") or quote(scope["path"]).encode()).decode("latin-1")


def segments_of(path: str) -> tuple[str, ...]:
    """What stands after `/in/`, decoded: the account, and what is of its own."""
    return tuple([unquote(part) for part in path[len(PREFIX) :].split("/")])


def delivery_of(
    scope: Scope,
    path: str,
    headers: dict[str, str],
    segments: Sequence[str],
    body: bytes,
    received_at: Timestamp,
) -> Delivery:
    """The request: `path_of` it, `headers_of` it, and `segments_of` its path past the account."""
    query = scope["query_string"].decode("latin-1")
    url = f"{scope['scheme']}://{headers.get('host', '')}{path}"
    client = scope.get("client")
    return Delivery(
        method=scope["method"],
        url=f"{url}?{query}" if query else url,
        headers=headers,
        body=body,
        remote_ip=client[0] if client else "",
        received_at=received_at,
        segments=tuple(segments),
    )


async def send_reply(send: Send, reply: Reply, more: tuple[tuple[str, str], ...] = ()) -> None:
    """The whole reply, with `more` headers."""
    headers = _headers(reply.content_type, len(reply.body), (*reply.headers, *more))
    await send({"type": "http.response.start", "status": reply.status, "headers": headers})
    await send({"type": "http.response.body", "body": reply.body})


@lru_cache(maxsize=128)
def _headers(
    content_type: str, length: int, more: tuple[tuple[str, str], ...]
) -> tuple[tuple[bytes, bytes], ...]:
    """Most replies are alike."""
    told = (("content-type", content_type), ("content-length", str(length)), *more)
    return tuple((name.encode("latin-1"), value.encode("latin-1")) for name, value in told)
