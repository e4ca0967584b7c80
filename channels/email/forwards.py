"""A forwarded mail inside a text: who wrote it, about what, and what (docs/providers.md, 3.5).

Never raises.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass

from channels.email import quote_marks as marks
from channels.email.addresses import Mailbox, mailboxes
from channels.email.bodies import attached_mail, text_of
from channels.email.mime import Part
from channels.email.quoting import take_apart

_FORWARD_SUBJECT = re.compile(r"(?:fwd?|пересл|пер|вс)\s*:", re.IGNORECASE)
_REPLY_MARK = re.compile(r"original|исходное|первоначальное|ursprüngliche", re.IGNORECASE)
_MARK_WITHIN = 4
"""Lines between the mark and the first field (blank ones, a rule)."""


@dataclass(frozen=True, slots=True)
class Forward:
    """The older mail, as far as its wrapper tells of it."""

    sender: Mailbox | None
    subject: str
    text: str


def unwrap(forwarded: str) -> Forward | None:
    """Read what `take_apart` found from a forward's mark on; None where it names no sender."""
    lines = _unquoted(forwarded.split("\n"))
    fields, start = _fields(lines)
    if not fields:
        return None
    inner = _until_end(lines[start:])
    senders = mailboxes(_without_link(fields["from"]))
    text = take_apart("\n".join(inner)).new
    return Forward(senders[0] if senders else None, fields.get("subject", ""), text)


def unwrap_attached(mail: Part) -> Forward | None:
    """A mail that is attached whole; None where there is none that can be read."""
    inner = attached_mail(mail)
    if inner is None:
        return None
    senders = mailboxes(inner.headers.raw("from"))
    text = take_apart(text_of(inner)).new
    return Forward(senders[0] if senders else None, inner.headers.text("subject"), text)


def passed_on(subject: str, forwarded: str) -> str:
    """What a sender without a word of their own said by passing on another mail; empty where
    they only answered with nothing: Outlook writes one block for both."""
    mark = forwarded.partition("\n")[0]
    marked = marks.opens_forward(mark) and not _REPLY_MARK.search(mark)
    if not forwarded or not (marked or _FORWARD_SUBJECT.match(subject)):
        return ""
    inner = unwrap(forwarded)
    return inner.text if inner and inner.text else forwarded.strip()


def _fields(lines: Sequence[str]) -> tuple[dict[str, str], int]:
    for place in range(min(_MARK_WITHIN + 1, len(lines))):
        fields, count = marks.field_block(lines, place)
        if count:
            return fields, place + count
    return {}, 0


def _unquoted(lines: Sequence[str]) -> list[str]:
    """Without the one level of `>` that a program put before all of it."""
    filled = [line for line in lines if line.strip()]
    if filled and all(line.startswith(">") for line in filled[:3]):
        return [line[1:].removeprefix(" ") if line.startswith(">") else line for line in lines]
    return list(lines)


def _until_end(lines: Sequence[str]) -> list[str]:
    end = next((n for n, line in enumerate(lines) if marks.ends_forward(line)), len(lines))
    return list(lines[:end])


def _without_link(value: str) -> str:
    """`X <a@b<mailto:a@b>>` and `X [mailto:a@b]`, as Outlook writes them in plain text."""
    value = value.replace("[mailto:", "<").replace("]", ">").replace("**", "")
    return value.replace("<mailto:", " ").strip("* ")
