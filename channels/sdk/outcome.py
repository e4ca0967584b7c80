"""What becomes of a delivery: a closed set (SEMANTICS 1.3), and the closed sets of reasons.

`parse` returns one outcome for each item of a delivery. Whatever is not an outcome is told by
raising one of `channels.sdk.errors`.
"""

from enum import StrEnum

import msgspec

from channels.sdk.lead import LeadEvent
from channels.sdk.sending import Receipt


class IgnoreReason(StrEnum):
    """Why a known kind of delivery is no lead. The outcome is final and counted under its name."""

    ECHO = "echo"
    """Our own message, sent back to us."""
    SERVICE = "service"
    """A service message: a join, a typing sign, a read mark, a subscription."""
    TEST = "test"
    """The provider's own test ping or test lead."""
    HONEYPOT = "honeypot"
    """A field that people do not see was filled in."""
    INTERNAL = "internal"
    """Colleagues among themselves: an internal call, a message from our own domain."""
    AUTO_REPLY = "auto_reply"
    """An out-of-office note or another automatic answer."""
    BOUNCE = "bounce"
    """A mail server says that a mail could not be delivered."""
    BULK = "bulk"
    """A mailing list or a newsletter."""
    STATUS = "status"
    """A delivery state of something that we sent."""
    UNKNOWN_KIND = "unknown_kind"
    """A kind that this version does not know; never an error towards the provider."""
    EMPTY = "empty"
    """Nothing to act on: no text, no file, no identity."""


class QuarantineReason(StrEnum):
    """Why an authenticated delivery is kept aside, raw bytes and all, to be tried again."""

    BROKEN_ENCODING = "broken_encoding"
    """The bytes are not text in the charset that they claim."""
    BROKEN_JSON = "broken_json"
    BROKEN_FORM = "broken_form"
    """No urlencoded or multipart form could be read."""
    BROKEN_XML = "broken_xml"
    BROKEN_MAIL = "broken_mail"
    MISSING_FIELD = "missing_field"
    """A field without which there is no lead is not there."""
    WRONG_TYPE = "wrong_type"
    """A field is of another type than the provider documents."""
    TOO_LARGE = "too_large"
    """The content is larger or deeper than the limits of parsing."""
    SPAM = "spam"
    """It looks like spam; the sender was answered as anybody else."""
    PARSER_FAULT = "parser_fault"
    """The adapter raised something that it must not: a bug of ours, worth an alarm."""
    UNPROCESSABLE = "unprocessable"
    """The processor could not decide about a lead event by itself, alone in its batch."""


class Accepted(msgspec.Struct, frozen=True, gc=False):
    """One lead event."""

    lead: LeadEvent


class Ignored(msgspec.Struct, frozen=True, gc=False):
    """A known kind that is no lead."""

    reason: IgnoreReason
    key: str = ""
    """The delivery key, where the item has one: lets the count know a repeat."""
    receipts: tuple[Receipt, ...] = ()
    """What it tells of messages that we sent."""


class Quarantined(msgspec.Struct, frozen=True, gc=False):
    """Authenticated, but unreadable or suspicious: kept with its raw bytes."""

    reason: QuarantineReason
    detail: str = ""
    """For the ops team, in English, without personal data: which field, what was expected."""
    item: bytes = b""
    """Of a batch the item alone: what is kept instead of the whole delivery."""


Outcome = Accepted | Ignored | Quarantined
