"""HTML of a mail to the text that a person sees, quotes marked with `>`. Never raises.

One pass over the tags, no tree: mail nests and closes tags as it likes, and a tree of hostile
depth takes seconds. What the mail programs mark as quoted (docs/providers.md, 3.5) comes out
as in plain text, so that one set of rules (`quoting`) cuts both. Nothing is ever loaded.
"""

import html
import re

from channels.email.encoded_words import clean_lines

_TAG = re.compile(r"<(/?)([a-zA-Z][a-zA-Z0-9:]*)([^<>]*)>|<[!?][^<>]*>")
_ATTRIBUTE = re.compile(r"""\b(class|id|style|type|data-smartmail)\s*=\s*("[^"]*"|'[^']*'|\S+)""")
_UNSEEN = frozenset({"head", "style", "script", "title", "xml", "noscript", "template", "svg"})
_LINE_TAGS = (
    "div tr table ul ol li dl dt dd hr pre section article header footer address center form "
    "blockquote tbody thead fieldset body"
)
_LINES = frozenset(_LINE_TAGS.split())
_PARAGRAPHS = frozenset({"p", "h1", "h2", "h3", "h4", "h5", "h6"})
_CELLS = frozenset({"td", "th"})
_VOID = frozenset({"br", "hr", "img", "input", "meta", "link", "wbr", "col", "area", "base"})
_LONGEST = 512 * 1024
_MOST_TAGS = 20_000

_QUOTE_CLASSES = re.compile(
    r"\b(?:gmail_quote|gmail_attr|yahoo_quoted|moz-cite-prefix|protonmail_quote|zmail_extra|"
    r"mailru-blockquote|moz-forward-container)"
)
_QUOTE_FROM_HERE = re.compile(
    r"divrplyfwdmsg|appendonsend|mail-editor-reference-message-container|olk_src_body_section|"
    r"stopspelling"
)
_OUTLOOK_RULE = re.compile(r"border:none;border-top:solid#(?:e1e1e1|b5c4df)")
_SIGNATURE = re.compile(
    r"gmail_signature|moz-signature|applemailsignature|ms-outlook-mobile-signature|"
    r"js-mailru-signature"
)


def html_to_text(markup: str) -> str:
    """The visible text: a line for each block, table cells parted by tabs, quotes with `> `."""
    writer = _Writer()
    source = _without_comments(markup[:_LONGEST])
    place = 0
    never_closed: set[str] = set()
    for _ in range(_MOST_TAGS):
        found = _TAG.search(source, place)
        if not found:
            break
        writer.text(source[place : found.start()])
        place = found.end()
        name = (found[2] or "").lower()
        if found[1]:
            writer.close(name)
        elif name in _UNSEEN and name not in never_closed and not found[3].endswith("/"):
            place = _end_of(name, source, place, never_closed)
        elif name:
            writer.open(name, _attributes(found[3]))
    else:
        place = len(source)  # what follows so many tags is no person's words
    writer.text(source[place:])
    return clean_lines(writer.result())


class _Writer:
    """Lines in the making: what separates two texts is the strongest of what stood between."""

    def __init__(self) -> None:
        self._lines: list[tuple[bool, list[str]]] = []
        self._gap = "\n"
        self._quote = ""
        """The name of the tag that opened the quote; `*`: until the end."""
        self._depth = 0

    def text(self, raw: str) -> None:
        plain = html.unescape(raw).replace("\u00a0", " ")
        words = " ".join(plain.split())
        if not words:
            if plain and not self._gap:
                self._gap = " "
            return
        if plain[0].isspace() and not self._gap:
            self._gap = " "
        self._emit(words)
        self._gap = " " if plain[-1].isspace() else ""

    def open(self, name: str, attributes: dict[str, str]) -> None:
        self._separate(name)
        if self._quote:
            self._depth += name == self._quote
        elif _opens_endless_quote(attributes):
            self._quote = "*"
        elif name not in _VOID and _opens_quote(name, attributes):
            self._quote, self._depth = name, 1
            self._gap = max(self._gap, "\n", key=_strength)
        elif _SIGNATURE.search(attributes.get("class", "") + attributes.get("id", "")):
            self._gap = "\n"
            self._emit("-- ")
            self._gap = "\n"

    def close(self, name: str) -> None:
        if name not in _CELLS:
            self._separate(name)
        if name == self._quote:
            self._depth -= 1
            if self._depth == 0:
                self._quote = ""
                self._gap = max(self._gap, "\n", key=_strength)

    def result(self) -> str:
        return "\n".join(("> " if quoted else "") + "".join(line) for quoted, line in self._lines)

    def _separate(self, name: str) -> None:
        if name == "tr":
            self._gap = "row"
        elif self._gap in ("row", "\t") and name not in _CELLS:
            return  # a block that opens a cell starts no line of its own
        elif name in _CELLS:
            self._gap = self._gap if self._gap == "row" else "\t"
        elif name == "br":
            self._gap = "\n\n" if "\n" in self._gap else "\n"
        elif name in _PARAGRAPHS:
            self._gap = "\n\n"
        elif name in _LINES:
            self._gap = max(self._gap, "\n", key=_strength)

    def _emit(self, words: str) -> None:
        quoted = bool(self._quote)
        if self._gap in ("", " ", "\t") and self._lines and self._lines[-1][0] == quoted:
            self._lines[-1][1].append(self._gap + words)
            return
        if self._gap == "\n\n" and self._lines:
            self._lines.append((quoted and self._lines[-1][0], []))
        self._lines.append((quoted, [words]))


def _strength(gap: str) -> int:
    return ("", " ", "\t", "\n", "row", "\n\n").index(gap)


def _attributes(text: str) -> dict[str, str]:
    if "=" not in text:
        return {}
    lowered = text.lower()
    return {name: value.strip("\"'") for name, value in _ATTRIBUTE.findall(lowered)}


def _opens_quote(name: str, attributes: dict[str, str]) -> bool:
    """A block that the mail programs mark as quoted. An indented `blockquote` is no quote."""
    if _QUOTE_CLASSES.search(attributes.get("class", "")):
        return not _is_indent(name, attributes)
    return name == "blockquote" and not _is_indent(name, attributes)


def _is_indent(name: str, attributes: dict[str, str]) -> bool:
    style = attributes.get("style", "").replace(" ", "")
    return name == "blockquote" and "border:none" in style and attributes.get("type") != "cite"


def _opens_endless_quote(attributes: dict[str, str]) -> bool:
    """Outlook's rule and marks: what follows them, to the end, is the older mail."""
    if _QUOTE_FROM_HERE.search(attributes.get("id", "")):
        return True
    return bool(_OUTLOOK_RULE.search(attributes.get("style", "").replace(" ", "")))


def _without_comments(source: str) -> str:
    """A comment that nothing ends hides the rest, as in browsers."""
    kept: list[str] = []
    place = 0
    while (start := source.find("<!--", place)) >= 0:
        kept.append(source[place:start])
        end = source.find("-->", start + 4)
        if end < 0:
            return "".join(kept)
        place = end + 3
    return "".join([*kept, source[place:]])


def _end_of(name: str, source: str, place: int, never_closed: set[str]) -> int:
    """Where the unseen element ends; one that nothing ends hides nothing."""
    found = re.compile(rf"</{name}\b[^<>]*>", re.IGNORECASE).search(source, place)
    if found:
        return found.end()
    never_closed.add(name)
    return place
