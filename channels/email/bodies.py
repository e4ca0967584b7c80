"""The texts and files of a mail. Never raises.

Text plain if there is any, else HTML; of a forwarded or attached mail nothing is text. At most
so much of all texts together is read: what a person writes stands at the top.
"""

from collections.abc import Iterator

from channels.email.markup import html_to_text
from channels.email.mime import Part, read_mail
from channels.sdk.errors import Unreadable
from channels.sdk.lead import Attachment

_MOST_TEXT = 200_000
_MOST_FILES = 50
_KINDS = ("image", "audio", "video")
_SIGNATURES = frozenset(
    {
        "application/pkcs7-signature",
        "application/x-pkcs7-signature",
        "application/pgp-signature",
    }
)
_CARDS = frozenset({"text/vcard", "text/x-vcard", "text/directory"})


def text_of(mail: Part) -> str:
    """The text as its reader sees it: of alternatives the plain one, if it is not empty."""
    return _Reading().best(mail)


def both_texts(mail: Part) -> tuple[str, str]:
    """The plain text, and that of the HTML: a form's fields may stand in either only."""
    plain, markup = _Reading(), _Reading()
    texts = list(_texts(mail))
    return (
        "\n".join(plain.leaf(part) for part in texts if part.type == "text/plain"),
        "\n".join(markup.leaf(part) for part in texts if part.type == "text/html"),
    )


def cards_of(mail: Part) -> str:
    """The text of visiting cards that are attached: what they hold is only mentioned."""
    return "\n".join(part.text() for part in mail.leaves() if part.type in _CARDS)[:_MOST_TEXT]


def attachments_of(mail: Part) -> tuple[Attachment, ...]:
    """Every file, by the number that IMAP fetches it by; signatures of programs are none."""
    texts = set(map(id, _texts(mail)))
    return tuple(
        _attachment(part)
        for part in mail.leaves()
        if id(part) not in texts and part.type not in _SIGNATURES and part.body.strip()
    )[:_MOST_FILES]


def attached_mail(mail: Part) -> Part | None:
    """The first mail that is attached whole (`message/rfc822`), where it can be read."""
    for part in mail.leaves():
        if part.type == "message/rfc822":
            try:
                return read_mail(part.decoded())
            except Unreadable:
                return None
    return None


def _texts(mail: Part) -> Iterator[Part]:
    return (
        part
        for part in mail.leaves()
        if part.type in ("text/plain", "text/html") and not part.is_attachment
    )


class _Reading:
    """Reads texts until its measure is full."""

    def __init__(self) -> None:
        self._left = _MOST_TEXT

    def best(self, part: Part) -> str:
        if not part.children:
            return self.leaf(part)
        if part.type == "multipart/alternative":
            plain = [child for child in part.children if _begins_plain(child)]
            others = [child for child in part.children if not _begins_plain(child)]
            return next((text for text in map(self.best, [*plain, *others]) if text.strip()), "")
        return "\n".join(text for text in map(self.best, part.children) if text.strip())

    def leaf(self, part: Part) -> str:
        if self._left <= 0 or part.is_attachment or part.type not in ("text/plain", "text/html"):
            return ""
        text = part.text()[: self._left]
        self._left -= len(text)
        return html_to_text(text) if part.type == "text/html" else text


def _begins_plain(part: Part) -> bool:
    first = next(iter(_texts(part)), None)
    return first is not None and first.type == "text/plain"


def _attachment(part: Part) -> Attachment:
    family = part.type.partition("/")[0]
    return Attachment(
        kind=family if family in _KINDS else "file",
        name=part.filename[:255],
        mime=part.type,
        size=part.size(),
        ref=f"part:{part.number}",
    )
