"""Named places where a test may kill, freeze or fail the process; nothing happens there otherwise.

`LEADLOG_FAULT=name:nth:act` acts at the nth pass of that name: `kill` (as -9), `freeze` (stopped
until somebody sends SIGCONT), `stall` (this thread sleeps, others go on) or `raise`. Off by
default; read once, at import, where a name that is none is refused: such a test would show nothing.
"""

import os
import signal
import time
from collections.abc import Mapping
from typing import Final

ARROWS: Final[Mapping[str, Mapping[str, str]]] = {
    "sender → gateway": {
        "gateway.after_read": "the body is here, nothing is verified",
        "gateway.before_append": "verified and parsed, not given to the log",
        "gateway.after_append": "durable, no success said",
        "gateway.after_reply": "success said",
        "mail.before_append": "a mail is here, not given to the log",
        "mail.after_append": "durable, no 250 said",
    },
    "provider → poller": {
        "pollers.before_append": "fetched, not given to the log",
        "pollers.after_append": "durable, the cursor not moved",
        "pollers.after_cursor": "the cursor moved, nothing confirmed to the provider",
    },
    "intake → lead log": {
        "log.before_commit": "nothing is sent to the log",
        "log.in_flight": "given to Kafka, or written and not committed; no answer yet",
        "log.after_commit": "the log has it, its caller does not know",
    },
    "intake → spool → lead log": {
        "spool.after_keep": "on the local disk, its caller does not know",
        "spool.before_drain": "read back, nothing sent",
        "spool.after_drain": "Kafka has it, the spool as well",
        "spool.after_forget": "Kafka has it, the spool no more",
    },
    "lead log → processor": {
        "processor.on_assignment": "partitions were given to this worker, none is read",
        "processor.after_read": "records are here, nothing decided",
        "processor.before_commit": "nothing is read of the event store",
        "processor.after_commit": "done for good, the offset not told to Kafka",
        "processor.before_offsets": "about to tell Kafka the offsets",
        "processor.after_offsets": "Kafka has the offsets",
    },
    "decision → event store": {
        "store.in_transaction": "a part of the decision is written",
        "store.in_quarantine": "an item of the quarantine is written, not committed",
        "store.before_commit": "all is written, not committed",
        "store.after_commit": "committed, its caller does not know",
    },
    "event store → projections": {
        "lease.after_taken": "this process may project or send, and has not begun",
        "projector.before_insert": "a block is made, none of it sent",
        "projector.after_insert": "the analytics have the block, nobody has looked",
        "inbox.in_transaction": "the inbox's place is moved, not committed",
        "inbox.after_commit": "the inbox has the page, its projector does not know",
    },
    "event store → outside": {
        "outbox.after_follow": "a page of orders to send is taken over",
        "outbox.before_send": "the try is noted, nothing sent",
        "outbox.after_send": "the provider has it, the event store does not know",
        "outbox.after_record": "recorded as sent, the outbox has not followed",
        "publisher.before_commit": "a page is with Kafka, its transaction open",
        "publisher.after_commit": "the transaction is committed",
    },
}
"""Every name with what has happened by then, by the arrows of the design's picture (DESIGN 1, 4).

The crash suite visits each: tests/chaos.
"""

POINTS: Final = frozenset(name for points in ARROWS.values() for name in points)
ACTS: Final = ("kill", "freeze", "stall", "raise")
_STALL_S: Final = 30.0


class InjectedFault(Exception):
    """Raised by a fault point that was told to."""


def read(told: str) -> tuple[str, int, str]:
    """Name, number of the pass and act; ValueError where it would never do anything."""
    if not told:
        return "", 0, ""
    name, _, rest = told.partition(":")
    nth, _, act = rest.partition(":")
    if name not in POINTS or act not in ACTS or not nth.isdecimal() or int(nth) < 1:
        raise ValueError(
            f"LEADLOG_FAULT={told} is no fault: it is name:nth:act, with a name of"
            f" eventstore/faults.py, nth from 1 and an act of {', '.join(ACTS)}"
        )
    return name, int(nth), act


_name, _left, _act = read(os.environ.get("LEADLOG_FAULT", ""))


def faultpoint(name: str) -> None:
    """Do here what the environment asks for at `name`, if anything."""
    global _left  # noqa: PLW0603 - one countdown a process
    if name != _name:
        return
    _left -= 1
    if _left != 0:
        return
    match _act:
        case "kill":
            os.kill(os.getpid(), signal.SIGKILL)
        case "freeze":
            os.kill(os.getpid(), signal.SIGSTOP)
        case "stall":
            time.sleep(_STALL_S)
        case _:
            raise InjectedFault(name)
