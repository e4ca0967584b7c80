"""Named places where a test may kill, stop or fail the process; nothing happens there otherwise.

`LEADLOG_FAULT=name:nth:kill` (or `raise`, or `stall`) acts at the nth pass of that name. Off by
default; read once, at import.
"""

import os
import signal
import time

POINTS = frozenset(
    {
        "gateway.before_append",
        "gateway.after_append",
        "log.before_commit",
        "log.after_commit",
        "spool.before_drain",
        "spool.after_drain",
        "mail.before_append",
        "mail.after_append",
        "pollers.before_append",
        "pollers.after_append",
        "pollers.after_cursor",
        "outbox.before_send",
        "outbox.after_send",
        "outbox.after_record",
        "processor.after_read",
        "processor.before_commit",
        "processor.after_commit",
        "publisher.before_commit",
        "publisher.after_commit",
    }
)
"""Every name; the crash suite visits each."""

_STALL_S = 30.0
_spec = os.environ.get("LEADLOG_FAULT", "")
_name, _, _rest = _spec.partition(":")
_nth, _, _act = _rest.partition(":")
_left = int(_nth or 0)


class InjectedFault(Exception):
    """Raised by a fault point that was told to."""


def faultpoint(name: str) -> None:
    """Do here what the environment asks for at `name`, if anything."""
    global _left  # noqa: PLW0603 - one countdown a process
    if name != _name:
        return
    _left -= 1
    if _left != 0:
        return
    if _act == "kill":
        os.kill(os.getpid(), signal.SIGKILL)
    elif _act == "stall":
        time.sleep(_STALL_S)
    else:
        raise InjectedFault(name)
