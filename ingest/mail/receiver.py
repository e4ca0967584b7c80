"""Mail that is handed over: 250 only once it is on the lead log (SEMANTICS 1.1).

Whatever is not certain is a 451: the mail server keeps the mail and comes again, and a mail that
was stored all the same has the ids that it had.
"""

import asyncio
import logging
import ssl
from collections.abc import Callable, Mapping
from typing import Any, Final, Literal

import structlog
from aiosmtpd.lmtp import LMTP
from aiosmtpd.smtp import SMTP, Envelope, Session

from channels.sdk.delivery import PollItem
from channels.sdk.poller import Batch
from channels.sdk.times import Timestamp
from eventstore.faults import faultpoint
from ingest.log.port import LogUnavailable
from ingest.metrics import LOG_UNAVAILABLE
from ingest.pollers.intake import Intake

Protocol = Literal["smtp", "lmtp"]

_KEPT_BYTES: Final = 1024 * 1024
"""Of a longer mail the beginning is kept, as of one that is fetched."""
_MOST_RECIPIENTS: Final = 100
_IDLE_S: Final = 120.0
_LONGEST_LINE: Final = 1024 * 1024
"""RFC 5321 allows 1000 bytes, and broken mails have more: what was taken on must not bounce."""
_UNKNOWN: Final = "550 5.1.1 no account of ours receives mail for this address"
_TOO_MANY: Final = "452 4.5.3 too many recipients; send the others by themselves"
_LATER: Final = "451 4.3.0 it cannot be stored now; keep it and try again"
_STORED: Final = "250 2.0.0 stored"
_BUSY: Final = b"421 4.3.2 too many connections; try again\r\n"
_log = structlog.get_logger()
# It logs addresses, at info, and what clients send in tracebacks.
logging.getLogger("mail.log").setLevel(logging.CRITICAL)


class Recipients:
    """Which account mail for an address belongs to."""

    def __init__(self, accounts: Mapping[str, str]) -> None:
        """`accounts`: address, or `@` and a domain → name of the account; in lower case."""
        self._accounts = dict(accounts)

    def account(self, address: str) -> str | None:
        """By the address, else without its plus-tag, else by the domain."""
        local, at, domain = address.strip().lower().rpartition("@")
        if not at:
            return None
        bare = local.partition("+")[0]
        for spelling in (f"{local}@{domain}", f"{bare}@{domain}", f"@{domain}"):
            if spelling in self._accounts:
                return self._accounts[spelling]
        return None


class MailReceiver:
    """Hooks that aiosmtpd calls, on the event loop of the log's writer."""

    def __init__(
        self,
        recipients: Recipients,
        intakes: Mapping[str, Intake],
        *,
        clock: Callable[[], Timestamp],
        protocol: Protocol,
    ) -> None:
        """`intakes`: of each account that `recipients` may name."""
        self._recipients = recipients
        self._intakes = dict(intakes)
        self._clock = clock
        self._protocol = protocol

    async def handle_RCPT(  # noqa: N802 - the library's name for it
        self, server: SMTP, session: Session, envelope: Envelope, address: str, options: list[str]
    ) -> str:
        del server, session, options
        if self._recipients.account(address) is None:
            return _UNKNOWN
        if len(envelope.rcpt_tos) >= _MOST_RECIPIENTS:
            return _TOO_MANY
        envelope.rcpt_tos.append(address)
        return "250 2.1.5 known"

    async def handle_DATA(  # noqa: N802 - the library's name for it
        self, server: SMTP, session: Session, envelope: Envelope
    ) -> str:
        del server, session
        accounts = [self._recipients.account(address) or "" for address in envelope.rcpt_tos]
        answers = {account: await self._stored(account, envelope) for account in {*accounts}}
        if self._protocol == "lmtp":  # an answer for each recipient (RFC 2033, 4.2)
            return "\r\n".join(answers[account] for account in accounts)
        return next((answer for answer in answers.values() if answer != _STORED), _STORED)

    async def handle_exception(self, error: Exception) -> str:
        """A bug of ours or of the library's: what was not said to be stored comes again."""
        _log.error("mail.fault", kind=type(error).__name__)
        return _LATER

    async def _stored(self, account: str, envelope: Envelope) -> str:
        faultpoint("mail.before_append")
        try:
            await self._intakes[account].store(Batch((self._item(envelope),), ""))
        except LogUnavailable:
            LOG_UNAVAILABLE.inc()
            return _LATER
        faultpoint("mail.after_append")
        return _STORED

    def _item(self, envelope: Envelope) -> PollItem:
        """The mail with the sender of its envelope on top, as a mail server delivers it."""
        sender = (envelope.mail_from or "").strip("<>").replace("\r", "").replace("\n", "")
        content = bytes(envelope.original_content or b"")
        whole = f"Return-Path: <{sender}>\r\n".encode("utf-8", "replace") + content
        told = {"size": len(whole)} if len(whole) > _KEPT_BYTES else None
        return PollItem(item=told, body=whole[:_KEPT_BYTES], received_at=self._clock())


async def listen(
    receiver: MailReceiver,
    *,
    host: str,
    port: int,
    protocol: Protocol,
    max_bytes: int,
    max_connections: int,
    tls: ssl.SSLContext | None = None,
) -> asyncio.Server:
    """Take connections until the server is closed. Raises OSError where it cannot listen."""
    loop = asyncio.get_running_loop()
    kind = _Lmtp if protocol == "lmtp" else _Smtp
    door = Door(max_connections)

    def connection() -> SMTP:
        options: dict[str, Any] = {
            "data_size_limit": max_bytes,
            "enable_SMTPUTF8": True,
            "hostname": "leadlog",
            "ident": "leadlog",
            "timeout": _IDLE_S,
            "tls_context": tls,
            "loop": loop,
        }
        return kind(receiver, door, **options)

    return await loop.create_server(connection, host, port)


class Door:
    """How many are inside."""

    def __init__(self, most: int) -> None:
        self.most = most
        self.inside: set[object] = set()


class _Counted(SMTP):
    """Turns away who would be one too many: each may hold a whole mail in memory."""

    line_length_limit = _LONGEST_LINE

    def __init__(self, handler: MailReceiver, door: Door, **options: Any) -> None:
        super().__init__(handler, **options)
        self._door = door

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        is_new = self not in self._door.inside  # STARTTLS makes the connection anew
        if is_new and len(self._door.inside) >= self._door.most:
            if isinstance(transport, asyncio.WriteTransport):
                transport.write(_BUSY)
            transport.close()
            return
        self._door.inside.add(self)
        super().connection_made(transport)

    def connection_lost(self, error: Exception | None) -> None:
        if self in self._door.inside:
            self._door.inside.discard(self)
            super().connection_lost(error)


class _Smtp(_Counted):
    pass


class _Lmtp(_Counted, LMTP):
    pass
