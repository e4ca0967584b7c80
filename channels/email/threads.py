"""Keys of a mail and the conversation that it belongs to (docs/providers.md, 3.2, section 8).

The key is the Message-ID and a hash of From, Date, Subject and the first 4 KB of the body: what
no mail server on the way changes, and what tells two mails with one broken Message-ID apart.

The conversation is our own Message-ID that the mail answers (In-Reply-To, then References from
the right, then the token in the address that it was sent to), else the root of its references,
else itself. The reference's last resort, subject and sender, needs the past, and parsing has none.
"""

import hashlib
import re
from collections.abc import Iterator

from channels.email.addresses import mailboxes
from channels.email.headers import Headers
from channels.email.mime import Part
from channels.email.ourselves import Ourselves

_ID = re.compile(r"<([^<>]{1,900})>")
_OURS = re.compile(r"lead\.[^\s.@]+\.[^\s@]+")
_START = 4096
_LONGEST_ID = 998  # RFC 5322 2.1.1: no line is longer


def mail_key(mail: Part, raw: bytes) -> str:
    """The key of lead and delivery; of the raw bytes where there is no Message-ID."""
    message_id = own_id(mail.headers)
    if not message_id:
        return f"sha256:{hashlib.sha256(raw).hexdigest()}"
    return f"{message_id} {_digest(mail)}"


def own_id(headers: Headers) -> str:
    """The Message-ID with its brackets and without blanks; empty where there is none."""
    value = "".join(headers.raw("message-id").split())
    found = _ID.search(value)
    if found:
        return found[0]
    bare = value.strip("<>")[:_LONGEST_ID]
    return f"<{bare}>" if bare else ""


def thread(headers: Headers, ourselves: Ourselves) -> str:
    """The conversation, as a Message-ID with its brackets."""
    answered = _ids(headers.raw("in-reply-to"))
    references = _ids(headers.raw("references"))
    for candidate in (*answered, *reversed(references), *_tokens(headers)):
        if _is_ours(candidate, ourselves):
            return candidate
    return next(iter((*references, *answered)), "") or own_id(headers)


def _digest(mail: Part) -> str:
    headers = mail.headers
    told = [" ".join(headers.raw(name).split()) for name in ("from", "date", "subject")]
    start = mail.body[: 2 * _START].replace(b"\r", b"")[:_START]
    return hashlib.sha256("\n".join(told).encode() + b"\n" + start).hexdigest()[:32]


def _ids(value: str) -> list[str]:
    found = [f"<{''.join(text.split())}>" for text in _ID.findall(value)]
    return found or [f"<{word}>" for word in value.split() if "@" in word]


def _is_ours(message_id: str, ourselves: Ourselves) -> bool:
    """`<lead.ID.NONCE@our domain>`; of an account that names no domain, of any."""
    local, _, domain = message_id.strip("<>").rpartition("@")
    return bool(_OURS.fullmatch(local)) and ourselves.writes_ids_at(domain.lower())


def _tokens(headers: Headers) -> Iterator[str]:
    """`sales+lead.ID.NONCE@our.domain` as the Message-ID that it stands for."""
    for name in ("to", "delivered-to", "x-original-to"):
        for box in mailboxes(headers.raw(name)):
            _, plus, token = box.raw.rpartition("@")[0].partition("+")
            if plus and _OURS.fullmatch(token):
                yield f"<{token}@{box.domain}>"
