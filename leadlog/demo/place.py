"""The demo's own data directory: made anew at every start, and never anything else's."""

import shutil
from pathlib import Path

from leadlog.ownership import DataInUse, DataLock

DIRECTORY = Path("data/demo")
_MARK = "made-by-leadlog-demo"


class NotOurs(Exception):
    """The directory holds something that the demo did not make."""


def make_anew(data: Path) -> None:
    """An empty directory with our mark. NotOurs where there is anything that the demo didn't make.

    Raises DataInUse while a process works on it.
    """
    if data.exists() and not (data / _MARK).exists() and any(data.iterdir()):
        raise NotOurs(
            f"{data} holds data that is not the demo's, and the demo begins with an empty"
            " directory: give another one with --data"
        )
    lock = DataLock(data)
    try:
        if not lock.take():
            raise DataInUse(f"another process works on {data.absolute()}; stop it first")
        for entry in data.iterdir():
            if entry.name not in ("lock", _MARK):
                _remove(entry)
        (data / _MARK).write_text("leadlog demo empties this directory at every start\n")
    finally:
        lock.release()


def _remove(entry: Path) -> None:
    if entry.is_dir() and not entry.is_symlink():
        shutil.rmtree(entry)
    else:
        entry.unlink()
