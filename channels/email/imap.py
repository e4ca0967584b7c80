"""The mailbox's poller: brings mails as they came, in the order of their UIDs.

Each folder has a cursor (UIDVALIDITY and the last UID); flags are never the queue. IDLE on the
first folder only shortens the pause. The blocking connection lives in one thread of its own.
"""

import asyncio
from collections import Counter
from collections.abc import AsyncGenerator, Callable
from typing import ParamSpec, TypeVar

import msgspec

from channels.email.blocking_thread import BlockingThread
from channels.email.imap_session import Fetched, FolderCursor, ImapSession, MailRefused
from channels.email.settings import EmailSettings
from channels.sdk.delivery import PollItem
from channels.sdk.errors import RetryLater, StopAdapter
from channels.sdk.poller import Batch
from channels.sdk.times import Timestamp

P = ParamSpec("P")
T = TypeVar("T")

_PAUSE_S = 60.0
"""IDLE (RFC 2177) is a hint: servers and middleboxes lose it, so UIDs are asked for as well."""
_STEP_TIMEOUT_S = 300.0
REFUSALS = 5
"""So often is one mail asked for; then it goes to quarantine without its bytes."""


class ImapPoller:
    """Implements `channels.sdk.poller.Poller` for one mailbox."""

    def __init__(
        self, settings: EmailSettings, *, clock: Callable[[], Timestamp], pause_s: float = _PAUSE_S
    ) -> None:
        if not settings.imap_host:
            raise StopAdapter(f"{settings.name}: imap_host is missing")
        self._settings = settings
        self._clock = clock
        self._pause_s = pause_s
        self._refusals: Counter[tuple[str, int]] = Counter()

    async def batches(self, cursor: str) -> AsyncGenerator[Batch, None]:
        cursors = _decoded(cursor)
        thread = BlockingThread(f"imap-{self._settings.name}")
        session: ImapSession | None = None
        try:
            session = await _in(thread, ImapSession, self._settings)
            while True:
                for folder in self._settings.imap_folders:
                    async for batch in self._folder(thread, session, folder, cursors):
                        yield batch
                yield Batch((), msgspec.json.encode(cursors).decode())
                await self._wait(thread, session)
        finally:
            if session:
                session.cut()
            thread.end()

    async def _folder(
        self,
        thread: BlockingThread,
        session: ImapSession,
        folder: str,
        cursors: dict[str, FolderCursor],
    ) -> AsyncGenerator[Batch, None]:
        more = True
        while more:
            before = cursors.get(folder, FolderCursor())
            skipped = [
                uid
                for (name, uid), count in self._refusals.items()
                if name == folder and count >= REFUSALS
            ]
            try:
                page = await _in(thread, session.page, folder, before, skipped)
            except MailRefused as refusal:
                self._refusals[folder, refusal.uid] += 1
                raise RetryLater(str(refusal), after_s=10.0) from refusal
            cursors[folder] = page.cursor
            more = page.more
            if page.cursor.last_uid != before.last_uid:
                yield Batch(
                    tuple(map(self._item, page.mails)), msgspec.json.encode(cursors).decode()
                )

    async def _wait(self, thread: BlockingThread, session: ImapSession) -> None:
        idled = await _in(thread, session.wait, self._settings.imap_folders[0], self._pause_s)
        if not idled:
            await asyncio.sleep(self._pause_s)

    def _item(self, mail: Fetched) -> PollItem:
        told = {"size": mail.size} if mail.size > len(mail.raw) else None
        return PollItem(item=told, body=mail.raw, received_at=self._clock())


async def _in(thread: BlockingThread, step: Callable[P, T], *args: P.args, **kwargs: P.kwargs) -> T:
    """Run a blocking step in the thread; a server that hangs for long counts as away."""
    try:
        async with asyncio.timeout(_STEP_TIMEOUT_S):
            return await thread.run(lambda: step(*args, **kwargs))
    except TimeoutError as error:
        raise RetryLater("the mail server hangs") from error


def _decoded(cursor: str) -> dict[str, FolderCursor]:
    try:
        return msgspec.json.decode(cursor, type=dict[str, FolderCursor])
    except msgspec.DecodeError:
        return {}
