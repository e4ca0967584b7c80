"""The spool: where records wait on the local disk while Kafka does not take them.

Once something waits, everything that comes later waits behind it, so that the order of an identity
holds. A record leaves the spool only after Kafka has acknowledged it; killed in between, it goes
to Kafka twice, and ids make the repeat harmless.
"""

import asyncio
import contextlib
import fcntl
import os
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from itertools import accumulate
from pathlib import Path
from typing import Final

import structlog

from eventstore.faults import faultpoint
from ingest.log.port import LeadLogWriter, LogUnavailable, Record, RecordTooLarge, RecordType
from ingest.log.records import record_again
from ingest.log.sqlite import SQLiteLogWriter, connect
from ingest.metrics import SPOOL_RECORDS, SPOOLED

_PAGE: Final = 500
_PAGE_BYTES: Final = 4 * 1024 * 1024
_FIRST_PAUSE_S: Final = 0.25
_LONGEST_PAUSE_S: Final = 5.0
_log = structlog.get_logger(__name__)


class SpoolInUse(Exception):
    """Another process drains this spool: give each gateway a data directory of its own."""


class SpooledLogWriter:
    """A writer in front of another one, `inner`, which it closes in the end, but never starts.

    Made and used on one event loop. `start` comes first.
    """

    def __init__(self, inner: LeadLogWriter, path: Path) -> None:
        self._inner = inner
        self._spool = _Spool(path)
        self._local = SQLiteLogWriter(path)
        self._thread = ThreadPoolExecutor(1, "spool")
        self._behind = True
        self._keeping = 0
        self._kept = 0
        self._more = asyncio.Event()
        self._calls: set[asyncio.Task[None]] = set()
        self._drainer: asyncio.Task[None] | None = None

    @property
    def behind(self) -> bool:
        """Whether something waits, so that all that comes waits behind it."""
        return self._behind

    async def start(self) -> None:
        """Drain what an earlier run has left, in the background."""
        left = self._spool.count()
        SPOOL_RECORDS.set(left)
        self._behind = left > 0
        self._more.set()
        self._drainer = asyncio.create_task(self._drain())

    async def append(self, records: Sequence[Record]) -> None:
        call = asyncio.create_task(self._append(records))
        self._calls.add(call)
        call.add_done_callback(self._calls.discard)
        await asyncio.shield(call)

    async def close(self) -> None:
        """Records that wait go on waiting, for the next start."""
        await asyncio.gather(*self._calls, return_exceptions=True)
        if self._drainer is not None:
            self._drainer.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await self._drainer
        await self._inner.close()
        await self._local.close()
        self._thread.shutdown()
        self._spool.close()

    async def _append(self, records: Sequence[Record]) -> None:
        if not self._behind:
            try:
                await self._inner.append(records)
            except RecordTooLarge:
                raise  # kept, it would block the spool for ever
            except LogUnavailable as error:
                _log.warning("spool.keeps", error=str(error))
            else:
                return
        await self._keep(records)

    async def _keep(self, records: Sequence[Record]) -> None:
        self._behind = True
        self._kept += 1
        self._keeping += 1
        try:
            await self._local.append(records)
        finally:
            self._keeping -= 1
            self._more.set()
        faultpoint("spool.after_keep")
        SPOOLED.inc(len(records))
        SPOOL_RECORDS.inc(len(records))

    async def _drain(self) -> None:
        pause = _FIRST_PAUSE_S
        while True:
            await self._more.wait()
            self._more.clear()
            try:
                if await self._drain_all():
                    pause = _FIRST_PAUSE_S
                    continue
            except Exception as error:  # noqa: BLE001 - a spool that stops draining is a loss
                _log.warning("spool.waits", error=str(error), next_try_s=pause)
            self._more.set()
            await asyncio.sleep(pause)
            pause = min(2 * pause, _LONGEST_PAUSE_S)

    async def _drain_all(self) -> bool:
        """Give everything to Kafka, oldest first. False: records are still being kept."""
        loop = asyncio.get_running_loop()
        while True:
            kept = self._kept
            page = await loop.run_in_executor(self._thread, self._spool.page)
            if not page:
                if self._keeping or self._kept != kept:
                    return False
                if self._behind:
                    self._behind = False
                    SPOOL_RECORDS.set(0)
                    _log.warning("spool.drained")
                    await loop.run_in_executor(self._thread, self._spool.wipe)
                return True
            faultpoint("spool.before_drain")
            await self._inner.append([record for _, record in page])
            faultpoint("spool.after_drain")
            await loop.run_in_executor(self._thread, self._spool.forget, page[-1][0])
            faultpoint("spool.after_forget")
            SPOOL_RECORDS.dec(len(page))


class _Spool:
    """The records on the disk, as the drainer sees them. One process at a time owns them."""

    def __init__(self, path: Path) -> None:
        path.parent.mkdir(parents=True, exist_ok=True)
        self._lock = os.open(path.with_name(f"{path.name}.lock"), os.O_RDWR | os.O_CREAT, 0o600)
        try:
            fcntl.flock(self._lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            os.close(self._lock)
            raise SpoolInUse(
                f"another process drains the spool {path}; give this gateway its own `data`"
            ) from None
        self._connection = connect(path)
        self._connection.execute("PRAGMA secure_delete=ON")  # what Kafka has is not kept here

    def count(self) -> int:
        (count,) = self._connection.execute("SELECT count(*) FROM lead_log").fetchone()
        return int(count)

    def page(self) -> list[tuple[int, Record]]:
        """The oldest records with their offsets: not too many, not too large together."""
        rows = self._connection.execute(
            'SELECT "offset", type, length(value) FROM lead_log ORDER BY "offset" LIMIT ?',
            (_PAGE,),
        ).fetchall()
        sizes = accumulate(row[2] for row in rows)
        few = sum(1 for size in sizes if size <= _PAGE_BYTES) or 1
        return [(row[0], self._record(row[0], RecordType(row[1]))) for row in rows[:few]]

    def forget(self, offset: int) -> None:
        """Delete the records up to `offset`."""
        self._connection.execute('DELETE FROM lead_log WHERE "offset" <= ?', (offset,))

    def wipe(self) -> None:
        """Leave nothing of the deleted records in the file beside."""
        self._connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")

    def close(self) -> None:
        self._connection.close()
        os.close(self._lock)

    def _record(self, offset: int, type_: RecordType) -> Record:
        (value,) = self._connection.execute(
            'SELECT value FROM lead_log WHERE "offset" = ?', (offset,)
        ).fetchone()
        return record_again(type_, value)
