"""VK's error codes as the port's words (dev.vk.com/reference/errors, /method/messages.send)."""

from typing import Final

from channels.sdk.errors import (
    AdapterError,
    RateLimited,
    RetryLater,
    StopAdapter,
    Undeliverable,
)
from channels.sdk.sending import NotSent

_REASONS: Final = {
    7: NotSent.NOT_ALLOWED,
    15: NotSent.NOT_ALLOWED,
    18: NotSent.BAD_RECIPIENT,
    113: NotSent.BAD_RECIPIENT,
    900: NotSent.BLOCKED,
    901: NotSent.BLOCKED,
    902: NotSent.BLOCKED,
    913: NotSent.BAD_ATTACHMENT,
    914: NotSent.TOO_LONG,
    917: NotSent.NOT_ALLOWED,
    936: NotSent.BAD_RECIPIENT,
    945: NotSent.BLOCKED,
    983: NotSent.BLOCKED,
}
_BAD_TOKEN: Final = frozenset({5, 27, 28, 1116})
_TRANSIENT: Final = frozenset({1, 10})
_CAPTCHA, _FLOOD, _TOO_OFTEN, _DAILY = 14, 9, 6, 29


def refusal(account: str, code: int) -> AdapterError:
    """What the sender raises for an error of VK's."""
    if code in _BAD_TOKEN:
        return StopAdapter(
            f"{account}: VK does not take the token (error {code}); make a new one in the"
            " community's settings, with the right to send messages"
        )
    if code in _TRANSIENT:
        return RetryLater(f"VK failed (error {code})", unsure=True)
    if code == _TOO_OFTEN:
        return RateLimited("VK asks for fewer calls", after_s=1.0)
    if code == _DAILY:
        return RateLimited("VK's limit is reached", after_s=3600.0)
    if code in (_FLOOD, _CAPTCHA):
        return RetryLater(f"VK takes it for a flood (error {code})", after_s=300.0)
    return Undeliverable(_REASONS.get(code, NotSent.REFUSED), f"VK: error {code}")
