"""The stores of one configuration, opened once: what roles and operations work on."""

import contextlib
import fcntl
import os
import sqlite3
import threading
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any

from eventsourcing.persistence import OperationalError

from eventstore.adoption import VersionChanged, adopt, effective_policy
from eventstore.card_commands import CardCommands
from eventstore.customer_base import CustomerBase
from eventstore.deal_commands import DealCommands
from eventstore.explain import Explainer
from eventstore.keyring import Keyring
from eventstore.queries import Cards
from eventstore.recorders.sqlite import SQLiteCustomerRecorder
from eventstore.work import Policy
from ingest.log.sqlite import SQLiteLogReader
from ingest.pollers.state import AccountState
from ingest.processor.batch import BatchHandler
from ingest.processor.loop import ProcessorLoop
from leadlog.senders import Outlet, outlets_of
from leadlog.settings import ConfigurationError, Settings

if TYPE_CHECKING:  # the engine of analytics takes a quarter of a second to import
    from leadlog.inbox import Inbox
    from projections.clickhouse.client import ClickHouse
    from projections.reports import Reports
    from projections.runner import Projector


class DataInUse(Exception):
    """Another process owns the data directory."""


class DataUnusable(OSError):
    """The disk of the data directory is full, broken or closed to us."""


class DataLock:
    """Held by the one process that owns the data directory; freed by the kernel when it dies."""

    def __init__(self, data: Path) -> None:
        data.mkdir(parents=True, exist_ok=True)
        self._file = os.open(data / "lock", os.O_RDWR | os.O_CREAT, 0o600)

    def take(self) -> bool:
        """Whether it is ours now."""
        try:
            fcntl.flock(self._file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            return False
        return True

    def release(self) -> None:
        os.close(self._file)


@dataclass
class System:
    """Opened lazily: a command that only reads cards never starts the analytics engine."""

    settings: Settings
    stopping: threading.Event = field(default_factory=threading.Event)
    """Set when this process is about to end: whoever waits for something gives up."""
    polled: Mapping[str, AccountState] = field(default_factory=dict)
    """How the accounts stand that this process fetches, by name."""

    @cached_property
    def log_path(self) -> Path:
        return self._embedded("log", "sqlite")

    @cached_property
    def base(self) -> CustomerBase:
        recorder = SQLiteCustomerRecorder(self._embedded("events", "sqlite"))
        keyring = Keyring.open(self.settings.data / "identity.key")
        policy = Policy.of(self.settings.matching_rules, self.settings.sales_pipelines)
        try:
            base = CustomerBase(recorder, keyring, effective_policy(recorder, policy))
        except VersionChanged as error:
            recorder.close()
            raise ConfigurationError([str(error)]) from error
        adopt(base)
        return base

    @cached_property
    def cards(self) -> Cards:
        return Cards(self.base)

    @cached_property
    def card_commands(self) -> CardCommands:
        return CardCommands(self.base)

    @cached_property
    def outlets(self) -> dict[str, Outlet]:
        return outlets_of(self.settings)

    @cached_property
    def explainer(self) -> Explainer:
        return Explainer(self.cards)

    @cached_property
    def deals(self) -> DealCommands:
        return DealCommands(self.base)

    @cached_property
    def log(self) -> SQLiteLogReader:
        return SQLiteLogReader(self.log_path)

    @cached_property
    def processor(self) -> ProcessorLoop:
        return ProcessorLoop(self.log, BatchHandler(self.base), self.base.recorder)

    @cached_property
    def analytics(self) -> "ClickHouse":
        from projections.clickhouse.client import ClickHouse

        url = self.settings.stores.analytics
        if url.startswith("chdb:///"):
            url = f"chdb://{self.settings.path(url)}"
        return ClickHouse(url)

    @cached_property
    def projector(self) -> "Projector":
        from projections.facts.table import FactTable
        from projections.runner import Projector

        return Projector(self.base.recorder, FactTable(self.analytics))

    @cached_property
    def reports(self) -> "Reports":
        from projections.reports import Reports, by_projector

        wait = by_projector(self.projector)
        return Reports(self.analytics, latest=self.base.recorder.last_position, wait=wait)

    @cached_property
    def inbox(self) -> "Inbox":
        from leadlog.inbox import Inbox

        return Inbox.open(self.settings, self.base, self.cards)

    def catch_up(self) -> None:
        """Process and project everything that is on the log, in this thread."""
        self.processor.drain()
        self.projector.project_available()

    def close(self) -> None:
        opened: dict[str, Any] = self.__dict__
        for name in ("analytics", "inbox", "log"):
            if name in opened:
                opened[name].close()
        if "base" in opened:
            self.base.recorder.close()

    def _embedded(self, store: str, scheme: str) -> Path:
        url = getattr(self.settings.stores, store)
        if not url.startswith(f"{scheme}:///"):
            raise ConfigurationError(
                [f"stores.{store}: {url!r} is not supported here; use {scheme}:///file.db"]
            )
        return self.settings.path(url)


@contextlib.contextmanager
def owned(settings: Settings) -> Iterator[System]:
    """The stores of an embedded system, which one process at a time may open.

    Raises DataInUse; DataUnusable wherever the disk does not let them be opened, read or written.
    """
    try:
        lock = DataLock(settings.data)
        if not lock.take():
            raise DataInUse(f"another process works on {settings.data.absolute()}; stop it first")
        system = System(settings)
        try:
            yield system
        finally:
            system.close()
            lock.release()
    except BrokenPipeError:
        raise  # not of the stores: nobody reads what a command prints
    except (OSError, sqlite3.OperationalError, OperationalError) as error:
        raise DataUnusable(
            f"cannot work on {settings.data}: {error}; look at its disk, and who may write there"
        ) from error
