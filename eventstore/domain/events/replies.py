"""What we wrote to a person, and what became of it: on the stream of the leaf card."""

from typing import Literal

from channels.sdk.sending import Message
from eventstore.domain.events.base import Event, Id


class ReplyWritten(
    Event,
    frozen=True,
    kw_only=True,
    tag="rw",
    rename={
        "reply": "j",
        "lead": "e",
        "channel": "c",
        "account": "a",
        "actor": "y",
        "at": "o",
        "leaf": "l",
        "personal": "p",
    },
):
    """A message to a person, to be sent; on the leaf card where the answered lead stood then."""

    reply: Id
    """Its own id, which is the command's: the idempotency key of its sending."""
    lead: Id
    """The lead that is answered."""
    channel: str
    account: str
    """By which it goes."""
    actor: str = ""
    at: int
    leaf: Id
    """The leaf card of this stream, whose key seals the personal part."""
    personal: Message | None = None


class ReplySent(
    Event,
    frozen=True,
    kw_only=True,
    tag="rs",
    rename={"reply": "j", "sent": "i", "echo": "e", "repeated": "r", "at": "o"},
):
    """The provider took the message; on the stream of its `ReplyWritten`."""

    reply: Id
    sent: Id
    """Digest of channel, account and the provider's id, which may hold a phone number."""
    echo: Id = b""
    """The lead id of the same message, should the provider deliver it to us."""
    repeated: bool = False
    """An earlier try may have been taken too: perhaps the person got it twice."""
    at: int


class ReplyProgressed(
    Event,
    frozen=True,
    kw_only=True,
    tag="rp",
    rename={"reply": "j", "state": "s", "reason": "b", "actor": "y", "at": "o"},
):
    """What became of the message; on the same stream.

    `queued`: somebody has it tried again. `set_aside`: not sent, and not tried any more.
    """

    reply: Id
    state: Literal["delivered", "read", "failed", "set_aside", "queued"]
    reason: str = ""
    """`channels.sdk.sending.NotSent`."""
    actor: str = ""
    at: int
