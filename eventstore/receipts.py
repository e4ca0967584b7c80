"""Delivery states that providers tell of: from the provider's id to the message of ours.

A state that comes before our own record of the acceptance finds nothing and is only counted;
those that follow it find it.
"""

from typing import Final, Literal

from channels.sdk.sending import NotSent, Progress, Receipt
from eventstore.domain.events import Id, ReplyProgressed
from eventstore.keyring import derived
from eventstore.work import Work

_STATES: Final[dict[Progress, Literal["delivered", "read", "failed"]]] = {
    Progress.DELIVERED: "delivered",
    Progress.READ: "read",
    Progress.FAILED: "failed",
}


def reply_key(reply: Id) -> Id:
    """The key of a message of ours."""
    return derived(b"reply/" + reply)


def sent_key(channel: str, account: str, provider_id: str) -> Id:
    """The key of a message that a provider took."""
    return derived(f"sent/{channel}/{account}/{provider_id}".encode())


def state_key(reply: Id, state: str) -> Id:
    """The key of a state of a message."""
    return derived(b"reply/" + reply + b"/" + state.encode())


def note_receipt(work: Work, receipt: Receipt, *, channel: str, account: str, at: int) -> bool:
    """Record what a provider tells; whether it was of a message of ours, and news."""
    state = _STATES.get(receipt.progress)
    reply = work.keyed(sent_key(channel, account, receipt.id))
    if state is None or not reply:
        return False
    key = state_key(reply, f"{state}/{receipt.id}")
    leaf = work.keyed(reply_key(reply))
    if work.keyed(key) or work.card(leaf) is None:
        return False
    reason = (receipt.reason or NotSent.REFUSED).value if state == "failed" else ""
    work.emit_card(leaf, ReplyProgressed(reply=reply, state=state, reason=reason, at=at))
    work.changes.keys[key] = reply
    return True
