"""The demo's own data directory, and never anything else's."""

import shutil
from pathlib import Path

from leadlog.ownership import DataInUse, DataLock

DIRECTORY = Path("data/demo")
_MARK = "made-by-leadlog-demo"
_LOCK = "lock"
"""Made before the mark: a demo that was killed in between, or begins now, has left no more."""


class NotOurs(Exception):
    """The directory holds something that the demo did not make."""


def check(data: Path) -> None:
    """Raises NotOurs where there is anything that the demo didn't make."""
    if data.exists() and not (data / _MARK).exists() and _has_more_than_a_lock(data):
        raise NotOurs(
            f"{data} holds data that is not the demo's, and the demo begins with an empty"
            " directory: give another one with --data"
        )


def make_anew(data: Path) -> None:
    """An empty directory with our mark. Raises NotOurs; DataInUse while a process works on it."""
    check(data)
    lock = DataLock(data)
    try:
        if not lock.take():
            raise DataInUse(f"another process works on {data.absolute()}; stop it first")
        for entry in data.iterdir():
            if entry.name not in (_LOCK, _MARK):
                _remove(entry)
        (data / _MARK).write_text("leadlog demo --anew empties this directory\n")
    finally:
        lock.release()


def _has_more_than_a_lock(data: Path) -> bool:
    return any(entry.name != _LOCK for entry in data.iterdir())


def _remove(entry: Path) -> None:
    if entry.is_dir() and not entry.is_symlink():
        shutil.rmtree(entry)
    else:
        entry.unlink()
