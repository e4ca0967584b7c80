"""Sends mail, through aiosmtplib (docs/providers.md, 3.2).

The Message-ID comes of the message's key, so that a mail that was sent twice is one to every
client and server that looks at it, and an answer leads back to us (see `threads`). It answers the
Message-ID that names the conversation: the customer's first mail, or our last before theirs.
"""

import ssl
from collections.abc import Sequence
from datetime import UTC, datetime
from email.headerregistry import Address
from email.message import EmailMessage
from email.policy import SMTP
from email.utils import format_datetime
from typing import ClassVar, Final

from channels.email import threads
from channels.email.mime import read_mail
from channels.email.settings import EmailSettings
from channels.sdk.composing import check_files, check_text, value_of
from channels.sdk.errors import Undeliverable
from channels.sdk.lead import Attachment, LeadContent
from channels.sdk.sending import Message, NotSent, Rates, Sent

_LONGEST_TEXT: Final = 100_000
_LONGEST_SUBJECT: Final = 200
_SUBJECT_OF_TEXT: Final = 60
_ANSWERS: Final = ("re:", "fwd:", "fw:", "отв:", "ответ:", "пересл:")
_POLICY: Final = SMTP.clone(cte_type="7bit", max_line_length=78)


class EmailSender:
    """Implements `channels.sdk.sending.Sender` for one mailbox."""

    rates: ClassVar[Rates] = Rates(account_per_s=1, account_burst=5, chat_per_s=0.2, chat_burst=2)

    def __init__(self, settings: EmailSettings, *, trusted: ssl.SSLContext | None = None) -> None:
        """`trusted` takes the place of the system's certificates."""
        self._settings = settings
        self._trusted = trusted

    def compose(
        self, lead: LeadContent, text: str, attachments: Sequence[Attachment] = ()
    ) -> Message:
        check_files(attachments, ())
        check_text(text, _LONGEST_TEXT)
        ours = lead.channel == "email" and lead.account == self._settings.name
        conversation = lead.thread if ours and lead.thread.startswith("<") else ""
        return Message(
            to=value_of(lead, "email"),
            text=text,
            subject=_subject(lead, text),
            in_reply_to=conversation,
            references=(conversation,) if conversation else (),
        )

    async def send(self, message: Message) -> Sent:
        from channels.email.smtp import hand_over

        try:
            mail = self.written(message, datetime.now(UTC))
        except ValueError:
            raise Undeliverable(
                NotSent.BAD_RECIPIENT, "the address cannot be written into a mail"
            ) from None
        whole = mail.as_bytes(policy=_POLICY)
        await hand_over(whole, message.to, self._settings, self._trusted)
        return Sent(id=str(mail["Message-ID"]), echo=threads.mail_key(read_mail(whole), whole))

    async def close(self) -> None:
        """A connection lives for one mail."""

    def written(self, message: Message, moment: datetime) -> EmailMessage:
        """The mail. ValueError where its recipient is no address."""
        settings = self._settings
        mail = EmailMessage(policy=_POLICY)
        mail["From"] = Address(addr_spec=settings.address)
        mail["To"] = Address(addr_spec=message.to)
        mail["Subject"] = message.subject
        mail["Date"] = format_datetime(moment)
        domain = settings.address.rpartition("@")[2]
        mail["Message-ID"] = f"<lead.{message.key}.out@{domain}>"
        if message.in_reply_to:
            mail["In-Reply-To"] = message.in_reply_to
        if message.references:
            mail["References"] = " ".join(message.references)
        mail.set_content(message.text, charset="utf-8", cte="base64")
        return mail


def _subject(lead: LeadContent, text: str) -> str:
    """`Re:` the lead's; of a lead without one, the beginning of what is written."""
    subject = " ".join(lead.subject.split())[:_LONGEST_SUBJECT]
    if not subject:
        first = " ".join(text.split())
        return first if len(first) <= _SUBJECT_OF_TEXT else f"{first[:_SUBJECT_OF_TEXT]}…"
    return subject if subject.lower().startswith(_ANSWERS) else f"Re: {subject}"
