"""Who may open the stores: the embedded ones belong to one process at a time.

Nothing here opens any, so a command learns at once that a server has them.
"""

import contextlib
import fcntl
import os
import sqlite3
from collections.abc import Collection, Iterator
from pathlib import Path
from typing import TYPE_CHECKING

from eventsourcing.persistence import OperationalError

from ingest.log.port import LogUnavailable
from ingest.log.remedy import remedy_of
from leadlog import control
from leadlog.role_names import Role
from leadlog.settings import Settings

if TYPE_CHECKING:  # what works on the stores takes a third of a second to import
    from leadlog.system import System


class DataInUse(Exception):
    """Another process owns the data directory."""


class DataUnusable(OSError):
    """The disk of the data directory is full, broken or closed to us."""


class DataLock:
    """Held by the one process that owns the data directory; freed by the kernel when it dies."""

    def __init__(self, data: Path) -> None:
        # The log has personal data as they came, and the events the keys of what is sealed.
        data.mkdir(mode=0o700, parents=True, exist_ok=True)
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


def is_alone(settings: Settings, roles: Collection[Role]) -> bool:
    """Whether these roles use an embedded store, which belongs to one process at a time."""
    return any(role.stores & settings.stores.embedded for role in roles)


@contextlib.contextmanager
def owned(settings: Settings, roles: Collection[Role] = tuple(Role)) -> Iterator["System"]:
    """The stores that these roles use; the embedded ones one process at a time may open.

    Raises DataInUse; DataUnusable wherever a store does not let itself be opened, read or written.
    """
    with contextlib.ExitStack() as stack:
        stack.enter_context(_told_of(settings))
        if is_alone(settings, roles):
            stack.enter_context(_locked(settings.data))
        from leadlog.system import System

        system = System(settings)
        stack.callback(system.close)
        yield system


@contextlib.contextmanager
def _locked(data: Path) -> Iterator[None]:
    lock = DataLock(data)
    try:
        if not lock.take():
            raise DataInUse(f"another process works on {data.absolute()}; stop it first")
        control.retire(data)  # a server that was killed still tells where it was
        yield
    finally:
        lock.release()


@contextlib.contextmanager
def _told_of(settings: Settings) -> Iterator[None]:
    """Faults of the stores with what to look at."""
    try:
        yield
    except BrokenPipeError:
        raise  # not of the stores: nobody reads what a command prints
    except (OSError, sqlite3.OperationalError, OperationalError, LogUnavailable) as error:
        if _is_of_a_server(error, settings.stores.embedded):
            where = "the stores"
            look = remedy_of(error) or "is the server up, and the way to it open? leadlog doctor"
        else:
            where, look = str(settings.data), "look at its disk, and who may write there"
        raise DataUnusable(f"cannot work on {where}: {error}; {look}") from error


def _is_of_a_server(error: Exception, embedded: Collection[str]) -> bool:
    """Whether it tells of a server that is away, not of a file or a disk."""
    match error:
        case LogUnavailable():
            return "log" not in embedded
        case OperationalError():
            return "events" not in embedded
        case OSError():  # those of the file system have a number
            return error.errno is None or isinstance(error, (ConnectionError, TimeoutError))
        case _:
            return False
