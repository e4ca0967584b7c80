"""What `leadlog doctor` says of messages to people."""

from collections.abc import Sequence

from ingest.outbox.store import State, Waiting
from leadlog.machine import Finding
from leadlog.system import System

_TRIES = 3
"""From this try on a message waits for longer than a moment."""


def examine(system: System) -> Finding:
    """Are there messages that nobody sends?"""
    system.outbox.follow()
    store = system.outbox_store
    counts = store.counts()
    aside = counts.get(State.SET_ASIDE, 0)
    if aside:
        told = f"{aside} messages were not taken for three days, and are tried no more"
        remedy = "`leadlog outbox list --state set_aside` says why; then `leadlog outbox retry all`"
        return Finding("messages", "odd", told, remedy)
    late = [one for one in store.in_states([State.WAITING]) if one.tries >= _TRIES]
    if late:
        return Finding(
            "messages", "odd", _why(late), "it goes on trying; see `leadlog outbox list`"
        )
    waiting, sent = counts.get(State.WAITING, 0), counts.get(State.SENT, 0)
    accounts = ", ".join(sorted(system.outlets)) or "none"
    told = f"{sent} sent within 30 days, {waiting} waiting; accounts that can write: {accounts}"
    return Finding("messages", "good", told)


def _why(late: Sequence[Waiting]) -> str:
    by = sorted({one.account for one in late})
    return f"{len(late)} messages wait, by {', '.join(by)}: {late[0].reason}"
