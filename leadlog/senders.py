"""Which accounts can write to people, and by what."""

from typing import NamedTuple

from channels.registry import make_adapter
from channels.sdk.sending import Sender
from leadlog.settings import Settings


class Outlet(NamedTuple):
    """An account that sends."""

    channel: str
    sender: Sender


def outlets_of(settings: Settings) -> dict[str, Outlet]:
    """By account; those whose channel or settings allow no sending are left out."""
    found = {}
    for table in settings.accounts:
        adapter = make_adapter(dict(table))
        if sender := adapter.sender():
            found[adapter.settings.name] = Outlet(adapter.channel, sender)
    return found
