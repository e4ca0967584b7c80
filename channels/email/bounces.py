"""Whom a bounce says that mail cannot reach (RFC 3464; docs/providers.md, 3.4).

For whoever sends: a bounce is no lead, and `screening` ignores it, with what it tells of the mail
that came back. Never raises.
"""

import re

from channels.email.headers import Headers, split_header
from channels.email.mime import Part
from channels.email.threads import own_id
from channels.sdk.identities import normalise_email
from channels.sdk.sending import NotSent, Progress, Receipt

_FIELDS_OF_NEXT = re.compile(rb"\r?\n[ \t]*\r?\n")
_MOST = 100
_ORIGINALS = frozenset({"message/rfc822", "text/rfc822-headers", "message/global-headers"})
_LONGEST_HEAD = 64 * 1024


def undeliverable(mail: Part) -> tuple[str, ...]:
    """The addresses that failed for good (action failed, status 5.x), normalised.

    `delayed` and 4.x are no verdict: the server still tries, or may.
    """
    found: dict[str, None] = {}
    for part in mail.leaves():
        if part.type == "message/delivery-status":
            for group in _FIELDS_OF_NEXT.split(part.decoded())[:_MOST]:
                address = _failed(split_header(group)[0])
                if address:
                    found.setdefault(address)
    return tuple(found)


def receipts(mail: Part) -> tuple[Receipt, ...]:
    """Of which mails of ours this says that they reached nobody: by their Message-ID."""
    if not undeliverable(mail):
        return ()
    parts = [part for part in mail.leaves() if part.type in _ORIGINALS][:_MOST]
    found = dict.fromkeys(own_id(split_header(part.decoded(_LONGEST_HEAD))[0]) for part in parts)
    reason = NotSent.BAD_RECIPIENT
    return tuple(
        Receipt(id=name, progress=Progress.FAILED, reason=reason) for name in found if name
    )


def _failed(fields: Headers) -> str | None:
    if fields.raw("action").strip().lower() != "failed":
        return None
    if not fields.raw("status").strip().startswith("5"):
        return None
    recipient = fields.raw("final-recipient") or fields.raw("original-recipient")
    return normalise_email(recipient.rpartition(";")[2].strip().strip("<>"))
