"""The lead event: what every adapter emits and the lead log carries (docs/lead-event.md, schema 1).

Plain data without behaviour. Empty fields are left out on the wire; the few that readers always
look at (`amends`, `seq`, `revision`, `identities`) are always written.
"""

from functools import partial
from typing import Any, Literal

import msgspec

from channels.sdk.times import Timestamp

SCHEMA = 1
MAX_IDENTITIES = 8
MAX_IDENTITIES_OF_A_KIND = 4

Kind = Literal["message", "form", "call", "order", "comment", "booking"]
Direction = Literal["in", "out"]
Proof = Literal["attested", "claimed"]
CallState = Literal["ringing", "answered", "missed", "ended"]


class _Plain(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True, gc=False):
    """A frozen value that is written without its empty fields."""


class Identity(_Plain, frozen=True, kw_only=True):
    """Someone's address: `kind` and normalised `value` name it, `raw` is how it was spelled."""

    kind: str
    value: str
    proof: Proof
    raw: str = ""


class Mention(_Plain, frozen=True, kw_only=True):
    """An address that was only mentioned (a forwarded card, a signature): shown, never matched."""

    kind: str
    value: str
    raw: str = ""


class Profile(_Plain, frozen=True, kw_only=True):
    """What the channel says of the person; none of it identifies."""

    name: str = ""
    first_name: str = ""
    last_name: str = ""
    username: str = ""
    company: str = ""
    city: str = ""
    language: str = ""


class Attachment(_Plain, frozen=True, kw_only=True):
    """A file by the provider's handle; `ref` is never a URL that carries a secret."""

    kind: str
    name: str = ""
    mime: str = ""
    size: int | None = None
    ref: str = ""


class Call(_Plain, frozen=True, kw_only=True):
    """The state of a telephone call as far as one delivery knows it; durations in seconds."""

    id: str = ""
    line: str = ""
    extension: str = ""
    state: CallState | None = None
    answered_at: Timestamp | None = None
    ended_at: Timestamp | None = None
    wait_s: int | None = None
    talk_s: int | None = None
    recording: str = ""
    operator: str = ""


class OrderItem(_Plain, frozen=True, kw_only=True):
    name: str = ""
    quantity: str = ""
    price: str = ""
    sku: str = ""


class Order(_Plain, frozen=True, kw_only=True):
    """An order; `amount` is a decimal as text in `currency` (ISO 4217)."""

    id: str = ""
    amount: str = ""
    currency: str = ""
    paid: bool | None = None
    items: tuple[OrderItem, ...] = ()


class Booking(_Plain, frozen=True, kw_only=True):
    id: str = ""
    starts_at: Timestamp | None = None
    service: str = ""
    specialist: str = ""
    status: str = ""


class Campaign(_Plain, frozen=True, kw_only=True):
    """The marketing labels of a touch, as they came."""

    utm_source: str = ""
    utm_medium: str = ""
    utm_campaign: str = ""
    utm_term: str = ""
    utm_content: str = ""
    gclid: str = ""
    gbraid: str = ""
    wbraid: str = ""
    yclid: str = ""
    ymclid: str = ""
    fbclid: str = ""
    start: str = ""
    ref: str = ""
    ref_source: str = ""
    referrer: str = ""
    landing: str = ""


class Consent(_Plain, frozen=True, kw_only=True):
    purpose: str
    text_version: str = ""
    given_at: Timestamp | None = None
    ip: str = ""


class Raw(_Plain, frozen=True, kw_only=True):
    """The delivery as it came, secrets cut out; `body` is base64."""

    content_type: str = ""
    body: str = ""


class LeadContent(_Plain, frozen=True, kw_only=True):
    """A lead event without its raw delivery: what is decided about, and kept for ever."""

    schema: int = msgspec.field(default_factory=partial(int, SCHEMA))
    lead_id: str
    event_id: str
    channel: str
    account: str
    kind: Kind
    direction: Direction
    amends: bool = msgspec.field(default_factory=bool)
    seq: int = msgspec.field(default_factory=int)
    revision: int = msgspec.field(default_factory=int)
    occurred_at: Timestamp
    received_at: Timestamp
    # The factories above and below keep these fields on the wire even when they are at rest.
    identities: tuple[Identity, ...] = msgspec.field(default_factory=lambda: ())
    mentions: tuple[Mention, ...] = ()
    profile: Profile | None = None
    subject: str = ""
    text: str = ""
    attachments: tuple[Attachment, ...] = ()
    call: Call | None = None
    order: Order | None = None
    booking: Booking | None = None
    campaign: Campaign | None = None
    fields: dict[str, str] = {}
    consents: tuple[Consent, ...] = ()
    thread: str = ""
    extra: dict[str, Any] = {}
    """Fields of a later schema that this one does not know: kept, not understood."""


class LeadEvent(LeadContent, frozen=True, kw_only=True):
    """One immutable fact: who, where, when, what. See docs/lead-event.md for each field."""

    raw: Raw | None = None
