"""Settings of a mailbox: `[[accounts]] type = "email"`."""

from datetime import date
from typing import Literal

import msgspec

from channels.email.addresses import Mailbox
from channels.email.authenticity import within
from channels.sdk.identities import normalise_email
from channels.sdk.settings import AccountSettings, Secret

_MIB = 1024 * 1024


class FormSender(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A sender of form notifications; see README.md, "Forms by mail"."""

    sender: str = msgspec.field(name="from")
    """An address, or a domain: all of its addresses."""
    subject: str = ""
    """Only mails whose subject contains this, without case, are forms; empty: all."""
    mapping: dict[str, str] = {}
    """A label in the mail, without case → `name`, `phone`, `email`, `text`, `page`, `referrer`,
    a campaign label such as `utm_source`, or any other name for `fields`."""

    def has_sent(self, box: Mailbox) -> bool:
        """Whether the address is this sender's."""
        sender = self.sender.strip().lower()
        return box.value == sender if "@" in sender else within(box.domain, sender)


class EmailSettings(AccountSettings, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """`form_senders` may also be a list of addresses, or a table of address and mapping."""

    address: str = ""
    """The mailbox's own address: mails from it are ours."""
    aliases: tuple[str, ...] = ()
    """Further addresses, or `@` and a domain, whose mail is handed over to this account."""
    own_domains: tuple[str, ...] = ()
    """Domains of colleagues, subdomains included."""
    form_senders: tuple[str | FormSender, ...] | dict[str, dict[str, str]] = ()
    authserv_id: str = ""
    """Who writes the `Authentication-Results` that we trust: our mail server, or its domain."""

    imap_host: str = ""
    imap_port: int = 993
    imap_user: str = ""
    """Empty: `address`."""
    imap_password: Secret = ""
    imap_folders: tuple[str, ...] = ("INBOX",)
    imap_tls: bool | Literal["starttls"] = True
    """True: from the first byte; `starttls`: port 143 usually; false: never over a network."""
    imap_since: str = ""
    """A date such as 2025-01-31: mails that the server received before are not read."""
    imap_max_bytes: int = _MIB
    """Of a longer mail only the first so many bytes are fetched."""

    smtp_host: str = ""
    smtp_port: int = 465
    smtp_user: str = ""
    """Empty: `address`."""
    smtp_password: Secret = ""
    smtp_tls: bool | Literal["starttls"] = True

    def __post_init__(self) -> None:
        super().__post_init__()
        self._check_addresses()
        for domain in self.own_domains:
            if not normalise_email(f"a@{domain.removeprefix('@')}"):
                raise ValueError(f"own_domains: {domain!r} is no domain such as example.ru")
        for form in self.forms():
            if not normalise_email(form.sender) and not normalise_email(f"a@{form.sender}"):
                raise ValueError(f"form_senders: {form.sender!r} is neither address nor domain")
        if self.smtp_host and not self.address:
            raise ValueError("smtp_host without address: what is sent must come from somewhere")
        if not self.imap_folders:
            raise ValueError('imap_folders is empty; leave it out for ["INBOX"]')
        if self.imap_max_bytes < 64 * 1024:
            raise ValueError("imap_max_bytes is under 65536: too little for text and headers")
        if self.imap_since:
            self._check_since()

    def _check_addresses(self) -> None:
        if self.address and not normalise_email(self.address):
            raise ValueError(f"address {self.address!r} is no e-mail address")
        for alias in self.aliases:
            if not normalise_email(f"a{alias}" if alias.startswith("@") else alias):
                raise ValueError(f"aliases: {alias!r} is neither an address nor @ and a domain")

    def forms(self) -> tuple[FormSender, ...]:
        """`form_senders` in their full spelling."""
        given = self.form_senders
        if isinstance(given, dict):
            return tuple(FormSender(sender=who, mapping=labels) for who, labels in given.items())
        return tuple(
            FormSender(sender=entry.removeprefix("@")) if isinstance(entry, str) else entry
            for entry in given
        )

    def _check_since(self) -> None:
        try:
            date.fromisoformat(self.imap_since)
        except ValueError:
            raise ValueError(
                f"imap_since {self.imap_since!r} is no date such as 2025-01-31"
            ) from None
