"""What the gateway says when it does not take a delivery, and what the sender can do about it."""

from typing import Any

from channels.sdk.adapter import WebhookAdapter
from channels.sdk.delivery import Delivery, Reply
from channels.sdk.intake import problem
from ingest.gateway.body import PATIENCE_S, BodyTooLarge, BodyTooSlow

_RETRY_AFTER_S = "5"
_AGAIN = "send the same again after a few seconds; a repeat is never counted twice"


def unavailable(why: str) -> Reply:
    """Nothing was taken, or nobody knows whether it was."""
    told = problem(503, why, _AGAIN)
    return Reply(503, told.body, told.content_type, (("retry-after", _RETRY_AFTER_S),))


def unread(fault: Exception, limit: int) -> Reply:
    """The answer before the body has come."""
    match fault:
        case BodyTooLarge():
            return problem(413, "the body is too large", f"at most {limit} bytes are taken")
        case BodyTooSlow():
            told = problem(408, "the body came too slowly", f"send it within {PATIENCE_S:.0f} s")
            return Reply(408, told.body, told.content_type, (("connection", "close"),))
        case _:
            return unavailable("too many large bodies at once")


def refused(adapter: WebhookAdapter[Any], delivery: Delivery) -> Reply | None:
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
