"""What `leadlog doctor` asks of the machine: room on the disk, a fit file system, a sane clock."""

import os
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Literal

import msgspec

State = Literal["good", "odd", "broken"]

_MIB = 1024 * 1024
_VOLATILE = frozenset({"tmpfs", "ramfs"})
_REMOTE = frozenset({"nfs", "nfs4", "cifs", "smb3", "9p", "fuse.sshfs", "glusterfs", "ceph"})
_FIRST_YEAR_S = 1_767_225_600
"""2026 began: an earlier clock was never set."""
_STEP_S = 1.0
_AHEAD_MS = 1000
_FAR_AHEAD_MS = 60 * 60 * 1000
_STARTED_S = time.time() - time.monotonic()


class Finding(msgspec.Struct, frozen=True, omit_defaults=True):
    """One line of the doctor: what was looked at, how it is, and what to do about it."""

    subject: str
    state: State
    told: str
    remedy: str = ""


def examine(data: Path, newest_recorded_ms: int) -> Iterator[Finding]:
    """The machine below a data directory; `newest_recorded_ms` as the event store has it."""
    data = next(path for path in (data, *data.parents) if path.exists())  # made at the first start
    found = os.statvfs(data)
    yield space(found.f_bavail * found.f_frsize, found.f_blocks * found.f_frsize)
    yield inodes(found.f_favail, found.f_files)
    mounts = Path("/proc/self/mounts")
    if mounts.exists():  # Linux only
        yield file_system(file_system_of(data, mounts.read_text(encoding="utf-8")))
    step = time.time() - time.monotonic() - _STARTED_S
    yield clock(time.time(), step, newest_recorded_ms)


def space(free: int, total: int) -> Finding:
    """Free bytes for the stores; without any, every delivery is answered 503."""
    told = f"{free / 1024 / _MIB:.1f} GiB free of {total / 1024 / _MIB:.1f}"
    remedy = "make room, or move `data`: on a full disk every delivery is answered 503"
    if free < 200 * _MIB:
        return Finding("disk", "broken", told, remedy)
    if free < 1024 * _MIB or free < total * 0.05:
        return Finding("disk", "odd", told, remedy)
    return Finding("disk", "good", told)


def inodes(free: int, total: int) -> Finding:
    """Free inodes; a file system without a table of them has no limit."""
    if total == 0:
        return Finding("inodes", "good", "no limit on this file system")
    told = f"{free:,} free of {total:,}"
    remedy = "remove small files from this file system: none can be made without an inode"
    if free < 1000:
        return Finding("inodes", "broken", told, remedy)
    if free < total * 0.02:
        return Finding("inodes", "odd", told, remedy)
    return Finding("inodes", "good", told)


def file_system_of(path: Path, mounts: str) -> str:
    """The type of the file system that `path` is on, by the text of /proc/self/mounts."""
    absolute = path.absolute()
    best, kind = -1, ""
    for line in mounts.splitlines():
        _, escaped, mounted, *_ = line.split(" ")
        point = escaped.replace("\\040", " ")
        parts = len(Path(point).parts)
        if parts >= best and absolute.is_relative_to(point):  # of equal ones the last is on top
            best, kind = parts, mounted
    return kind


def file_system(kind: str) -> Finding:
    """Whether what is committed there stays."""
    if kind in _VOLATILE:
        remedy = "put `data` on a disk: this is empty after the next start of the machine"
        return Finding("file system", "odd", f"data is on {kind}", remedy)
    if kind in _REMOTE:
        remedy = "put `data` on a local disk: SQLite's log needs its locks and shared memory"
        return Finding("file system", "broken", f"data is on {kind}", remedy)
    return Finding("file system", "good", f"data is on {kind or 'an unknown file system'}")


def clock(now_s: float, step_s: float, newest_recorded_ms: int) -> Finding:
    """The clock against the newest recorded time, which never falls, and against itself."""
    ahead_ms = newest_recorded_ms - now_s * 1000
    remedy = "set the clock and keep it by NTP; recorded times stand still until it has caught up"
    if now_s < _FIRST_YEAR_S:
        return Finding("clock", "broken", "the clock was never set", remedy)
    if ahead_ms > _AHEAD_MS:
        told = f"events were recorded {ahead_ms / 1000:,.0f} s in what is the future by this clock"
        return Finding("clock", "broken" if ahead_ms > _FAR_AHEAD_MS else "odd", told, remedy)
    if abs(step_s) > _STEP_S:
        told = f"the clock was moved by {step_s:+.1f} s since this process started"
        return Finding("clock", "odd", told, "keep it by NTP, which moves it gently")
    return Finding("clock", "good", "no event was recorded later than now")
