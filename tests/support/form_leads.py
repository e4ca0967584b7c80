"""Leads of one form, each known by its key."""

from typing import Any

from channels.sdk.ids import event_id, lead_id
from channels.sdk.lead import Identity, LeadEvent

AT = "2026-01-01T00:00:00.000Z"


def lead_of(key: str, **given: Any) -> LeadEvent:
    """With a phone, and with whatever else is given."""
    phone = given.pop("phone", "+79120000000")
    return LeadEvent(
        lead_id=lead_id("webform", "site", key),
        event_id=event_id("webform", "site", key),
        channel="webform",
        account="site",
        kind="form",
        direction="in",
        occurred_at=AT,
        received_at=AT,
        identities=(
            Identity(kind="phone", value=phone, proof="claimed"),
            *given.pop("identities", ()),
        ),
        **given,
    )
