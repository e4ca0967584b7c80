"""The intake: a bare ASGI application. Verify, parse, append durably, then reply.

No framework on this path (DESIGN §3). Whatever a client does, the answer is one of a closed set
of statuses with a text that says what to do; success is never said before the append.
"""

import asyncio
import time
from collections.abc import Awaitable, Callable, Mapping, MutableMapping
from datetime import UTC, datetime
from typing import Any
from urllib.parse import quote, unquote

from channels.sdk.adapter import WebhookAdapter
from channels.sdk.delivery import Delivery, Reply
from channels.sdk.intake import Examined, Handshake, Invalid, Rejected, examine, problem
from channels.sdk.outcome import Accepted, Ignored, Outcome
from channels.sdk.times import Timestamp, format_time
from ingest.faults import faultpoint
from ingest.log.port import LeadLogWriter, LogUnavailable
from ingest.log.records import records_of
from ingest.metrics import ACCEPT_SECONDS, DELIVERIES, LOG_UNAVAILABLE

Scope = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[MutableMapping[str, Any]]]
Send = Callable[[MutableMapping[str, Any]], Awaitable[None]]

PREFIX = "/in/"
_BODY_SECONDS = 20.0
_RETRY_AFTER_S = "5"
_TOO_SLOW = problem(408, "the body came too slowly", f"send it within {_BODY_SECONDS:.0f} s")
_UNAVAILABLE = "nothing was stored; send the same again after a few seconds"


class _TooLarge(Exception):
    pass


class _Gone(Exception):
    """The client went away before its body was whole: there is nobody to answer."""


def _now() -> datetime:
    return datetime.now(UTC)


class Gateway:
    """`POST /in/{account}[/…]` for every account that is fed by webhooks."""

    def __init__(
        self,
        adapters: Mapping[str, WebhookAdapter[Any]],
        log: LeadLogWriter,
        *,
        clock: Callable[[], datetime] = _now,
    ) -> None:
        self._adapters = adapters
        self._log = log
        self._clock = clock

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        parts = [unquote(part) for part in _path(scope)[len(PREFIX) :].split("/")]
        adapter = self._adapters.get(parts[0])
        if adapter is None:
            await _send(send, problem(404, "no such account", f"no account {parts[0][:80]!r}"))
            return
        limit = adapter.body_limit(_media_type(scope))
        try:
            body = await asyncio.wait_for(_body(scope, receive, limit), _BODY_SECONDS)
        except _TooLarge:
            reply = problem(413, "the body is too large", f"at most {limit} bytes are taken")
            await self._unread(send, reply, adapter, scope)
            return
        except TimeoutError:
            await self._unread(send, _TOO_SLOW, adapter, scope)
            return
        except _Gone:
            return
        started = time.perf_counter()
        delivery = self._delivery(scope, body)
        reply = _refused(adapter, delivery) or await self._take(parts[0], adapter, delivery)
        await _send(send, reply, adapter.cors(delivery))
        ACCEPT_SECONDS.observe(time.perf_counter() - started)

    async def _unread(
        self, send: Send, reply: Reply, adapter: WebhookAdapter[Any], scope: Scope
    ) -> None:
        """Answer without the rest of the body: the connection is of no more use."""
        cors = adapter.cors(self._delivery(scope, b""))
        await _send(send, reply, (("connection", "close"), *cors))

    def _delivery(self, scope: Scope, body: bytes) -> Delivery:
        return _delivery(scope, body, format_time(self._clock()))

    async def _take(self, account: str, adapter: WebhookAdapter[Any], delivery: Delivery) -> Reply:
        match examine(adapter, delivery):
            case Handshake(reply):
                _count(account, "handshake")
                return reply
            case Rejected(reply):
                _count(account, "rejected")
                return reply
            case Invalid(reply):
                _count(account, "invalid")
                return reply
            case Examined(outcomes):
                return await self._store(account, adapter, delivery, outcomes)

    async def _store(
        self,
        account: str,
        adapter: WebhookAdapter[Any],
        delivery: Delivery,
        outcomes: tuple[Outcome, ...],
    ) -> Reply:
        records = records_of(
            outcomes,
            delivery,
            account=account,
            channel=adapter.channel,
            secrets=adapter.settings.secrets(),
        )
        faultpoint("gateway.before_append")
        try:
            await self._log.append(records)
        except LogUnavailable as error:
            LOG_UNAVAILABLE.inc()
            unavailable = problem(503, str(error), _UNAVAILABLE)
            return Reply(
                503,
                unavailable.body,
                unavailable.content_type,
                (("retry-after", _RETRY_AFTER_S),),
            )
        faultpoint("gateway.after_append")
        for outcome in outcomes:
            _count(account, _name(outcome))
        return adapter.reply(delivery, outcomes)


