"""The pollers' role: every account that is fetched, each by a task of its own."""

import asyncio
from collections.abc import Mapping
from typing import Any

from channels.sdk.adapter import PollingAdapter
from ingest.log.port import LeadLogWriter
from ingest.pollers.account import Patience, PolledAccount
from ingest.pollers.cursors import CursorStore
from ingest.pollers.state import AccountState


class Pollers:
    """Polls on one event loop. Whatever happens to one account, the others go on."""

    def __init__(
        self,
        adapters: Mapping[str, PollingAdapter[Any]],
        log: LeadLogWriter,
        cursors: CursorStore,
        *,
        patience: Patience | None = None,
    ) -> None:
        """`adapters` are those whose `fetched_from` tells a place."""
        self._accounts = {
            name: PolledAccount(adapter, log, cursors, patience=patience or Patience())
            for name, adapter in adapters.items()
        }

    @property
    def states(self) -> dict[str, AccountState]:
        """By account, as they stand now."""
        return {name: account.state for name, account in self._accounts.items()}

    async def run(self) -> None:
        """Until it is cancelled. What was fetched and not stored then is fetched again."""
        await asyncio.gather(*(account.run() for account in self._accounts.values()))
        await asyncio.Event().wait()  # all are stopped: their state is still to be seen
