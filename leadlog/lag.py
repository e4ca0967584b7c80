"""How far the roles have come in what they read: for /readyz and `leadlog doctor`."""

from collections.abc import Collection
from typing import NamedTuple

from leadlog.role_names import Role
from leadlog.system import System


class Progress(NamedTuple):
    """Of one role, in offsets of the log or positions of the event store, added up.

    Of the follower: touches, items of evidence and cards, counted down to 0.
    """

    done: int
    end: int

    @property
    def lag(self) -> int:
        """How many it is behind. Below 0: it has passed the end, an older copy was put back."""
        return self.end - self.done


def progress_of(system: System, roles: Collection[Role] = tuple(Role)) -> dict[str, Progress]:
    """Of those of the roles that read something. Asks the stores: may block a moment, or raise."""
    found = {}
    if Role.PROCESSOR in roles:
        found["processor"] = _processor(system)
        found["follower"] = Progress(-system.pending(), 0)
    if Role.PROJECTOR in roles:
        end = system.base.recorder.last_position()
        found["projector"] = Progress(system.projected_position(), end)
        found["inbox"] = Progress(system.inbox.position(), end)
    if Role.OUTBOX in roles:
        followed = system.outbox_store.position()
        found["outbox"] = Progress(followed, system.base.recorder.last_position())
    if Role.DESK in roles and not found:
        system.base.recorder.last_position()  # it reads the store, too: does it answer?
    return found


def _processor(system: System) -> Progress:
    offsets = [_in_partition(system, partition) for partition in system.log.partitions()]
    passed = [p for p in offsets if p.lag < 0]
    done, end = map(sum, zip(*(passed or offsets), strict=True)) if offsets else (0, 0)
    return Progress(done, end)


def _in_partition(system: System, partition: str) -> Progress:
    """Before the first offset is processed, `done` is the one that precedes the log's first."""
    done = system.base.recorder.max_tracking_id(partition)
    if done is None:
        first = system.log.read(partition, -1, 1)
        done = first[0].offset - 1 if first else system.log.expired(partition) - 1
    return Progress(done, system.log.end(partition))
