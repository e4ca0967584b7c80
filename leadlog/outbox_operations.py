"""What of our messages waits, failed or was set aside, by name (see leadlog.operations)."""

from collections.abc import Iterator
from typing import Any
from uuid import UUID

from eventstore.orders import order
from eventstore.reply_commands import ReplyCommands
from eventstore.reply_story import shown_reply
from eventstore.said import said
from eventstore.told import text_id, time_text
from ingest.outbox.store import State, Waiting
from leadlog.control import OperationFailed
from leadlog.system import System

Arguments = dict[str, Any]

_UNDONE = (State.WAITING, State.FAILED, State.SET_ASIDE)


def list_messages(system: System, arguments: Arguments) -> Iterator[Any]:
    """Messages that are not sent, oldest first; in one state, or with `all` the sent ones too."""
    states = tuple(State) if arguments.get("all") else _UNDONE
    if given := arguments.get("state"):
        if given not in tuple(State):
            told = said(
                "no state '%(state)s'; there are: %(states)s", state=str(given), states=list(State)
            )
            raise OperationFailed(told, status=2)
        states = (State(given),)
    system.outbox.follow()
    yield from map(_told, system.outbox_store.in_states(states))


def show(system: System, arguments: Arguments) -> Iterator[Any]:
    """One message with its text, and how its sending stands."""
    reply = _uuid(arguments["id"])
    system.outbox.follow()
    written = ReplyCommands(system.base).find(reply, personal=True)
    waiting = system.outbox_store.get(reply)
    to = {"to": written.message.to} if written.message else {}
    yield shown_reply(written) | to | ({"sending": _told(waiting)} if waiting else {})


def retry(system: System, arguments: Arguments) -> Iterator[Any]:
    """Have messages tried again that failed or were set aside: one command, however many."""
    replies = [_uuid(text) for text in arguments["ids"]]
    by = order(str(arguments.get("actor") or ""), command=str(arguments.get("command") or ""))
    ReplyCommands(system.base).retry(replies, by)
    for reply in replies:
        yield {"reply": text_id(reply), "state": "queued"}


def _told(waiting: Waiting) -> dict[str, Any]:
    return {
        "reply": text_id(waiting.reply),
        "account": waiting.account,
        "channel": waiting.channel,
        "state": waiting.state.value,
        "reason": waiting.reason,
        "tries": waiting.tries,
        "written_at": time_text(waiting.written_at),
        "next_at": time_text(waiting.next_at) if waiting.next_at else None,
        "tried_until": time_text(waiting.until),
        "leaf": text_id(waiting.leaf),
    }


def _uuid(text: str) -> bytes:
    try:
        return UUID(text).bytes
    except ValueError:
        told = said("'%(text)s' is no id of a %(what)s", text=text, what="message")
        raise OperationFailed(told, status=2) from None


OUTBOX_OPERATIONS = {"outbox.list": list_messages, "outbox.show": show, "outbox.retry": retry}
