"""The intake: a bare ASGI application. Verify, parse, append durably, then reply.

No framework on this path (DESIGN §3). Whatever a client does, the answer is one of a closed set
of statuses with a text that says what to do; success is never said before the append.
"""

import asyncio
import time
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime
from functools import cache
from typing import Any
from urllib.parse import unquote

import structlog
from prometheus_client import Counter

from channels.sdk.adapter import WebhookAdapter
from channels.sdk.delivery import Delivery, Reply
from channels.sdk.intake import (
    Examination,
    Examined,
    Handshake,
    Invalid,
    Rejected,
    examine,
    problem,
)
from channels.sdk.outcome import Accepted, Ignored, Outcome
from channels.sdk.times import format_time
from eventstore.faults import faultpoint
from ingest.gateway.asgi import (
    PREFIX,
    Receive,
    Scope,
    Send,
    delivery_of,
    media_type,
    path_of,
    send_reply,
)
from ingest.gateway.body import Bodies, BodiesTooMany, BodyTooLarge, BodyTooSlow, ClientGone
from ingest.gateway.refusals import refused, unavailable, unread
from ingest.log.port import LeadLogWriter, LogUnavailable, Record, RecordTooLarge
from ingest.log.records import records_of
from ingest.metrics import ACCEPT_SECONDS, DELIVERIES, LOG_UNAVAILABLE

_LARGE = 256 * 1024
"""Bytes. Larger bodies are read by a thread, one at a time: they would hold up everybody else."""
_log = structlog.get_logger()


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
        self._bodies = Bodies()
        self._large = ThreadPoolExecutor(1, "large-bodies")
        self.log_fault: tuple[float, str] | None = None
        """When the log last took nothing (`time.monotonic`) and why; None since it did again."""

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        account = unquote(path_of(scope)[len(PREFIX) :].partition("/")[0])
        adapter = self._adapters.get(account)
        if adapter is None:
            await send_reply(send, problem(404, "no such account", f"no account {account[:80]!r}"))
            return
        limit = adapter.body_limit(media_type(scope))
        try:
            body = await self._bodies.read(scope["headers"], receive, limit)
        except ClientGone:
            return
        except (BodyTooLarge, BodyTooSlow, BodiesTooMany) as fault:
            cors = adapter.cors(self._delivery(scope, b""))
            await send_reply(send, unread(fault, limit), cors)
            return
        faultpoint("gateway.after_read")
        try:
            started = time.perf_counter()
            delivery = self._delivery(scope, body)
            reply = await self._answer(account, adapter, delivery)
            await send_reply(send, reply, adapter.cors(delivery))
            ACCEPT_SECONDS.observe(time.perf_counter() - started)
            faultpoint("gateway.after_reply")
        finally:
            self._bodies.release(body)

    def _delivery(self, scope: Scope, body: bytes) -> Delivery:
        return delivery_of(scope, body, format_time(self._clock()))

    async def _answer(
        self, account: str, adapter: WebhookAdapter[Any], delivery: Delivery
    ) -> Reply:
        """Whatever goes wrong here, its sender is told to send it again."""
        try:
            if no := refused(adapter, delivery):
                return no
            if len(delivery.body) <= _LARGE:
                return await self._take(account, adapter, examine(adapter, delivery), delivery)
            loop = asyncio.get_running_loop()
            examined = await loop.run_in_executor(self._large, examine, adapter, delivery)
            return await self._take(account, adapter, examined, delivery)
        except Exception:  # noqa: BLE001 - a fault of ours must neither lose nor hang a delivery
            _log.exception("gateway.fault", account=account)
            return unavailable("an error of ours")

    async def _take(
        self,
        account: str,
        adapter: WebhookAdapter[Any],
        examined: Examination,
        delivery: Delivery,
    ) -> Reply:
        match examined:
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
                records = records_of(outcomes, delivery, adapter)
                return await self._store(records) or _stored(account, adapter, delivery, outcomes)

    async def _store(self, records: Sequence[Record]) -> Reply | None:
        """Append durably; a reply only where that failed."""
        faultpoint("gateway.before_append")
        try:
            await self._log.append(records)
        except RecordTooLarge as error:
            return problem(413, "the delivery is too large to be kept", str(error))
        except LogUnavailable as error:
            LOG_UNAVAILABLE.inc()
            self.log_fault = (time.monotonic(), str(error))  # names hosts: not for whoever asks
            return unavailable("the lead log does not take it now")
        self.log_fault = None
        faultpoint("gateway.after_append")
        return None


def _stored(
    account: str, adapter: WebhookAdapter[Any], delivery: Delivery, outcomes: tuple[Outcome, ...]
) -> Reply:
    for outcome in outcomes:
        _count(account, _name(outcome))
    return adapter.reply(delivery, outcomes)


def _count(account: str, outcome: str) -> None:
    _counter(account, outcome).inc()


@cache
def _counter(account: str, outcome: str) -> Counter:
    """Looked up once for each; only accounts that are configured get here."""
    return DELIVERIES.labels(account, outcome)


def _name(outcome: Outcome) -> str:
    if isinstance(outcome, Accepted):
        return "accepted"
    return "ignored" if isinstance(outcome, Ignored) else "quarantined"
