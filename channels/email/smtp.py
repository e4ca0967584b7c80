"""One mail to one mail server, with aiosmtplib; its errors in the words of the sending port."""

import ssl
from typing import Final

import aiosmtplib

from channels.email.settings import EmailSettings
from channels.sdk.errors import AdapterError, RetryLater, StopAdapter, Undeliverable
from channels.sdk.sending import NotSent

_DEADLINE_S: Final = 30.0
_LATER_S: Final = 300.0
"""Greylisting servers want some minutes (RFC 6647)."""


async def hand_over(
    mail: bytes, to: str, settings: EmailSettings, trusted: ssl.SSLContext | None
) -> None:
    """Return once the server has taken the mail."""
    tls = settings.smtp_tls
    try:
        await aiosmtplib.send(
            mail,
            sender=settings.address,
            recipients=[to],
            hostname=settings.smtp_host,
            port=settings.smtp_port,
            username=(settings.smtp_user or settings.address) if settings.smtp_password else None,
            password=settings.smtp_password or None,
            use_tls=tls is True,
            start_tls=tls == "starttls",
            tls_context=trusted,
            timeout=_DEADLINE_S,
        )
    except (aiosmtplib.SMTPException, OSError) as error:
        raise _told(settings, error) from None


def _told(settings: EmailSettings, error: Exception) -> AdapterError:
    """Replies of servers may quote the address, and are not repeated."""
    match error:
        case aiosmtplib.SMTPAuthenticationError():
            return StopAdapter(
                f"{settings.name}: the mail server does not take smtp_user and smtp_password; a"
                " mailbox may want a password for programs"
            )
        case aiosmtplib.SMTPConnectError():
            return RetryLater("the mail server cannot be reached")
        case aiosmtplib.SMTPNotSupported() | ssl.SSLError():
            return StopAdapter(
                f"{settings.name}: the mail server and smtp_tls do not fit: {type(error).__name__}"
            )
        case aiosmtplib.SMTPRecipientsRefused():
            codes = [refused.code for refused in error.recipients]
            return _refused(max(codes, default=550), NotSent.BAD_RECIPIENT)
        case aiosmtplib.SMTPResponseException():
            sender = isinstance(error, aiosmtplib.SMTPSenderRefused)
            return _refused(error.code, NotSent.NOT_ALLOWED if sender else NotSent.REFUSED)
    told = f"the mail server gave no answer: {type(error).__name__}"
    return RetryLater(told, unsure=True)


def _refused(code: int, reason: NotSent) -> AdapterError:
    if 400 <= code < 500:
        return RetryLater(f"the mail server says later ({code})", after_s=_LATER_S)
    return Undeliverable(reason, f"the mail server refuses it ({code})")
