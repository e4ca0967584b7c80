"""The header of a mail or of one of its parts, and what structured fields say. Never raises."""

import re
from collections.abc import Iterator

from channels.email.charsets import decode
from channels.email.encoded_words import clean, decode_words, printable

_NAME = re.compile(rb"([!-9;-~]{1,100})[ \t]*:[ \t]*")
_END = re.compile(rb"\r?\n\r?\n")
_LINE = re.compile(rb"\r?\n|\r")
_LARGEST = 256 * 1024
_MOST_FIELDS = 1000
_LONGEST_VALUE = 16 * 1024
_PARAMETER = re.compile(r';\s*([^\s=;"]{1,80})\s*=\s*("(?:[^"\\]|\\.)*"|[^;]*)')
_CONTINUED = re.compile(r"^(.+?)(?:\*(\d{1,3}))?(\*)?$")


class Headers:
    """Fields in their order; names without case; values unfolded, else as they came."""

    def __init__(self, fields: list[tuple[str, bytes]]) -> None:
        self._fields = fields

    def __contains__(self, name: str) -> bool:
        return any(name == known for known, _ in self._fields)

    def __iter__(self) -> Iterator[tuple[str, str]]:
        """Every field's name in lower case and its value as text, encoded words left as such."""
        return ((name, _text(value)) for name, value in self._fields)

    def names(self) -> set[str]:
        return {name for name, _ in self._fields}

    def raw(self, name: str) -> str:
        """The first field of that name, encoded words left as such; empty where there is none."""
        return next((_text(value) for known, value in self._fields if known == name), "")

    def text(self, name: str) -> str:
        """The first field of that name as a person reads it."""
        return clean(decode_words(self.raw(name)))

    def parameters(self, name: str) -> tuple[str, dict[str, str]]:
        """A structured field: its value in lower case, and its parameters decoded."""
        raw = self.raw(name)
        value = clean(raw.partition(";")[0]).lower()
        return value, _parameters(raw)


def split_header(data: bytes) -> tuple[Headers, bytes]:
    """The header and what follows it. A line that is no field ends the header."""
    if data[:1] == b"\n" or data[:2] == b"\r\n":
        return Headers([]), data[data.index(b"\n") + 1 :]
    end = _END.search(data, 0, _LARGEST)
    block = data[: end.start()] if end else data[:_LARGEST]
    fields: list[tuple[str, list[bytes]]] = []
    place = 0
    for after, line in _lines(block):
        name = _NAME.match(line)
        if line[:1] in (b" ", b"\t") and fields:
            fields[-1][1].append(line.strip())
        elif name and len(fields) < _MOST_FIELDS:
            fields.append((name[1].decode("ascii").lower(), [line[name.end() :].strip()]))
        elif line.startswith((b"From ", b">From ")) and not fields:
            pass  # the separator line of an mbox file
        else:
            return _folded(fields), data[place:]
        place = after
    return _folded(fields), data[end.end() :] if end else b""


def _folded(fields: list[tuple[str, list[bytes]]]) -> Headers:
    return Headers([(name, b" ".join(lines)) for name, lines in fields])


def _lines(block: bytes) -> Iterator[tuple[int, bytes]]:
    start = 0
    for found in _LINE.finditer(block):
        yield found.end(), block[start : found.start()]
        start = found.end()
    yield len(block), block[start:]


def _text(value: bytes) -> str:
    """Raw 8-bit values are UTF-8 (RFC 6532) or broken: then the charset is guessed."""
    return printable(decode(value[:_LONGEST_VALUE]))


def _parameters(raw: str) -> dict[str, str]:
    """Parameters; those of RFC 2231 win over plain ones, which may hold encoded words."""
    plain: dict[str, str] = {}
    pieces: dict[str, dict[int, tuple[str, bool]]] = {}
    for name, value in _PARAMETER.findall(raw):
        key, number, encoded = _parse_name(name.lower())
        text = _unquote(value.strip())
        if number is None and not encoded:
            plain.setdefault(key, clean(decode_words(text)))
        else:
            pieces.setdefault(key, {}).setdefault(number or 0, (text, encoded))
    return plain | {key: _joined(numbered) for key, numbered in pieces.items()}


def _parse_name(name: str) -> tuple[str, int | None, bool]:
    found = _CONTINUED.match(name)
    if not found:
        return name, None, False
    return found[1], int(found[2]) if found[2] else None, bool(found[3])


def _joined(numbered: dict[int, tuple[str, bool]]) -> str:
    """RFC 2231 3 and 4: pieces in the order of their numbers; the first tells the charset."""
    charset = ""
    data = b""
    for place, number in enumerate(sorted(numbered)):
        text, encoded = numbered[number]
        if encoded and place == 0 and text.count("'") >= 2:
            charset, _, text = text.split("'", 2)
        data += _percent_decoded(text) if encoded else text.encode("utf-8", "replace")
    return clean(decode_words(decode(data, charset)))


def _percent_decoded(text: str) -> bytes:
    def byte(found: re.Match[bytes]) -> bytes:
        return bytes([int(found[1], 16)])

    return re.sub(rb"%([0-9A-Fa-f]{2})", byte, text.encode("utf-8", "replace"))


def _unquote(value: str) -> str:
    if len(value) >= 2 and value[0] == value[-1] == '"':
        return re.sub(r"\\(.)", r"\1", value[1:-1])
    return value.strip('"')
