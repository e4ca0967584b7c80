"""What `leadlog doctor` says of the lag: whether each role keeps up with what it reads."""

import os
import time
from collections.abc import Iterator
from functools import partial
from typing import Final

from leadlog import control
from leadlog.lag import Progress, progress_of
from leadlog.machine import Finding
from leadlog.role_names import Role
from leadlog.system import System

_LOOK_AGAIN_S: Final = 1.0
_MUCH_LAG: Final = 10_000
_ROLES: Final = {
    **{role.value: role for role in Role},
    "inbox": Role.PROJECTOR,
    "follower": Role.PROCESSOR,
}
"""Who does what can be behind."""


def examine(system: System) -> Iterator[Finding]:
    """One line a role, and one for the search by name."""
    before = progress_of(system)
    address = control.running(system.settings.data)
    here = address is not None and address.pid == os.getpid()
    embedded = system.settings.stores.embedded
    served = {name for name in before if here or not _ROLES[name].stores & embedded}
    after = before
    if any(before[name].lag for name in served):
        time.sleep(_LOOK_AGAIN_S)
        after = progress_of(system)
    for name in before:
        look = decisions if name == "follower" else partial(lag, name)
        yield look(before[name], after[name], served=name in served)


def lag(name: str, before: Progress, after: Progress, *, served: bool) -> Finding:
    """How far a role is behind, seen twice a second apart where a process must be at it."""
    subject = f"lag of {name}"
    if after.lag < 0:
        told = f"it has passed the end of what it reads by {-after.lag:,}: an older copy was put"
        remedy = "put back the newer copy: new leads are passed over"
        return Finding(subject, "broken", f"{told} back", remedy)
    if not served:
        told = f"{after.lag:,} behind, for no server runs" if after.lag else "none; no server runs"
        return Finding(subject, "good", told, "leadlog up" if after.lag else "")
    if after.lag > 0 and after.done == 0 and _ROLES[name] is not Role.PROCESSOR:
        told = f"{after.lag:,} behind, and none was ever read"
        return Finding(subject, "odd", told, f"leadlog run {_ROLES[name]}: has it been started?")
    if before.lag > 0 and after.done <= before.done:
        told = f"{after.lag:,} behind, and not catching up"
        remedy = f"does the role {_ROLES[name]} run? its log and its /readyz tell more"
        return Finding(subject, "broken", told, remedy)
    if after.lag > _MUCH_LAG:
        told = f"{after.lag:,} behind, catching up"
        return Finding(subject, "odd", told, "wait, then look again")
    return Finding(subject, "good", f"{after.lag:,} behind" if after.lag else "none")


def decisions(before: Progress, after: Progress, *, served: bool) -> Finding:
    """Whether large decisions are carried out, seen twice a second apart (docs/adr/0021).

    Never broken: the first look of a large one takes longer than that second.
    """
    subject, left = "decisions", f"{after.lag:,} touches, links or cards are left"
    if not after.lag:
        return Finding(subject, "good", "all are carried out")
    if not served:
        return Finding(subject, "good", f"{left}, for no server runs", "leadlog up")
    if after.done > before.done:
        return Finding(subject, "good", f"{left}, and go on")
    remedy = (
        "look again in a minute; if it stays so, `pieces_failed` in the processor's log says why"
    )
    return Finding(subject, "odd", f"{left}, and none was done within a second", remedy)
