"""A mail as a tree of parts (RFC 2045, 2046). Raises `Unreadable` for what is no mail, only.

Our own reader and not the standard library's: it is linear, copies nothing twice, and has no
opinion that could raise. Limits: depth 10, 300 parts; what is beyond is one part as it stands.
"""

import binascii
import re
from collections.abc import Iterator
from dataclasses import dataclass

from channels.email.charsets import decode
from channels.email.encoded_words import base64_bytes, clean_lines
from channels.email.headers import Headers, split_header
from channels.sdk.errors import Unreadable
from channels.sdk.outcome import QuarantineReason

_DEEPEST = 10
_MOST_PARTS = 300
_LARGEST_TEXT = 512 * 1024
_MUST_HAVE_ONE = frozenset(
    {"from", "to", "subject", "date", "message-id", "received", "return-path", "reply-to"}
)
_REST_OF_BOUNDARY = re.compile(rb"(--)?[ \t]*(?:\r?\n|$)")
_BOUNDARY_LINE = re.compile(rb"(?:^|\n)--([^\s-][^\r\n]{0,200}?)[ \t]*\r?\n")


@dataclass(frozen=True, slots=True)
class Part:
    """A node of the tree: `children` of a multipart, or the encoded `body` of a leaf."""

    headers: Headers
    body: bytes
    type: str
    parameters: dict[str, str]
    number: str
    """As IMAP counts (RFC 3501 6.4.5): `2.1` is the first child of the second child."""
    children: tuple["Part", ...] = ()

    @property
    def filename(self) -> str:
        _, disposition = self.headers.parameters("content-disposition")
        return disposition.get("filename") or self.parameters.get("name", "")

    @property
    def is_attachment(self) -> bool:
        disposition, _ = self.headers.parameters("content-disposition")
        return disposition == "attachment" or bool(self.filename)

    def leaves(self) -> Iterator["Part"]:
        """The parts that hold something, in order."""
        if not self.children:
            yield self
        for child in self.children:
            yield from child.leaves()

    def text(self) -> str:
        """The text of a leaf in whatever charset; at most 512 KB of it."""
        data = self.decoded(_LARGEST_TEXT)
        text = clean_lines(decode(data, self.parameters.get("charset", "")))
        if self.parameters.get("format", "").lower() == "flowed":
            return unflow(text, delete_space=self.parameters.get("delsp", "").lower() == "yes")
        return text

    def decoded(self, most: int = -1) -> bytes:
        """The bytes without their transfer encoding; of a longer part the first `most`."""
        body = self.body if most < 0 else self.body[:most]
        match self._encoding:
            case "base64":
                return base64_bytes(body)
            case "quoted-printable":
                return binascii.a2b_qp(body)
            case _:
                return body

    def size(self) -> int:
        """How many bytes the decoded part has, without decoding base64."""
        if self._encoding != "base64":
            return len(self.decoded())
        padding = self.body[-8:].count(b"=")
        blanks = sum(self.body.count(blank) for blank in (b"\n", b"\r", b" "))
        return max(0, (len(self.body) - blanks) * 3 // 4 - padding)

    @property
    def _encoding(self) -> str:
        return self.headers.raw("content-transfer-encoding").partition(";")[0].strip().lower()


def read_mail(raw: bytes) -> Part:
    """The mail as a tree. Unreadable where no field of a mail is in it."""
    headers, body = split_header(raw.lstrip(b"\r\n \t\xef\xbb\xbf"))
    if not headers.names() & _MUST_HAVE_ONE:
        raise Unreadable(QuarantineReason.BROKEN_MAIL, "no header of a mail: no From, To or Date")
    return _Reader().part(headers, body)


def unflow(text: str, *, delete_space: bool = False) -> str:
    """RFC 3676: lines that end in a blank go on in the next, where that is quoted as deep."""
    paragraphs: list[list[str]] = []
    flowing, depth = False, 0
    for line in text.split("\n"):
        marks, rest = _unquoted(line)
        if not (flowing and marks == depth):
            paragraphs.append(["> " * min(marks, _DEEPEST)])
        flowing, depth = rest.endswith(" ") and rest != "-- ", marks
        paragraphs[-1].append(rest[:-1] if flowing and delete_space else rest)
    return "\n".join("".join(pieces) for pieces in paragraphs)


def _unquoted(line: str) -> tuple[int, str]:
    bare = line.lstrip(">")
    return len(line) - len(bare), bare.removeprefix(" ")


class _Reader:
    """Reads one mail; counts its parts."""

    def __init__(self) -> None:
        self._left = _MOST_PARTS

    def part(self, headers: Headers, body: bytes, number: str = "", depth: int = 0) -> Part:
        self._left -= 1
        kind, parameters = headers.parameters("content-type")
        kind = kind if re.fullmatch(r"[\w.+-]+/[\w.+-]+", kind) else "text/plain"
        children: tuple[Part, ...] = ()
        if kind.startswith("multipart/"):
            if depth < _DEEPEST:
                pieces = _pieces(body, parameters.get("boundary", ""))
                children = tuple(self._children(pieces, number, depth))
            kind = kind if children else "text/plain"
        return Part(headers, body, kind, parameters, number or "1", children)

    def _children(self, pieces: Iterator[bytes], number: str, depth: int) -> Iterator[Part]:
        for count, piece in enumerate(pieces, start=1):
            if self._left <= 0:
                return
            headers, body = split_header(piece)
            yield self.part(headers, body, f"{number}.{count}".lstrip("."), depth + 1)


def _pieces(body: bytes, boundary: str) -> Iterator[bytes]:
    """What stands between the boundary lines; a cut mail ends its last piece."""
    marker = b"--" + (boundary.encode("utf-8", "replace") or _guessed_boundary(body))
    start = -1
    place = body.find(marker) if len(marker) > 2 else -1
    while place >= 0:
        after = place + len(marker)
        line_end = _REST_OF_BOUNDARY.match(body, after)
        if line_end and (place == 0 or body[place - 1 : place] == b"\n"):
            if start >= 0:
                yield body[start:place].removesuffix(b"\n").removesuffix(b"\r")
            if line_end[1]:
                return
            start = after = line_end.end()
        place = body.find(marker, after)
    if start >= 0:
        yield body[start:]


def _guessed_boundary(body: bytes) -> bytes:
    found = _BOUNDARY_LINE.search(body[:4096])
    return found[1] if found else b""
