"""The intake: a bare ASGI application. Verify, parse, append durably, then reply.

No framework on this path (DESIGN §3). Whatever a client does, the answer is one of a closed set
of statuses with a text that says what to do; success is never said before the append.
"""

import asyncio
import time
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from functools import cache
from typing import Any

import structlog
from prometheus_client import Counter

from channels.sdk.adapter import WebhookAdapter
from channels.sdk.delivery import Delivery, Reply, media_type
from channels.sdk.intake import (
    Examined,
    Handshake,
    Invalid,
    Rejected,
    examine,
    problem,
)
from channels.sdk.outcome import Accepted, Ignored, Quarantined
from channels.sdk.times import Timestamp, now
from eventstore.faults import faultpoint
from ingest.gateway.asgi import (
    Receive,
    Scope,
    Send,
    delivery_of,
    headers_of,
    path_of,
    segments_of,
    send_reply,
)
from ingest.gateway.body import Bodies, BodiesTooMany, BodyTooLarge, BodyTooSlow, ClientGone
from ingest.gateway.refusals import refused, unavailable, unread
from ingest.log.port import LeadLogWriter, LogUnavailable, Record, RecordTooLarge
from ingest.log.records import records_of
from ingest.metrics import ACCEPT_SECONDS, DELIVERIES, LOG_UNAVAILABLE

_LARGE = 256 * 1024
"""Bytes. Larger bodies are read by a thread, one at a time: they would hold up everybody else."""
_KINDS = {
    Handshake: "handshake",
    Rejected: "rejected",
    Invalid: "invalid",
    Accepted: "accepted",
    Ignored: "ignored",
    Quarantined: "quarantined",
}
"""What it is counted as."""
_log = structlog.get_logger()


class Gateway:
    """`POST /in/{account}[/…]` for every account that is fed by webhooks."""

    def __init__(
        self,
        adapters: Mapping[str, WebhookAdapter[Any]],
        log: LeadLogWriter,
        *,
        clock: Callable[[], Timestamp] = now,
    ) -> None:
        self._adapters = adapters
        self._log = log
        self._clock = clock
        self._bodies = Bodies()
        self._large = ThreadPoolExecutor(1, "large-bodies")
        self.log_fault: tuple[float, str] | None = None
        """When the log last took nothing (`time.monotonic`) and why; None since it did again."""

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        path = path_of(scope)
        account, *segments = segments_of(path)
        adapter = self._adapters.get(account)
        if adapter is None:
            await send_reply(send, problem(404, "no such account", f"no account {account[:80]!r}"))
            return
        headers = headers_of(scope)
        limit = adapter.body_limit(media_type(headers.get("content-type", "")))
        try:
            body = await self._bodies.read(headers, receive, limit)
        except ClientGone:
            return
        except (BodyTooLarge, BodyTooSlow, BodiesTooMany) as fault:
            empty = delivery_of(scope, path, headers, segments, b"", self._clock())
            cors = adapter.cors(empty)
            await send_reply(send, unread(fault, limit), cors)
            return
        faultpoint("gateway.after_read")
        try:
            started = time.perf_counter()
            delivery = delivery_of(scope, path, headers, segments, body, self._clock())
            reply = await self._answer(account, adapter, delivery)
            await send_reply(send, reply, adapter.cors(delivery))
            ACCEPT_SECONDS.observe(time.perf_counter() - started)
            faultpoint("gateway.after_reply")
        finally:
            self._bodies.release(body)

    async def _answer(
        self, account: str, adapter: WebhookAdapter[Any], delivery: Delivery
    ) -> Reply:
        """Whatever goes wrong here, its sender is told to send it again."""
        try:
            if no := refused(adapter, delivery):
                return no
            if len(delivery.body) <= _LARGE:
                examined = examine(adapter, delivery)
            else:
                loop = asyncio.get_running_loop()
                examined = await loop.run_in_executor(self._large, examine, adapter, delivery)
            if not isinstance(examined, Examined):
                _count(account, _KINDS[type(examined)])
                return examined.reply
            records = records_of(examined.outcomes, delivery, adapter)
            if no := await self._store(records):
                return no
            for outcome in examined.outcomes:
                _count(account, _KINDS[type(outcome)])
            return adapter.reply(delivery, examined.outcomes)
        except Exception:  # noqa: BLE001 - a fault of ours must neither lose nor hang a delivery
            _log.exception("gateway.fault", account=account)
            return unavailable("an error of ours")

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


def _count(account: str, outcome: str) -> None:
    _counter(account, outcome).inc()


@cache
def _counter(account: str, outcome: str) -> Counter:
    """Looked up once for each; only accounts that are configured get here."""
    return DELIVERIES.labels(account, outcome)
