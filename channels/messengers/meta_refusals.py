"""Errors of Meta's Graph API as the port's words (developers.facebook.com, "Error codes")."""

from typing import Any, Final

from channels.sdk.errors import (
    AdapterError,
    RateLimited,
    RetryLater,
    StopAdapter,
    Undeliverable,
)
from channels.sdk.http_sending import Answer
from channels.sdk.read import as_dict, as_int
from channels.sdk.sending import NotSent

REASONS: Final = {
    10: NotSent.NOT_ALLOWED,
    100: NotSent.REFUSED,
    200: NotSent.NOT_ALLOWED,
    551: NotSent.BLOCKED,
    131005: NotSent.NOT_ALLOWED,
    131009: NotSent.REFUSED,
    131021: NotSent.BAD_RECIPIENT,
    131026: NotSent.BAD_RECIPIENT,
    131030: NotSent.BAD_RECIPIENT,
    131047: NotSent.WINDOW_CLOSED,
    131049: NotSent.BLOCKED,
    131050: NotSent.BLOCKED,
    131051: NotSent.BAD_ATTACHMENT,
    131052: NotSent.BAD_ATTACHMENT,
    131053: NotSent.BAD_ATTACHMENT,
}
_SUBCODES: Final = {2534022: NotSent.WINDOW_CLOSED, 2534014: NotSent.BAD_RECIPIENT}
_TOO_OFTEN: Final = frozenset({4, 17, 32, 613, 80006, 80007, 130429, 131048})
_PAIR_TOO_OFTEN: Final = 131056
_TRANSIENT: Final = frozenset({1, 2, 1200, 131000, 131016, 131057})
_BAD_ACCOUNT: Final = frozenset({0, 190, 368, 131031, 131042, 133010})


def refusal(account: str, answer: Answer) -> AdapterError:
    """What the sender raises for an answer that is no success."""
    error = as_dict(answer.body.get("error"))
    code, subcode = as_int(error.get("code")), as_int(error.get("error_subcode"))
    if code is None:
        return RetryLater(f"Meta answered {answer.status}", after_s=60.0, unsure=True)
    if code in _BAD_ACCOUNT:
        return StopAdapter(
            f"{account}: Meta does not take the token, or has blocked the account (error {code})"
        )
    if code in _TOO_OFTEN:
        return RateLimited("Meta asks for fewer calls", after_s=60.0)
    if code == _PAIR_TOO_OFTEN:
        return RetryLater("too many messages to this person", after_s=10.0)
    if code in _TRANSIENT:
        return RetryLater(f"Meta failed (error {code})", unsure=True)
    return Undeliverable(reason_of(code, subcode), f"Meta: error {code}")


def reason_of(code: int | None, subcode: int | None = None) -> NotSent:
    """Why Meta did not send it, now or in a status that came later."""
    return _SUBCODES.get(subcode or 0) or REASONS.get(code or 0, NotSent.REFUSED)


def accepted_id(account: str, answer: Answer, found: Any) -> str:
    """The id in an answer; raises what it says instead."""
    if answer.status >= 300 or "error" in answer.body:
        raise refusal(account, answer)
    if not isinstance(found, str) or not found:
        raise RetryLater("Meta's answer cannot be read", unsure=True)
    return found
