"""A lead's deliveries, and where its touch stands: the events of a lead's stream; routing rules."""

import msgspec

from channels.sdk.lead import LeadContent
from eventstore.domain.events.base import Event, Id


class Campaign(
    msgspec.Struct,
    frozen=True,
    gc=False,
    omit_defaults=True,
    rename={
        "source": "s",
        "medium": "m",
        "campaign": "c",
        "term": "t",
        "content": "n",
        "start": "d",
        "ref": "r",
        "paid": "p",
    },
):
    """The labels that numbers are grouped by; addresses of pages stay in the personal part."""

    source: str = ""
    medium: str = ""
    campaign: str = ""
    term: str = ""
    content: str = ""
    start: str = ""
    ref: str = ""
    paid: bool = False
    """A click id of an advertising system was there."""


class Routed(msgspec.Struct, frozen=True, array_like=True, gc=False):
    """Why a touch went to its pipeline (SEMANTICS 4.1)."""

    rule: str
    """The rule that chose; empty where none fitted, and the default pipeline took it."""
    version: int
    """Of the rules."""
    follows: Id = b""
    """The lead of the same thread that the rule chose for, where it did not for this one."""


class LeadIdentity(msgspec.Struct, frozen=True, array_like=True, gc=False):
    """One identity of a lead, without its value."""

    leaf: Id
    kind: str
    attested: bool
    rank: int
    """Its place among the lead's identities by `kind:value` text: the order of last resort."""


class LeadRecorded(
    Event,
    frozen=True,
    kw_only=True,
    tag="L",
    rename={
        "event_id": "e",
        "channel": "c",
        "account": "a",
        "kind": "k",
        "direction": "d",
        "amends": "m",
        "seq": "q",
        "revision": "r",
        "occurred_at": "o",
        "received_at": "g",
        "identities": "i",
        "rules": "v",
        "thread": "h",
        "campaign": "u",
        "call_state": "s",
        "amount": "w",
        "currency": "y",
        "pipeline": "f",
        "routed": "j",
        "deal": "x",
        "opened": "n",
        "leaf": "l",
        "personal": "p",
    },
):
    """One delivery about a lead, on the lead's stream, with the lead as it was then known.

    `event_id`, `amends`, `seq`, `revision`, `received_at` and `personal` are this delivery's; all
    other fields are the fold of every delivery recorded so far (SEMANTICS 1.5), so the newest
    `LeadRecorded` of a stream is the lead.
    """

    event_id: Id
    channel: str
    account: str
    kind: str
    direction: str
    amends: bool = False
    seq: int = 0
    revision: int = 0
    occurred_at: int
    """Milliseconds since 1970, UTC."""
    received_at: int
    identities: tuple[LeadIdentity, ...] = ()
    """Strongest first (SEMANTICS 2.2.5, before shared ones are passed over)."""
    rules: int
    """The version of the matching rules in force."""
    thread: Id = b""
    """Digest of channel, account and thread; empty where the channel has none."""
    campaign: Campaign = Campaign()
    call_state: str = ""
    amount: str = ""
    currency: str = ""
    pipeline: str = ""
    """The pipeline that routing chose when the lead was first recorded; so it stays."""
    routed: Routed | None = None
    """Why that one; None where there were no rules."""
    deal: Id = b""
    """The deal where the touch is now; empty for none."""
    opened: bool = False
    """This delivery opened that deal."""
    leaf: Id
    """The leaf card where the lead stood once this was recorded."""
    personal: LeadContent | None = msgspec.field(default=None, name="p")
    """The whole delivery less its raw bytes; None where it was not read, or once forgotten."""


class TouchPlaced(
    Event,
    frozen=True,
    kw_only=True,
    tag="P",
    rename={
        "deal": "x",
        "leaf": "l",
        "because": "b",
    },
):
    """A re-decision moved the lead to another deal (SEMANTICS 3.5), on the lead's stream."""

    deal: Id = b""
    leaf: Id = b""
    because: Id = b""
    """The decision or lead that caused it."""


class RoutingAdopted(Event, frozen=True, kw_only=True, tag="ra"):
    """A version of the routing rules came into force for new leads, on its own stream."""

    number: int = msgspec.field(name="v")
    content: bytes = msgspec.field(name="c")
    """The whole `Routing`, sealed: what it wants of fields may tell of somebody."""
    at: int = msgspec.field(name="o")
