"""The outbox: follows the event store, and sends what people wrote (SEMANTICS 7).

At least once, each message with the same key in each try; of one conversation (an account and a
leaf card) in order, of others side by side, as often as each provider wants it. A message that
its provider does not take is tried again after growing pauses; after three days it is set aside
and shown. Killed anywhere it repeats at most what it was just sending, and says so.
"""

import asyncio
import threading
import time
from collections import Counter
from collections.abc import Callable, Mapping
from typing import Final

import structlog

from channels.sdk.sending import NotSent, Sender
from eventstore.domain.events import Id
from eventstore.faults import faultpoint
from eventstore.reading import EventReader
from eventstore.reply_commands import ReplyCommands
from ingest.metrics import OUTBOX_MESSAGES, OUTBOX_TRIES
from ingest.outbox.attempt import Attempt, Postponed
from ingest.outbox.following import changes_of
from ingest.outbox.pace import Pace
from ingest.outbox.pauses import pause_ms
from ingest.outbox.store import OutboxStore, State, Waiting

POLL_S: Final = 0.2
_PAGE: Final = 2_000
_MOST_DUE: Final = 200
_MOST_AT_ONCE: Final = 8
"""Of one account: a provider that hangs holds up nobody else."""
_LONGEST_PAUSE_S: Final = 5.0
_END_WITHIN_S: Final = 2.0
"""For what is under way when the process ends; what is cut off is sent again, and says so."""
_COUNT_EVERY_MS: Final = 10_000
_KEPT_MS: Final = 30 * 24 * 3600 * 1000

_log = structlog.get_logger(__name__)
_Conversation = tuple[str, Id]


def _now() -> int:
    return time.time_ns() // 1_000_000


class Outbox:
    """One for an event store. `run` is for a thread of its own."""

    def __init__(
        self,
        reader: EventReader,
        replies: ReplyCommands,
        store: OutboxStore,
        senders: Mapping[str, Sender],
        *,
        clock: Callable[[], int] = _now,
    ) -> None:
        """`senders` by account; `clock` in milliseconds since 1970."""
        self._reader = reader
        self._store = store
        self._senders = senders
        self._clock = clock
        self._attempt = Attempt(reader, replies, store, clock=clock)
        self._paces = {account: Pace(sender.rates) for account, sender in senders.items()}
        self._busy: dict[_Conversation, asyncio.Task[None]] = {}
        self._following = threading.Lock()
        self._counted_at = 0

    def run(self, stop: threading.Event) -> None:
        """Send until `stop` is set."""
        asyncio.run(self._serve(stop))

    def follow(self) -> None:
        """Take over what was recorded since the last time."""
        with self._following:
            position, last = self._store.position(), self._reader.last_position()
            if position > last:
                _log.warning("outbox.rewound", followed=position, event_store=last)
                self._store.rewind(last)
                position = last
            while position < last and (page := self._reader.read(position, _PAGE)):
                reached = page[-1].position
                if self._store.follow(list(changes_of(page)), reached, after=position):
                    faultpoint("outbox.after_follow")
                    position = reached
                else:
                    position = self._store.position()

    async def settle(self) -> None:
        """Send everything that can go now; on return nothing can before the clock moves."""
        while await self._round():
            await asyncio.wait(self._busy.values(), return_when=asyncio.FIRST_COMPLETED)

    async def close(self) -> None:
        """Let the senders go."""
        for sender in self._senders.values():
            await sender.close()

    async def _serve(self, stop: threading.Event) -> None:
        failures = 0
        try:
            while not stop.is_set():
                try:
                    if await asyncio.to_thread(self._store.claim):
                        await self._round()
                    failures = 0
                    pause_s = POLL_S
                except Exception as error:  # noqa: BLE001 - two stores behind ports: any error may pass
                    failures += 1
                    if failures == 1:
                        _log.warning("outbox.waits", error=type(error).__name__)
                    pause_s = min(_LONGEST_PAUSE_S, POLL_S * 2 ** min(failures, 10))
                await asyncio.to_thread(stop.wait, pause_s)
            if self._busy:
                await asyncio.wait(self._busy.values(), timeout=_END_WITHIN_S)
        finally:
            for task in self._busy.values():
                task.cancel()
            await asyncio.gather(*self._busy.values(), return_exceptions=True)
            await self.close()

    async def _round(self) -> bool:
        """Follow, and begin what can go; whether something is under way."""
        await asyncio.to_thread(self.follow)
        now = self._clock()
        limit = _MOST_DUE + len(self._busy)
        due = await asyncio.to_thread(self._store.due, now, limit, but=self._shut(now))
        at_once = Counter(account for account, _ in self._busy)
        for waiting in due:
            account, conversation = waiting.account, (waiting.account, waiting.leaf)
            is_free = conversation not in self._busy and at_once[account] < _MOST_AT_ONCE
            if is_free and self._may_go(waiting, now):
                at_once[account] += 1
                self._busy[conversation] = asyncio.create_task(self._handle(waiting))
        if now >= self._counted_at + _COUNT_EVERY_MS:
            self._counted_at = now
            await asyncio.to_thread(self._count, now)
        return bool(self._busy)

    def _shut(self, now: int) -> list[str]:
        """Accounts of which nothing can go: what they have to send must hide no other's."""
        busy = Counter(account for account, _ in self._busy)
        return [
            account
            for account, pace in self._paces.items()
            if pace.is_shut(now) or busy[account] >= _MOST_AT_ONCE
        ]

    def _may_go(self, waiting: Waiting, now: int) -> bool:
        pace = self._paces.get(waiting.account)
        if pace is None or now >= waiting.until:
            return True  # nothing will be sent
        if pace.waits(waiting.leaf, now):
            return False
        pace.take(waiting.leaf, now)
        return True

    async def _handle(self, waiting: Waiting) -> None:
        try:
            await self._try(waiting)
            await asyncio.to_thread(self.follow)
        except Exception as error:  # noqa: BLE001 - a store is away: the message waits, as it did
            _log.warning("outbox.try_failed", account=waiting.account, error=type(error).__name__)
            await asyncio.sleep(_LONGEST_PAUSE_S)
        finally:
            self._busy.pop((waiting.account, waiting.leaf), None)

    async def _try(self, waiting: Waiting) -> None:
        sender = self._senders.get(waiting.account)
        if self._clock() >= waiting.until:
            await self._attempt.settle(waiting, NotSent.GAVE_UP)
            OUTBOX_TRIES.labels(waiting.account, "set_aside").inc()
        elif sender is None:
            why = "no account of this name sends"
            absent = Postponed(60.0, why, waiting.unsure, whole_account=False)
            await self._postpone(waiting, absent)
        else:
            postponed = await self._attempt.send(waiting, sender)
            OUTBOX_TRIES.labels(waiting.account, "later" if postponed else "done").inc()
            if postponed:
                await self._postpone(waiting, postponed)

    async def _postpone(self, waiting: Waiting, why: Postponed) -> None:
        now = self._clock()
        after_ms = pause_ms(waiting.tries + 1, why.after_s)
        if why.whole_account:
            after_ms = round(why.after_s * 1000)
            self._paces[waiting.account].pause(now + after_ms)
        next_at = min(now + after_ms, waiting.until)
        await asyncio.to_thread(
            self._store.postpone,
            waiting.reply,
            next_at=next_at,
            reason=why.reason,
            unsure=why.unsure,
        )

    def _count(self, now: int) -> None:
        counts = self._store.counts()
        for state in State:
            OUTBOX_MESSAGES.labels(state.value).set(counts.get(state, 0))
        self._store.prune(now - _KEPT_MS)
