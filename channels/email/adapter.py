"""E-mail: one mail as it came, bytes and all, to a lead event (docs/providers.md, section 3).

Pure; `imap` brings the mails. The time is that of the Date header; one without a zone is in the
account's. What the mail says, and of whom, is decided in `reading`.
"""

from collections.abc import Callable, Sequence

import msgspec

from channels.email import bodies, threads
from channels.email.correspondents import envelope
from channels.email.dates import sent_at
from channels.email.mime import read_mail
from channels.email.ourselves import Ourselves
from channels.email.reading import Letter, Reader, Said
from channels.email.sender import EmailSender
from channels.email.settings import EmailSettings
from channels.sdk.adapter import PollingAdapter
from channels.sdk.delivery import Delivery, PollItem
from channels.sdk.errors import Unreadable
from channels.sdk.lead import LeadEvent, Raw
from channels.sdk.outcome import Accepted, Outcome, QuarantineReason
from channels.sdk.poller import Poller
from channels.sdk.read import as_dict, as_int
from channels.sdk.sending import Sender
from channels.sdk.times import Timestamp

_LARGEST = 64 * 1024 * 1024


class EmailAdapter(PollingAdapter[EmailSettings]):
    """A mailbox."""

    account_type = "email"
    channel = "email"
    Settings = EmailSettings

    def __init__(self, settings: EmailSettings) -> None:
        super().__init__(settings)
        self._ourselves = Ourselves.of(settings.address, settings.own_domains)
        self._reader = Reader(settings, self._ourselves)

    @property
    def receives(self) -> tuple[str, ...]:
        """Addresses, and domains with `@` before them, whose mail is this account's."""
        given = (self.settings.address, *self.settings.aliases)
        return tuple(one.strip().lower() for one in given if one)

    def parse_item(self, item: PollItem) -> Sequence[Outcome]:
        if len(item.body) > _LARGEST:
            raise Unreadable(QuarantineReason.TOO_LARGE, f"a mail of {len(item.body)} bytes")
        mail = read_mail(item.body)
        letter = Letter(
            mail,
            threads.mail_key(mail, item.body),
            envelope(mail, self._ourselves, self.settings.authserv_id),
        )
        said = self._reader.read(letter)
        return [Accepted(self._lead(item, letter, said)) if isinstance(said, Said) else said]

    def fetched_from(self) -> str:
        return self.settings.imap_host

    def poller(self, *, clock: Callable[[], Timestamp]) -> Poller:
        from channels.email.imap import ImapPoller

        return ImapPoller(self.settings, clock=clock)

    def raw(self, source: Delivery | PollItem) -> Raw:
        """The whole mail."""
        return msgspec.structs.replace(super().raw(source), content_type="message/rfc822")

    def sender(self) -> Sender | None:
        return EmailSender(self.settings) if self.settings.smtp_host else None

    def _lead(self, item: PollItem, letter: Letter, said: Said) -> LeadEvent:
        headers = letter.mail.headers
        return self.lead(
            item,
            kind=said.kind,
            lead_key=letter.key,
            occurred_at=sent_at(headers.raw("date"), self.settings.timezone),
            direction=said.direction,
            identities=said.who,
            mentions=said.mentions,
            profile=said.profile,
            subject=said.subject or letter.subject,
            text=said.text,
            attachments=bodies.attachments_of(letter.mail),
            campaign=said.campaign,
            fields=said.fields | _cut(item),
            thread=threads.thread(headers, self._ourselves),
        )


def _cut(item: PollItem) -> dict[str, str]:
    """How many bytes a mail has of which `imap` fetched only the first."""
    size = as_int(as_dict(item.item).get("size"))
    return {"mail_bytes": str(size)} if size else {}
