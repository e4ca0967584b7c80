"""What can be asked of a system, by name: the same in this process and through a running server.

Each operation takes the system and plain JSON arguments, and gives JSON objects one by one. It
raises OperationFailed with a text for people.
"""

import time
from collections.abc import Callable, Iterator
from typing import Any
from uuid import UUID

import msgspec

from eventstore.orders import CommandRefused, NotThere, WrongCommand
from eventstore.said import said, text_of
from leadlog.card_operations import CARD_OPERATIONS
from leadlog.control import OperationFailed
from leadlog.deal_operations import DEAL_OPERATIONS
from leadlog.feed import feed
from leadlog.outbox_operations import OUTBOX_OPERATIONS
from leadlog.reply_operations import REPLY_OPERATIONS
from leadlog.retry import retry
from leadlog.system import System

Arguments = dict[str, Any]
Operation = Callable[[System, Arguments], Iterator[Any]]

_POLL_S = 0.05


def run(system: System, name: str, arguments: Arguments) -> Iterator[Any]:
    """Run an operation; OperationFailed where it cannot be done."""
    operation = OPERATIONS.get(name)
    if operation is None:
        raise OperationFailed(f"no operation {name!r}", status=2)
    try:
        yield from operation(system, arguments)
    except WrongCommand as error:
        raise OperationFailed(text_of(error), status=2) from error
    except CommandRefused as error:
        raise OperationFailed(text_of(error)) from error
    except NotThere as error:
        raise OperationFailed(text_of(error)) from error
    except ValueError as error:
        raise OperationFailed(text_of(error), status=2) from error


def wait_until_current(system: System, seconds: float) -> bool:
    """Wait until the processor and the projections have caught up with the log as it is now."""
    deadline = time.monotonic() + seconds
    ends = {p: system.log.end(p) for p in system.log.partitions()}
    while not _is_current(system, ends):
        if time.monotonic() > deadline or system.stopping.wait(_POLL_S):
            return False
        if system.unattended:
            system.catch_up()
    return True


def _is_current(system: System, ends: dict[str, int]) -> bool:
    recorder = system.base.recorder
    for partition, end in ends.items():
        done = recorder.max_tracking_id(partition)
        if end >= 0 and (done is None or done < end):
            return False
    if recorder.pending():
        return False
    return bool(system.projected_position() >= recorder.last_position())


def _funnel(system: System, arguments: Arguments) -> Iterator[Any]:
    from projections.funnel.service import funnel

    found = msgspec.to_builtins(funnel(system.reports, system.settings.sales_pipelines, arguments))
    left = system.pending()
    if left and not arguments.get("as_of"):  # what was known then had nothing to do with now
        found["pending"] = left
    yield found


def _feed(system: System, arguments: Arguments) -> Iterator[Any]:
    yield feed(system, arguments["lines"])


def _wait(system: System, arguments: Arguments) -> Iterator[Any]:
    yield {"current": wait_until_current(system, float(arguments.get("seconds", 60)))}


def _audit(system: System, arguments: Arguments) -> Iterator[Any]:
    from leadlog.audit import audit

    seconds = float(arguments.get("wait") or 0)
    current = not seconds or wait_until_current(system, seconds)
    found = audit(system, full=bool(arguments.get("full")))
    if found["ok"] and not current:  # what is not decided about yet cannot be proven to be there
        what = f"not everything on the log was processed and projected within {seconds:g} s"
        found |= {"ok": False, "difference": {"what": what, **found["positions"]}}
    yield found


def _doctor(system: System, arguments: Arguments) -> Iterator[Any]:
    from leadlog import doctor

    del arguments
    yield from map(msgspec.to_builtins, doctor.examine(system))


def _quarantine(system: System, arguments: Arguments) -> Iterator[Any]:
    ids = [_uuid(arguments["id"], "quarantined delivery")] if "id" in arguments else None
    for item in system.base.recorder.quarantined(ids):
        content = msgspec.json.decode(item.content)
        if ids is None:
            content.pop("body", None)
        yield content


def _quarantine_retry(system: System, arguments: Arguments) -> Iterator[Any]:
    ids = [_uuid(text, "quarantined delivery") for text in arguments["ids"]]
    items = system.base.recorder.quarantined(ids)
    if missing := set(ids) - {item.id for item in items}:
        raise OperationFailed(
            said("nothing in the quarantine has the id %(id)s", id=str(UUID(bytes=min(missing))))
        )
    yield from retry(system, items)


def _uuid(text: str, what: str) -> bytes:
    try:
        return UUID(text).bytes
    except ValueError:
        told = said("'%(text)s' is no id of a %(what)s", text=text, what=what)
        raise OperationFailed(told, status=2) from None


OPERATIONS: dict[str, Operation] = {
    **CARD_OPERATIONS,
    **DEAL_OPERATIONS,
    **REPLY_OPERATIONS,
    **OUTBOX_OPERATIONS,
    "funnel": _funnel,
    "feed": _feed,
    "wait": _wait,
    "audit": _audit,
    "doctor": _doctor,
    "quarantine": _quarantine,
    "quarantine.retry": _quarantine_retry,
}
