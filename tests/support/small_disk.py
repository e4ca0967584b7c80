"""Disks that are full when a test says so."""

import os
import resource
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Protocol

from support.leadlog_up import Leadlog

_SIZE = "64m"


class Disk(Protocol):
    def fill(self) -> None:
        """From now on, files cannot grow."""

    def free(self) -> None:
        """There is space again."""


class MountedDisk:
    """A file system of its own, filled up by somebody else's file."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self._filler = folder / "filler"

    def fill(self) -> None:
        size = 1024 * 1024
        with self._filler.open("ab", buffering=0) as file:
            while size:
                try:
                    file.write(bytes(size))
                except OSError:
                    size //= 2

    def free(self) -> None:
        self._filler.unlink()


class LimitedFiles:
    """The kernel lets no file of the server's grow: what a quota does, without the right to mount.

    The first to feel it is the lead log.
    """

    def __init__(self, server: Leadlog) -> None:
        self._server = server
        self._before = resource.getrlimit(resource.RLIMIT_FSIZE)

    def fill(self) -> None:
        size = (self._server.data / "leadlog.db-wal").stat().st_size
        self._limit(size)

    def free(self) -> None:
        self._limit(self._before[0])

    def _limit(self, size: int) -> None:
        limits = (size, self._before[1])
        resource.prlimit(self._server.process.pid, resource.RLIMIT_FSIZE, limits)


@contextmanager
def mounted(folder: Path) -> Iterator[MountedDisk]:
    """Raises PermissionError where this process may not mount."""
    folder.mkdir()
    if os.geteuid() != 0:
        raise PermissionError("only root may mount")
    mount = ["mount", "-t", "tmpfs", "-o", f"size={_SIZE}", "tmpfs", str(folder)]
    done = subprocess.run(mount, capture_output=True, text=True, check=False)
    if done.returncode != 0:
        raise PermissionError(done.stderr)
    try:
        yield MountedDisk(folder)
    finally:
        subprocess.run(["umount", "--lazy", str(folder)], check=True)