def _refused(adapter: WebhookAdapter[Any], delivery: Delivery) -> Reply | None:
    """405 and 415, before anything is looked at."""
    if delivery.method not in adapter.methods and delivery.method != "OPTIONS":
        allowed = ", ".join(sorted(adapter.methods))
        wrong = problem(405, "wrong method", f"this account takes {allowed}")
        return Reply(405, wrong.body, wrong.content_type, (("allow", allowed),))
    types = adapter.content_types
    if types and delivery.body and delivery.content_type not in types:
        wanted = ", ".join(sorted(types))
        return problem(415, "wrong content type", f"send one of: {wanted}")
    return None


def _media_type(scope: Scope) -> str:
    named = (value for name, value in scope["headers"] if name.lower() == b"content-type")
    content_type: str = next(named, b"").decode("latin-1")
    return content_type.partition(";")[0].strip().lower()


def _path(scope: Scope) -> str:
    """As it was called, nothing decoded: some providers sign it."""
    return (scope.get("raw_path") or quote(scope["path"]).encode()).decode("latin-1")


def _delivery(scope: Scope, body: bytes, received_at: Timestamp) -> Delivery:
    headers: dict[str, str] = {}
    for name, value in scope["headers"]:
        headers[name.decode("latin-1").lower()] = value.decode("latin-1")
    query = scope["query_string"].decode("latin-1")
    host = headers.get("host", "")
    path = _path(scope)
    url = f"{scope['scheme']}://{host}{path}"
    client = scope.get("client")
    return Delivery(
        method=scope["method"],
        url=f"{url}?{query}" if query else url,
        headers=headers,
        body=body,
        remote_ip=client[0] if client else "",
        received_at=received_at,
        segments=tuple(unquote(part) for part in path[len(PREFIX) :].split("/")[1:]),
    )


async def _body(scope: Scope, receive: Receive, limit: int) -> bytes:
    for name, value in scope["headers"]:
        if name == b"content-length" and value.isdigit() and int(value) > limit:
            raise _TooLarge
    pieces = []
    size = 0
    while True:
        message = await receive()
        if message["type"] == "http.disconnect":
            raise _Gone
        piece = message.get("body", b"")
        size += len(piece)
        if size > limit:
            raise _TooLarge
        pieces.append(piece)
        if not message.get("more_body"):
            return b"".join(pieces)


async def _send(send: Send, reply: Reply, more: tuple[tuple[str, str], ...] = ()) -> None:
    headers = [
        (b"content-type", reply.content_type.encode()),
        (b"content-length", str(len(reply.body)).encode()),
    ]
    headers += [(n.encode("latin-1"), v.encode("latin-1")) for n, v in (*reply.headers, *more)]
    await send({"type": "http.response.start", "status": reply.status, "headers": headers})
    await send({"type": "http.response.body", "body": reply.body})


def _count(account: str, outcome: str) -> None:
    DELIVERIES.labels(account, outcome).inc()


def _name(outcome: Outcome) -> str:
    if isinstance(outcome, Accepted):
        return "accepted"
    return "ignored" if isinstance(outcome, Ignored) else "quarantined"
