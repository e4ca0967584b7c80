"""Header values to text: RFC 2047 encoded words as senders really write them. Never raises.

What is illegal but usual is decoded too: words inside quotes, without white space around them,
with blanks in them, split inside a character or inside a base64 quantum.
"""

import binascii
import re
from collections.abc import Iterator
from dataclasses import dataclass

from channels.email.charsets import decode

_WORD = re.compile(r"=\?([^?\s=]{1,60})\?([bBqQ])\?([^?]*(?:\?(?!=)[^?]*){0,20})\?=")
_CONTROLS = re.compile(r"[\x00-\x08\x0b-\x1f\x7f\ud800-\udfff\ufeff\u200b]")
_LONGEST = 16 * 1024


@dataclass(frozen=True, slots=True)
class _Word:
    charset: str
    encoding: str
    text: str


def decode_words(value: str) -> str:
    """`value` with its encoded words decoded; white space between two of them is none."""
    if "=?" not in value:
        return value
    pieces: list[str] = []
    words: list[_Word] = []
    end = 0
    for found in _WORD.finditer(value, 0, _LONGEST):
        between = value[end : found.start()]
        if between.strip() or not words:
            pieces += [_spell(words), between]
            words = []
        charset = found[1].partition("*")[0].lower()  # RFC 2231 5: a language may follow
        words.append(_Word(charset, found[2].lower(), found[3]))
        end = found.end()
    return "".join([*pieces, _spell(words), value[end:]])


def printable(text: str) -> str:
    """Without control characters, lone surrogates and invisible marks; line breaks stay."""
    return _CONTROLS.sub("", text)


def clean(text: str) -> str:
    """One line of text without control characters, lone surrogates and doubled blanks."""
    return " ".join(printable(text).split())


def clean_lines(text: str) -> str:
    """The same, with the line breaks left."""
    return printable(text.replace("\r\n", "\n").replace("\r", "\n"))


def base64_bytes(text: bytes) -> bytes:
    """Base64 with whatever is wrong with it: foreign characters, missing or early padding."""
    try:
        return binascii.a2b_base64(text)
    except binascii.Error:
        bare = re.sub(rb"[^A-Za-z0-9+/]", b"", text)
        whole = len(bare) - (1 if len(bare) % 4 == 1 else 0)
        return binascii.a2b_base64(bare[:whole] + b"=" * (-whole % 4))


def _spell(words: list[_Word]) -> str:
    """Words of one charset are decoded together: a character may be split between them."""
    return "".join(
        decode(b"".join(_bytes(run)), charset) for charset, run in _runs_of_a_charset(words)
    )


def _runs_of_a_charset(words: list[_Word]) -> Iterator[tuple[str, list[_Word]]]:
    run: list[_Word] = []
    for word in words:
        if run and run[-1].charset != word.charset:
            yield run[-1].charset, run
            run = []
        run.append(word)
    if run:
        yield run[-1].charset, run


def _bytes(run: list[_Word]) -> Iterator[bytes]:
    waiting = ""
    for word in run:
        if word.encoding == "q":
            text = word.text.replace(" ", "_").encode("utf-8", "replace")
            yield binascii.a2b_qp(text, header=True)
            continue
        waiting += re.sub(r"\s+", "", word.text)
        if len(waiting) % 4 == 0 or waiting.endswith("=") or word is run[-1]:
            yield base64_bytes(waiting.encode("ascii", "ignore"))
            waiting = ""
    if waiting:
        yield base64_bytes(waiting.encode("ascii", "ignore"))
