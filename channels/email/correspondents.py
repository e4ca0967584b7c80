"""Who the customer of a mail is, and how well that is proven (docs/providers.md, 3.2, 3.5).

The sender, attested as far as the mailbox proves it: where `authserv_id` is configured, by a pass
of our own mail server for the domain in From (`authenticity`), else claimed; where it is not, the
mailbox's word is all there is, and From is attested. Any address that is only written somewhere
is claimed: Reply-To, the sender inside a forwarded mail, the addressee of a mail of ours.

Reply-To counts where From is a no-reply address, one of ours, or a form's sender; else it is only
mentioned: to link two addresses because a stranger wrote both would be too easy to abuse.
"""

from collections.abc import Sequence
from dataclasses import dataclass

from channels.email.addresses import Mailbox, mailboxes
from channels.email.authenticity import Verdict, verdict
from channels.email.mime import Part
from channels.email.ourselves import Ourselves
from channels.sdk.lead import Proof


@dataclass(frozen=True, slots=True)
class Envelope:
    """The addresses of a mail."""

    sender: Mailbox | None
    """Of several in From the first that is not ours; without From, Sender or Return-Path."""
    reply_to: Mailbox | None
    """The first that is not ours."""
    recipients: tuple[Mailbox, ...]
    """Who it went to that is not ours: To, then Cc, then Bcc."""
    from_us: bool
    verdict: Verdict | None
    """None where no `authserv_id` is configured."""

    @property
    def proof(self) -> Proof:
        """How well the sender is proven."""
        return "attested" if self.verdict in (None, Verdict.PASS) else "claimed"


def envelope(mail: Part, ourselves: Ourselves, authserv_id: str) -> Envelope:
    """Read the addresses."""
    headers = mail.headers
    writers = [
        box for name in ("from", "sender", "return-path") for box in mailboxes(headers.raw(name))
    ]
    senders = list(mailboxes(headers.raw("from"))) or writers[:1]
    strangers = _not_ours(senders, ourselves)
    sender = next(iter((*strangers, *senders)), None)
    to = [box for name in ("to", "cc", "bcc") for box in mailboxes(headers.raw(name))]
    judged = None
    if authserv_id:
        domain = sender.domain if sender else ""
        judged = verdict(headers, domain, authserv_id, ourselves.domains)
    return Envelope(
        sender=sender,
        reply_to=next(iter(_not_ours(mailboxes(headers.raw("reply-to")), ourselves)), None),
        recipients=tuple(_not_ours(to, ourselves)),
        from_us=bool(senders) and not strangers,
        verdict=judged,
    )


def _not_ours(boxes: Sequence[Mailbox], ourselves: Ourselves) -> list[Mailbox]:
    return [box for box in boxes if not ourselves.have(box)]
