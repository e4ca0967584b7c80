"""The pollers' role, wired: which accounts are fetched, from where, and how that stands."""

import asyncio
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from typing import Any

from channels.registry import AnyAdapter, make_adapter
from channels.sdk.adapter import PollingAdapter, WebhookAdapter
from ingest.log.port import LeadLogWriter
from ingest.pollers.cursors import CursorStore
from ingest.pollers.role import Pollers
from ingest.pollers.sqlite_cursors import SQLiteCursors
from ingest.pollers.state import OK, AccountState, Phase
from leadlog.machine import Finding
from leadlog.settings import ConfigurationError, Settings

States = Mapping[str, AccountState]


def adapters_of(settings: Settings) -> dict[str, AnyAdapter]:
    """The adapters of all accounts, by the accounts' names."""
    return {str(table["name"]): make_adapter(dict(table)) for table in settings.accounts}


def polling_adapters(settings: Settings) -> dict[str, PollingAdapter[Any]]:
    """The adapters of all accounts whose deliveries are fetched."""
    return {
        name: adapter
        for name, adapter in adapters_of(settings).items()
        if isinstance(adapter, PollingAdapter) and adapter.fetched_from()
    }


def is_called(adapter: AnyAdapter) -> bool:
    """Whether the provider calls us. An account that is only fetched has no door to stand open."""
    if not isinstance(adapter, WebhookAdapter):
        return False
    if isinstance(adapter, PollingAdapter) and adapter.fetched_from():
        return adapter.called_as_well
    return True


def cursor_store(settings: Settings) -> CursorStore:
    """Where the pollers keep how far they are: beside the events, for they may be several."""
    if not settings.stores.events.startswith("sqlite:"):
        from eventstore.recorders.postgres_connection import StoreUnfit
        from ingest.pollers.postgres_cursors import PostgresCursors

        try:
            return PostgresCursors(settings.stores.events)
        except StoreUnfit as error:
            raise ConfigurationError([f"stores.events: {error}"]) from error
    return SQLiteCursors(settings.data / "pollers.db")


@asynccontextmanager
async def polling(settings: Settings, log: LeadLogWriter) -> AsyncIterator[States]:
    """Every account that is fetched is, until the block ends; their states, which change."""
    adapters = polling_adapters(settings)
    if not adapters:
        yield {}
        return
    cursors = cursor_store(settings)
    pollers = Pollers(adapters, log, cursors)
    running = asyncio.create_task(pollers.run())
    try:
        yield pollers.states
    finally:
        running.cancel()
        await asyncio.wait([running])
        await cursors.close()


def reasons(states: States) -> dict[str, str]:
    """What /readyz tells of each account."""
    return {f"account {name}": state.reason for name, state in states.items()}


def finding(subject: str, state: AccountState, now_s: float) -> Finding | None:
    """What `leadlog doctor` tells of an account that a server fetches now; None where all is well.

    `now_s` in seconds since 1970.
    """
    if state.reason == OK:
        return None
    since = (
        "never came" if state.last_success is None else f"{now_s - state.last_success:,.0f} s ago"
    )
    told = f"{state.reason}; last answer from {state.source}: {since}"
    if state.phase is Phase.STOPPED:
        return Finding(subject, "broken", told, "do what it says, then start leadlog again")
    return Finding(subject, "odd", told, "it tries again by itself; if that lasts, look there")
