"""One call is one lead: what the telephony adapters make of the many deliveries that tell of it.

`occurred_at` is the time of what the delivery tells (the ringing, the answer, the end), so that
the fold's order by time is the order of the call; the lead's own time is the earliest of them.
Where a provider repeats the call's start in every delivery, `seq` carries their order.

States: `ringing` until a person of ours (or, dialled by us, the customer) speaks; `answered` from
then on; `ended` when it is over; `missed` when it is over and the provider tells that nobody
answered. Only `answered`, `answered_at` and `talk_s` above 0 say that a call was answered; a bare
`ended` says nothing of it.
"""

from dataclasses import dataclass, field, replace
from typing import Any, Self

from channels.sdk.adapter import Adapter
from channels.sdk.delivery import Delivery, PollItem
from channels.sdk.errors import Unreadable
from channels.sdk.identities import present
from channels.sdk.lead import Call, Campaign, Direction, Identity, Profile
from channels.sdk.outcome import Accepted, QuarantineReason
from channels.sdk.times import Timestamp

MAX_BODY = 64 * 1024
"""Bytes; real notifications have some hundreds."""


@dataclass(frozen=True, slots=True, kw_only=True)
class CallNews:
    """What one delivery tells about one call."""

    key: str
    """The call, whatever leg or state of it: the lead's key."""
    delivery_key: str
    call: Call
    direction: Direction = "in"
    at: Timestamp | None = None
    """When it happened; None where the provider tells no sane time."""
    first: bool = False
    """Whether it is the call's first state; all others amend the lead."""
    seq: int = 0
    identities: tuple[Identity | None, ...] = ()
    profile: Profile | None = None
    campaign: Campaign | None = None
    fields: dict[str, str] = field(default_factory=dict)

    def about(self, customer: Identity | None, fields: dict[str, str]) -> Self:
        """The same of this customer, with the fields that have no place of their own."""
        return replace(self, identities=(customer,), fields=fields)


def call_lead(adapter: Adapter[Any], source: Delivery | PollItem, news: CallNews) -> Accepted:
    """The lead event of one delivery about a call."""
    lead = adapter.lead(
        source,
        kind="call",
        lead_key=news.key,
        delivery_key=news.delivery_key,
        occurred_at=news.at,
        direction=news.direction,
        identities=present(*news.identities),
        amends=not news.first,
        seq=news.seq,
        profile=news.profile,
        call=news.call,
        campaign=news.campaign,
        fields=news.fields,
        thread=news.key,
    )
    return Accepted(lead)


def required(value: str, name: str) -> str:
    """`value`, which the lead cannot do without."""
    if not value:
        raise Unreadable(QuarantineReason.MISSING_FIELD, f"{name}: expected the call's id")
    return value
