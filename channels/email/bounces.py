"""Whom a bounce says that mail cannot reach (RFC 3464; reference/channels.md, 3.4).

For whoever sends: a bounce is no lead, and `screening` ignores it. Never raises.
"""

import re

from channels.email.headers import Headers, split_header
from channels.email.mime import Part
from channels.sdk.identities import normalise_email

_FIELDS_OF_NEXT = re.compile(rb"\r?\n[ \t]*\r?\n")
_MOST = 100


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


def _failed(fields: Headers) -> str | None:
    if fields.raw("action").strip().lower() != "failed":
        return None
    if not fields.raw("status").strip().startswith("5"):
        return None
    recipient = fields.raw("final-recipient") or fields.raw("original-recipient")
    return normalise_email(recipient.rpartition(";")[2].strip().strip("<>"))
