"""Mailboxes in From, To and the like, as they are really written. Never raises.

Read from left to right in one pass: quoted names, comments, groups, names with an unquoted comma,
addresses inside an encoded word.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass

from channels.email.encoded_words import clean, decode_words
from channels.sdk.identities import normalise_email

_LONGEST = 16 * 1024
_MOST = 100
_NO_REPLY = re.compile(
    r"(?:^|[-_.+])(?:no|not|do[-_.]?not)[-_.]?(?:reply|answer|otvet)", re.IGNORECASE
)
_BARE = re.compile(r"[^\s<>\"(),:;\[\]\\]{1,64}@[^\s<>\"(),:;\[\]\\@]{3,255}")


@dataclass(frozen=True, slots=True)
class Mailbox:
    """One address: `raw` as it was spelled, `value` normalised."""

    raw: str
    value: str
    name: str = ""

    @property
    def domain(self) -> str:
        return self.value.rpartition("@")[2]

    @property
    def is_no_reply(self) -> bool:
        return bool(_NO_REPLY.search(self.value.rpartition("@")[0]))


def mailboxes(value: str) -> tuple[Mailbox, ...]:
    """Every address of a field, in order; `value` has its encoded words still."""
    found = tuple(_read(value[:_LONGEST]))
    if not found and "=?" in value:  # the whole field was encoded, address and all
        found = tuple(_read(decode_words(value)[:_LONGEST]))
    return found


def _read(value: str) -> Iterator[Mailbox]:
    pending = ""
    for count, entry in enumerate(_entries(value)):
        if count >= _MOST:
            return
        name, address, comment = _split(entry)
        normal = normalise_email(address)
        if normal is None:
            pending = f"{pending} {entry}".strip()  # `Иванов, Пётр <a@b>` without its quotes
            continue
        shown = clean(decode_words(f"{pending} {name}" if pending else name)) or clean(
            decode_words(comment)
        )
        yield Mailbox(address, normal, "" if normalise_email(shown) == normal else shown)
        pending = ""


def _entries(value: str) -> Iterator[str]:
    """The field cut at commas and semicolons that stand outside of quotes and brackets."""
    start, closing = 0, ""
    for place, char in enumerate(value):
        if closing:
            if char == closing and value[place - 1] != "\\":
                closing = ""
        elif char in '"<(':
            closing = {'"': '"', "<": ">", "(": ")"}[char]
        elif char in ",;":
            yield value[start:place].strip()
            start = place + 1
        elif char == ":" and "@" not in value[start:place]:
            start = place + 1  # `group: a@b, c@d;`
    yield value[start:].strip()


def _split(entry: str) -> tuple[str, str, str]:
    """Name, address and comment of one entry."""
    opening = entry.rfind("<")
    if opening >= 0:
        address = entry[opening + 1 :].partition(">")[0]
        address = re.sub(r"\s+", "", address.rpartition(":")[2] if "@" in address else address)
        return _unquoted(entry[:opening]), address, ""
    found = _BARE.search(entry)
    comment = entry.partition("(")[2].rpartition(")")[0]
    return "", found[0] if found else "", comment


def _unquoted(name: str) -> str:
    return re.sub(r"\\(.)", r"\1", name.strip()).strip("\"' ")
