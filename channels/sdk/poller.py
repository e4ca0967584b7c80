"""What fetches deliveries from a provider that does not call us: the port of every poller.

One poller serves one account. The pollers' role of a process calls it, in one task for each
account and in no two processes at once:

    async for batch in poller.batches(stored_cursor):
        outcomes of `intake.examine_item(adapter, item)` for each item → lead log or quarantine
        store batch.cursor

Only when all of that is durable does the caller ask for the next batch, so whatever a crash cuts
off comes again, and the ids of the lead events make one effect of it.
"""

from collections.abc import AsyncGenerator
from dataclasses import dataclass
from typing import Protocol, TypeVar

import msgspec

from channels.sdk.delivery import PollItem


@dataclass(frozen=True, slots=True)
class Batch:
    """What one poll brought."""

    items: tuple[PollItem, ...]
    """May be empty, where only the cursor moved, or nothing did."""
    cursor: str
    """Where to go on once the items are stored. Opaque to the caller; below 64 KB."""


class Poller(Protocol):
    """Waits for deliveries and hands them on."""

    def batches(self, cursor: str) -> AsyncGenerator[Batch, None]:
        """Batches without end, from the last stored cursor on; "" before the first.

        Waits inside, and never blocks the loop. What answers without anything new yields a batch
        without items and with the cursor as it was, so that one can see that the provider is
        there. A cursor that it does not understand counts as "". Holds a connection until it is
        closed (`aclose`) or cancelled; both are prompt. Ends by raising only: `RetryLater` (call
        the same object again after the pause, with the cursor stored last) or `StopAdapter` (stop
        the account and tell the ops team). Anything else is a bug: treat it as `RetryLater` with
        a long pause. What these say goes to logs and pages: no secret, nobody's data.
        """
        ...


class BotCursor(msgspec.Struct, frozen=True):
    """A place in the updates of one bot; to another bot it means nothing."""

    bot: str = ""
    """What tells bots apart, without a secret."""


C = TypeVar("C", bound=BotCursor)


def resumed(cursor: str, beginning: C) -> C:
    """The stored cursor, or `beginning` where there is none of the same bot."""
    try:
        known = msgspec.json.decode(cursor, type=type(beginning))
    except msgspec.DecodeError:
        return beginning
    return known if known.bot == beginning.bot else beginning
