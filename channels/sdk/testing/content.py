"""What a delivery holds, opened as a tree that can be changed and closed again.

JSON is its own tree. A form or a query is an object of its fields, a field that is JSON a tree
again. XML is the list of its texts and attributes, other text (AMI, mail headers) the list of what
stands behind the colons. A body of another kind has no tree; only its bytes can be spoilt.
"""

import json
import re
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from typing import Any
from urllib.parse import parse_qsl, urlencode, urlsplit, urlunsplit
from xml.sax.saxutils import escape

from msgspec.structs import replace

from channels.sdk.delivery import Delivery, PollItem

Source = Delivery | PollItem
Tree = Any

_XML_TEXTS = re.compile(r'(?<=>)[^<>]+(?=<)|(?<==")[^"<>]*(?=")')
_LINE_TEXTS = re.compile(r"(?<=: )[^\r\n]+")
_FORMS = {"", "text/plain", "application/x-www-form-urlencoded"}


@dataclass(frozen=True, slots=True)
class Content:
    """A tree, and how to make a delivery of a changed one."""

    tree: Tree
    close: Callable[[Tree], Source]


def content_of(source: Source) -> Content | None:
    """The tree in a delivery; None where there is none."""
    if isinstance(source, PollItem):
        return _of_item(source)
    if not source.body:
        return _of_query(source) if source.query else None
    opened = _of_body(source.body, source.content_type)
    if opened is None:
        return None
    tree, written = opened
    return Content(tree, lambda changed: replace(source, body=written(changed)))


def as_json(tree: Tree) -> bytes:
    """JSON in ASCII, so that halves of surrogate pairs can be written too."""
    return json.dumps(tree, separators=(",", ":")).encode()


def _of_item(item: PollItem) -> Content | None:
    if isinstance(item.item, dict | list):
        return Content(item.item, lambda tree: replace(item, item=tree, body=as_json(tree)))
    opened = _of_body(item.body, "")
    if opened is None:
        return None
    tree, written = opened

    def close(changed: Tree) -> PollItem:
        body = written(changed)
        is_text = isinstance(item.item, str)
        return replace(item, item=body.decode("utf-8", "replace") if is_text else body, body=body)

    return Content(tree, close)


def _of_body(body: bytes, media_type: str) -> tuple[Tree, Callable[[Tree], bytes]] | None:
    start = body.lstrip()[:1]
    if start in {b"{", b"["}:
        tree = _json_or_text(body.decode("utf-8", "replace"))
        return (tree, as_json) if not isinstance(tree, str) else None
    if start == b"<":
        return _of_texts(body, _XML_TEXTS, escape)
    if media_type in _FORMS and b"=" in body and b"\n" not in body:
        return _fields(body.decode("latin-1")), _as_form
    if media_type.startswith("multipart/"):
        return None
    return _of_texts(body, _LINE_TEXTS, str)


def _of_query(source: Delivery) -> Content:
    parts = urlsplit(source.url)

    def close(tree: Tree) -> Delivery:
        return replace(source, url=urlunsplit(parts._replace(query=_as_form(tree).decode())))

    return Content(_fields(parts.query), close)


def _fields(text: str) -> Tree:
    pairs = parse_qsl(text, keep_blank_values=True, errors="surrogateescape")
    return {name: _json_or_text(value) for name, value in pairs}


def _as_form(tree: Tree) -> bytes:
    fields = tree if isinstance(tree, dict) else {"": tree}
    pairs = [(_field_text(str(name)), _field_text(value)) for name, value in fields.items()]
    return urlencode(pairs).encode()


def _field_text(value: Any) -> bytes:
    text = value if isinstance(value, str) else json.dumps(value, separators=(",", ":"))
    try:
        return text.encode("utf-8", "surrogateescape")
    except UnicodeEncodeError:
        return text.encode("utf-8", "surrogatepass")


def _json_or_text(text: str) -> Tree:
    if text.lstrip()[:1] not in {"{", "["}:
        return text
    try:
        return json.loads(text)
    except ValueError:
        return text


def _of_texts(
    body: bytes, pattern: re.Pattern[str], spell: Callable[[str], str]
) -> tuple[Tree, Callable[[Tree], bytes]] | None:
    text = body.decode("utf-8", "surrogateescape")
    texts = pattern.findall(text)
    return (texts, partial(_put_back, text, pattern, spell)) if texts else None


def _put_back(
    text: str, pattern: re.Pattern[str], spell: Callable[[str], str], tree: Tree
) -> bytes:
    values = iter(tree if isinstance(tree, list) else [tree])

    def next_value(_: re.Match[str]) -> str:
        value = next(values, "")
        return spell(value if isinstance(value, str) else json.dumps(value))

    return pattern.sub(next_value, text).encode("utf-8", "surrogatepass")
