"""One try to send one message, and the record of what became of it."""

import asyncio
from collections.abc import Callable
from functools import partial
from typing import Final, Literal, NamedTuple
from uuid import UUID

import msgspec
import structlog

from channels.sdk import ids
from channels.sdk.errors import RateLimited, RetryLater, StopAdapter, Undeliverable
from channels.sdk.sending import Message, NotSent, Sender, Sent
from eventstore.customer_base import TRANSIENT, Contended
from eventstore.domain.events import ReplyWritten
from eventstore.faults import faultpoint
from eventstore.reading import EventReader
from eventstore.reply_commands import ReplyCommands
from eventstore.touches import bytes_of
from ingest.outbox.store import OutboxStore, Waiting

_STOPPED_S: Final = 300.0
"""After a fault that a person must mend, and after a bug in a sender."""
_RECORD_TRIES: Final = 60
_RECORD_PAUSE_S: Final = 5.0
_log = structlog.get_logger(__name__)


_End = Literal["failed", "set_aside"]


class Postponed(NamedTuple):
    """Not sent; try again."""

    after_s: float
    reason: str
    unsure: bool
    whole_account: bool


class Attempt:
    """Tries messages. What it returns is durable already, or is to be made so by its caller."""

    def __init__(
        self,
        reader: EventReader,
        replies: ReplyCommands,
        store: OutboxStore,
        *,
        clock: Callable[[], int],
    ) -> None:
        self._reader = reader
        self._replies = replies
        self._store = store
        self._clock = clock

    async def send(self, waiting: Waiting, sender: Sender) -> Postponed | None:
        """Send it and record that; None where it is settled for good, or is another's by now.

        Raises what the stores raise. Where it was accepted and cannot be recorded, the next try
        says that it may be a repeat.
        """
        message = await asyncio.to_thread(self._message, waiting)
        if message is None:
            await self.settle(waiting, NotSent.FORGOTTEN)
            return None
        begin = partial(self._store.begin, waiting.reply, tries=waiting.tries)
        if not await asyncio.to_thread(begin):  # we slept, and another outbox has taken it up
            return None
        faultpoint("outbox.before_send")
        try:
            sent = await sender.send(message)
        except Undeliverable as error:
            await self.settle(waiting, error.reason)
            return None
        except Exception as error:  # noqa: BLE001 - a sender's bug must not lose the message
            return _postponed(waiting, error)
        faultpoint("outbox.after_send")
        await self._record(waiting, sent)
        faultpoint("outbox.after_record")
        return None

    async def settle(self, waiting: Waiting, reason: NotSent) -> None:
        """Record that it is not sent: refused for good, or given up."""
        state: _End = "set_aside" if reason is NotSent.GAVE_UP else "failed"
        at = self._clock()
        await asyncio.to_thread(self._replies.failed, waiting.reply, state, reason.value, at=at)

    def _message(self, waiting: Waiting) -> Message | None:
        """The content as it was written; None once its person is forgotten."""
        for recorded in self._reader.read(waiting.position - 1, 1, personal=True):
            written = recorded.event
            if isinstance(written, ReplyWritten) and written.reply == waiting.reply:
                key = str(UUID(bytes=waiting.reply))
                message = written.personal
                return msgspec.structs.replace(message, key=key) if message else None
        raise LookupError(f"position {waiting.position} has no message {waiting.reply.hex()}")

    async def _record(self, waiting: Waiting, sent: Sent) -> None:
        """Accepted is accepted: while the event store is away this waits, for minutes."""
        for tries in range(_RECORD_TRIES):
            try:
                await asyncio.to_thread(self._accepted, waiting, sent)
            except (*TRANSIENT, Contended):
                await asyncio.sleep(min(_RECORD_PAUSE_S, 0.1 * 2**tries))
            else:
                return
        await asyncio.to_thread(self._accepted, waiting, sent)

    def _accepted(self, waiting: Waiting, sent: Sent) -> None:
        echo = b""
        if sent.echo:
            echo = bytes_of(ids.lead_id(waiting.channel, waiting.account, sent.echo))
        self._replies.sent(
            waiting.reply, sent.id, echo=echo, repeated=waiting.unsure, at=self._clock()
        )


def _postponed(waiting: Waiting, error: Exception) -> Postponed:
    match error:
        case RetryLater(after_s=after_s, unsure=unsure):
            whole = isinstance(error, RateLimited)
            return Postponed(after_s, str(error), unsure or waiting.unsure, whole_account=whole)
        case StopAdapter():
            _log.error("outbox.account_stopped", account=waiting.account, why=str(error))
            return Postponed(_STOPPED_S, str(error), waiting.unsure, whole_account=True)
        case _:
            _log.error("outbox.sender_fault", account=waiting.account, error=type(error).__name__)
            return Postponed(_STOPPED_S, type(error).__name__, unsure=True, whole_account=False)
