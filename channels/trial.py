"""`leadlog channels try`: one recorded delivery through an adapter, changing nothing."""

import base64
import binascii
from datetime import UTC, datetime
from typing import Any

import msgspec

from channels.registry import AnyAdapter, make_adapter
from channels.sdk.adapter import PollingAdapter, WebhookAdapter
from channels.sdk.delivery import Delivery, PollItem, Reply
from channels.sdk.errors import Unreadable
from channels.sdk.intake import Examined, Handshake, Invalid, Rejected, examine, examine_item
from channels.sdk.outcome import Accepted, Ignored, Outcome, Quarantined
from channels.sdk.read import read_item
from channels.sdk.times import canonical_time, format_time


class BadCall(ValueError):
    """The account or the request file is not what LEAD_EVENT.md describes; the text says why."""


def try_delivery(
    account_type: str, account: dict[str, Any], request: dict[str, Any]
) -> dict[str, Any]:
    """Run verify and parse on one recorded delivery and tell everything that came of it."""
    if not isinstance(account, dict) or not isinstance(request, dict):
        raise BadCall("account and request must be JSON objects; see LEAD_EVENT.md")
    table = {"name": account_type, **account, "type": account_type}
    try:
        adapter = make_adapter(table)
    except (ValueError, LookupError) as error:
        raise BadCall(str(error)) from error
    if _is_polled(adapter, request):
        return _polled(adapter, request)
    if not isinstance(adapter, WebhookAdapter):
        raise BadCall(f'{account_type} polls: give the request as {{"item": …}}')
    return _requested(adapter, request)


def _is_polled(adapter: AnyAdapter, request: dict[str, Any]) -> bool:
    return "item" in request or not isinstance(adapter, WebhookAdapter)


def _polled(adapter: AnyAdapter, request: dict[str, Any]) -> dict[str, Any]:
    if not isinstance(adapter, PollingAdapter):
        raise BadCall("this adapter does not poll: give a request with method, url and body")
    body = _body(request)
    item = request.get("item", body)
    if "item" in request and not body:
        item, body = _as_it_came(item)
    examined = examine_item(adapter, PollItem(item=item, body=body, received_at=_received(request)))
    return _result(Reply(), examined.outcomes)


def _as_it_came(item: Any) -> tuple[Any, bytes]:
    """The item as a poller would hand it on, and its bytes; half surrogate pairs are replaced."""
    if isinstance(item, str):
        return item, item.encode("utf-8", "replace")
    try:
        whole = read_item(item)
    except Unreadable as error:
        raise BadCall(f"item: {error}") from error
    return whole, msgspec.json.encode(whole)


def _requested(adapter: WebhookAdapter[Any], request: dict[str, Any]) -> dict[str, Any]:
    headers = request.get("headers") or {}
    if not isinstance(headers, dict):
        raise BadCall("headers must be an object of names and values")
    delivery = Delivery(
        method=str(request.get("method", "POST")).upper(),
        url=str(request.get("url", "/")),
        headers={str(name).lower(): str(value) for name, value in headers.items()},
        body=_body(request),
        remote_ip=str(request.get("remote_ip", "")),
        received_at=_received(request),
    )
    match examine(adapter, delivery):
        case Handshake(reply):
            return _told(reply, "handshake", None)
        case Rejected(reply, message) | Invalid(reply, message):
            return _told(reply, "rejected", message)
        case Examined(outcomes):
            return _result(adapter.reply(delivery, outcomes), outcomes)


def _result(reply: Reply, outcomes: tuple[Outcome, ...]) -> dict[str, Any]:
    leads = [msgspec.to_builtins(o.lead) for o in outcomes if isinstance(o, Accepted)]
    if leads:
        return _told(reply, "accepted", None, leads)
    quarantined = next((o for o in outcomes if isinstance(o, Quarantined)), None)
    if quarantined:
        reason = quarantined.reason.value
        return _told(reply, "quarantined", reason, detail=quarantined.detail)
    ignored = next((o for o in outcomes if isinstance(o, Ignored)), None)
    return _told(reply, "ignored", ignored.reason.value if ignored else None)


def _told(
    reply: Reply, outcome: str, reason: str | None, leads: list[Any] | None = None, **more: str
) -> dict[str, Any]:
    return {
        "response": {
            "status": reply.status,
            "content_type": reply.content_type,
            "body": reply.body.decode("utf-8", "replace"),
        },
        "outcome": outcome,
        "reason": reason,
        "leads": leads or [],
        **{name: text for name, text in more.items() if text},
    }


def _body(request: dict[str, Any]) -> bytes:
    if "body_base64" in request:
        try:
            return base64.b64decode(str(request["body_base64"]), validate=True)
        except binascii.Error as error:
            raise BadCall(f"body_base64 is no base64: {error}") from error
    body = request.get("body") or ""
    return str(body).encode("utf-8", "surrogatepass")


def _received(request: dict[str, Any]) -> str:
    given = request.get("received_at")
    if given is None:
        return format_time(datetime.now(UTC))
    try:
        return canonical_time(str(given))
    except ValueError as error:
        raise BadCall(f"received_at: {error}") from error
