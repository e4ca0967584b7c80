"""The door for mail that is handed over, wired: `[mail]` and the accounts of type email."""

import ssl
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from channels.email.adapter import EmailAdapter
from channels.registry import make_adapter
from channels.sdk.times import now
from ingest.log.port import LeadLogWriter
from ingest.mail.receiver import MailReceiver, Recipients, listen
from ingest.pollers.intake import Intake
from leadlog.control import OperationFailed
from leadlog.settings import Mail, Settings


def email_adapters(settings: Settings) -> list[EmailAdapter]:
    """The accounts that mail can be for."""
    made = [make_adapter(dict(table)) for table in settings.accounts]
    return [adapter for adapter in made if isinstance(adapter, EmailAdapter)]


@asynccontextmanager
async def mail_door(settings: Settings, log: LeadLogWriter) -> AsyncIterator[None]:
    """Mail is taken until the block ends; nothing where `[mail]` names no port."""
    ours, adapters = settings.mail, email_adapters(settings)
    if not ours.port:
        yield
        return
    receiver = MailReceiver(
        Recipients({a: adapter.settings.name for adapter in adapters for a in adapter.receives}),
        {adapter.settings.name: Intake(adapter, log) for adapter in adapters},
        clock=now,
        protocol=ours.protocol,
    )
    try:
        server = await listen(
            receiver,
            host=ours.host,
            port=ours.port,
            protocol=ours.protocol,
            max_bytes=ours.max_bytes,
            max_connections=ours.max_connections,
            tls=_certificate(ours),
        )
    except OSError as error:
        raise OperationFailed(
            f"cannot listen for mail on {ours.host}:{ours.port}: {error.strerror}; see [mail]"
        ) from error
    try:
        yield
    finally:
        server.close()


def _certificate(ours: Mail) -> ssl.SSLContext | None:
    """For STARTTLS; OSError and ssl.SSLError name what is wrong with the files."""
    if not ours.tls_cert:
        return None
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    context.load_cert_chain(ours.tls_cert, ours.tls_key or None)
    return context
