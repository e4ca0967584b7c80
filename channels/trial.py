"""`leadlog channels try`: one recorded delivery through an adapter, changing nothing."""

from typing import Any

import msgspec

from channels.registry import AnyAdapter, make_adapter
from channels.sdk.adapter import PollingAdapter, WebhookAdapter
from channels.sdk.delivery import Reply
from channels.sdk.intake import Examined, Handshake, Invalid, Rejected, examine, examine_item
from channels.sdk.outcome import Accepted, Ignored, Outcome, Quarantined
from channels.sdk.recorded import BadCall, delivery_of, item_of


def try_delivery(
    account_type: str, account: dict[str, Any], request: dict[str, Any]
) -> dict[str, Any]:
    """Run verify and parse on one recorded delivery and tell everything that came of it."""
    if not isinstance(account, dict) or not isinstance(request, dict):
        raise BadCall("account and request must be JSON objects; see docs/channels/author.md")
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
    examined = examine_item(adapter, item_of(request))
    return _result(Reply(), examined.outcomes)


def _requested(adapter: WebhookAdapter[Any], request: dict[str, Any]) -> dict[str, Any]:
    delivery = delivery_of(request)
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
