"""A lead that is to be answered."""

from channels.sdk.lead import Identity, LeadContent

ID = "00000000-0000-4000-8000-000000000001"
KEY = "7c9e6679-7425-40de-944b-e07fc1f90ae7"
"""The key of a message."""


def came(channel, account, *identities, **content):
    """Identities as `kind:value`."""
    who = (text.partition(":") for text in identities)
    return LeadContent(
        **{
            "lead_id": ID,
            "event_id": ID,
            "channel": channel,
            "account": account,
            "kind": "message",
            "direction": "in",
            "occurred_at": "2026-01-01T00:00:00.000Z",
            "received_at": "2026-01-01T00:00:00.000Z",
            "identities": tuple(
                Identity(kind=kind, value=value, proof="attested") for kind, _, value in who
            ),
            **content,
        }
    )
