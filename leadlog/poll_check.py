"""What `leadlog doctor` says of accounts that other processes fetch.

Of several processes one polls an account, by a lock of the event store's PostgreSQL, and the others
stand by: two would take each other's updates away.
"""

from collections.abc import Mapping
from typing import Any

from channels.registry import make_adapter
from channels.sdk.adapter import PollingAdapter
from ingest.pollers.cursors import CursorsUnavailable
from leadlog.machine import Finding
from leadlog.polling import polling_adapters
from leadlog.settings import Settings

Holders = Mapping[str, str]
"""By account, where the process is that polls it."""


def who_polls(settings: Settings) -> Holders | None:
    """None where nobody can tell: with embedded stores whoever polls is asked itself."""
    events = settings.stores.events
    fetched = polling_adapters(settings)
    if not (fetched and events.startswith("postgresql:")):
        return None
    from ingest.pollers.postgres_holders import holders

    try:
        return holders(events, fetched)
    except CursorsUnavailable:
        return None


def unpolled(table: Mapping[str, Any], holders: Holders | None) -> Finding | None:
    """That an account is to be fetched, and nobody does; None where all is well."""
    adapter = make_adapter(dict(table))
    source = adapter.fetched_from() if isinstance(adapter, PollingAdapter) else ""
    if holders is None or not source or table["name"] in holders:
        return None
    remedy = "leadlog run pollers: one of those that run has the account, the others stand by"
    return Finding(f"account {table['name']}", "broken", f"nobody fetches it from {source}", remedy)
