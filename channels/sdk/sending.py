"""What sends to people: the port of every sender, and its words.

One sender serves one account. `compose` is pure and is called while a person waits: whatever is
wrong with a message is told there, before anything is recorded. `send` is called by the outbox,
in one process at a time, at least once for each message and with the same key each time; of one
conversation in order, of several side by side.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import ClassVar, Protocol

import msgspec

from channels.sdk.lead import Attachment, LeadContent


class NotSent(StrEnum):
    """Why a message will never be sent as it is."""

    BLOCKED = "blocked"
    """The person has blocked us, or has never allowed us to write."""
    WINDOW_CLOSED = "window_closed"
    """So long after their last message the provider lets nobody write (WhatsApp: 24 hours)."""
    BAD_RECIPIENT = "bad_recipient"
    """There is no such chat, user, number or mailbox."""
    NO_ADDRESS = "no_address"
    """The lead has nothing that this account could write to."""
    TOO_LONG = "too_long"
    EMPTY = "empty"
    BAD_ATTACHMENT = "bad_attachment"
    """The provider takes no such file, or not by this handle."""
    NOT_ALLOWED = "not_allowed"
    """Our account lacks a right: the token's scope, the bot's permission in a business chat."""
    REFUSED = "refused"
    """The provider refused it for a reason of its own."""
    FORGOTTEN = "forgotten"
    """The person was forgotten before it was sent."""
    GAVE_UP = "gave_up"
    """The provider was away, or wanted to wait, for longer than we try."""


class Progress(StrEnum):
    """What providers tell of a message that they have accepted."""

    SENT = "sent"
    DELIVERED = "delivered"
    READ = "read"
    FAILED = "failed"


class Receipt(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """A delivery state, as an inbound delivery brings it (`Ignored.receipts`)."""

    id: str
    """The provider's id of the message, as `Sent.id` was."""
    progress: Progress
    reason: NotSent | None = None
    """Of `failed`."""


class Message(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """One message to one conversation. Stored sealed: names and types are for ever."""

    key: str = ""
    """The idempotency key: a UUID, the same in each try."""
    to: str
    """The recipient in the provider's own words: a chat, user, number or address."""
    text: str = ""
    subject: str = ""
    in_reply_to: str = ""
    """The provider's id of the message that is answered, where it threads by it."""
    references: tuple[str, ...] = ()
    """Of mail: the conversation so far, oldest first."""
    attachments: tuple[Attachment, ...] = ()
    """Files that the provider has already, by its handle."""
    fields: dict[str, str] = {}
    """What else the sender of this channel needs."""


@dataclass(frozen=True, slots=True)
class Sent:
    """The provider took the message."""

    id: str
    """Its id there: what its delivery states name. Unique within the account."""
    echo: str = ""
    """The lead key of the same message, should the provider send it back to us as a delivery."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Rates:
    """How often a provider wants to be called at most, and how many calls it takes at once."""

    account_per_s: float
    account_burst: int = 1
    chat_per_s: float = 1.0
    chat_burst: int = 1


class Sender(Protocol):
    """Sends the messages of one account. Connects to nothing before the first `send`."""

    rates: ClassVar[Rates]

    def compose(
        self, lead: LeadContent, text: str, attachments: Sequence[Attachment] = ()
    ) -> Message:
        """A message to whoever brought this lead; an answer to it where it came by this account.

        Pure and quick. Raises `Undeliverable` with a text for the person who writes it.
        """
        ...

    async def send(self, message: Message) -> Sent:
        """Hand the message to the provider.

        Raises `RetryLater` (send the same again; `unsure` where it may have been taken),
        `RateLimited` (the whole account pauses), `Undeliverable` (never again) or `StopAdapter`
        (nothing goes until a person has mended the account). Has deadlines of its own: ends
        within two minutes. May be called for several conversations at a time.
        """
        ...

    async def close(self) -> None:
        """Let go of connections; `send` is not called any more."""
        ...
