"""The exchange's poller over AMI: one TCP connection, on which events come as they happen.

AMI repeats nothing: what happens while nobody is connected is told to nobody, so the connection
is made again at once. Events that tell nothing of a customer are not handed on.
"""

import asyncio
import hashlib
import ssl
from collections.abc import AsyncGenerator, Callable
from contextlib import suppress
from typing import Final

from channels.sdk.delivery import PollItem
from channels.sdk.errors import RetryLater, StopAdapter
from channels.sdk.poller import Batch
from channels.sdk.times import Timestamp
from channels.telephony import asterisk_ami as ami

Streams = tuple[asyncio.StreamReader, asyncio.StreamWriter]

_CONNECT_S: Final = 15.0
_ANSWER_S: Final = 15.0
_PING_S: Final = 20.0
_LONGEST_RECORD: Final = 256 * 1024
_MOST_RECORDS: Final = 200
_END: Final = b"\r\n\r\n"


class AmiPoller:
    """Implements `channels.sdk.poller.Poller` for one exchange."""

    def __init__(
        self,
        *,
        host: str,
        port: int,
        user: str,
        secret: str,
        tls: bool,
        clock: Callable[[], Timestamp],
        ping_s: float = _PING_S,
    ) -> None:
        """`ping_s`: so long a silence is asked after; as long again, and the exchange is away."""
        self._host, self._port, self._tls = host, port, tls
        self._user, self._secret = user, secret
        self._clock = clock
        self._ping_s = ping_s

    async def batches(self, cursor: str) -> AsyncGenerator[Batch, None]:
        try:
            reader, writer = await self._connected()
            try:
                await self._log_in(reader, writer)
                yield Batch((), cursor)
                while True:
                    items = await self._heard(reader, writer)
                    yield Batch(tuple(items), cursor)
            finally:
                writer.close()
        except asyncio.LimitOverrunError as error:
            raise RetryLater(
                "the exchange sends what is no AMI, or a record without end"
            ) from error
        except (EOFError, OSError, TimeoutError) as error:
            raise RetryLater(
                f"the exchange is away: {type(error).__name__}: {getattr(error, 'strerror', '')}",
                after_s=1.0,
            ) from error

    async def _connected(self) -> Streams:
        context = ssl.create_default_context() if self._tls else None
        async with asyncio.timeout(_CONNECT_S):
            return await asyncio.open_connection(
                self._host, self._port, ssl=context, limit=_LONGEST_RECORD
            )

    async def _log_in(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """The challenge keeps the secret off the wire."""
        async with asyncio.timeout(_ANSWER_S):
            greeting = await reader.readuntil(b"\n")
            if b"Asterisk Call Manager" not in greeting:
                raise RetryLater("what answers there is no AMI; see ami_host and ami_port")
            _send(writer, Action="Challenge", AuthType="MD5")
            challenge = (await _response(reader)).get("challenge")
            key = hashlib.md5(f"{challenge}{self._secret}".encode(), usedforsecurity=False)
            _send(
                writer,
                Action="Login",
                AuthType="MD5",
                Username=self._user,
                Key=key.hexdigest(),
                Events="call,cdr",
            )
            answer = await _response(reader)
        if answer.get("response").lower() != "success":
            raise StopAdapter(
                "the exchange refuses ami_user and ami_secret: in manager.conf the user needs"
                " `read = call,cdr`, and this host among those permitted; then start again"
            )

    async def _heard(
        self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter
    ) -> list[PollItem]:
        """What came; at least one record is waited for, and one that the exchange owes us."""
        try:
            async with asyncio.timeout(self._ping_s):
                first = await reader.readuntil(_END)
        except TimeoutError:
            _send(writer, Action="Ping")
            async with asyncio.timeout(self._ping_s):
                first = await reader.readuntil(_END)
        records = [first]
        # Records that are here already go to the log together.
        with suppress(TimeoutError, EOFError):  # the next call tells of the end
            while len(records) < _MOST_RECORDS:
                async with asyncio.timeout(0):
                    records.append(await reader.readuntil(_END))
        return [self._item(raw) for raw in records if _tells(raw)]

    def _item(self, raw: bytes) -> PollItem:
        text = raw.decode("utf-8", "replace")
        return PollItem(item=text, body=raw, received_at=self._clock())


def _send(writer: asyncio.StreamWriter, **action: str) -> None:
    lines = [f"{name}: {_one_line(value)}" for name, value in action.items()]
    writer.write("\r\n".join([*lines, "", ""]).encode())


def _one_line(value: str) -> str:
    return value.replace("\r", "").replace("\n", "")


async def _response(reader: asyncio.StreamReader) -> ami.Record:
    """The next answer; events that come before are of the connection's making."""
    while True:
        for record in ami.records((await reader.readuntil(_END)).decode("utf-8", "replace")):
            if "response" in record.fields:
                return record


def _tells(raw: bytes) -> bool:
    """Whether a record may tell of a call; answers to our pings and chatter do not."""
    return any(
        "response" not in record.fields and record.event not in ami.SERVICE
        for record in ami.records(raw.decode("utf-8", "replace"))
    )
