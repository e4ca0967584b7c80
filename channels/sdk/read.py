"""Reading bodies: JSON, forms in any charset, texts. Hostile input raises `Unreadable`, only."""

import codecs
import json
import re
from collections.abc import Iterator
from typing import Any
from urllib.parse import parse_qsl

import msgspec

from channels.sdk.delivery import Delivery
from channels.sdk.errors import Unreadable
from channels.sdk.lead import Attachment
from channels.sdk.multipart_form import MAX_FIELDS, read_multipart
from channels.sdk.outcome import QuarantineReason

_NO_CHARSETS = frozenset(
    {"base64", "bz2", "hex", "quopri", "rot_13", "uu", "zlib", "mbcs", "oem", "idna", "punycode"}
    | {"undefined", "unicode_escape", "raw_unicode_escape", "utf_7"}
)
"""Python's codecs that no site's text is in; some of them raise what a text codec never does."""
_ESCAPE = re.compile(
    rb"\\(?:u[dD][89abAB][0-9a-fA-F]{2}\\u[dD][c-fC-F][0-9a-fA-F]{2}"
    rb"|(?P<lone>u[dD][89a-fA-F][0-9a-fA-F]{2})|.)",
    re.DOTALL,
)


def read_json(body: bytes) -> Any:
    """Any JSON value, whole numbers exact. Bad UTF-8 or deep nesting: Unreadable.

    Half of a surrogate pair (an emoji that a provider cut in two) is read as U+FFFD.
    """
    try:
        return _decoded(body)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        raise Unreadable(QuarantineReason.BROKEN_JSON, str(error)[:200]) from error


def read_json_object(body: bytes) -> dict[str, Any]:
    """A JSON object; anything else is Unreadable."""
    value = read_json(body)
    if not isinstance(value, dict):
        raise Unreadable(
            QuarantineReason.WRONG_TYPE, f"expected a JSON object, got {type(value).__name__}"
        )
    return value


def read_item(item: object) -> Any:
    """The value of a polled item: text and bytes are decoded, half surrogate pairs replaced."""
    if isinstance(item, bytes):
        return read_json(item)
    if isinstance(item, str):
        return read_json(item.encode("utf-8", "replace"))
    try:
        msgspec.json.encode(item)
    except UnicodeEncodeError:
        return read_json(json.dumps(item).encode())
    except (TypeError, ValueError, RecursionError) as error:
        raise Unreadable(QuarantineReason.BROKEN_JSON, str(error)[:200]) from error
    return item


def charset_of(content_type: str, default: str = "utf-8") -> str:
    """The charset parameter of a content type, if Python knows it, else `default`."""
    if ";" not in content_type:
        return default
    for parameter in content_type.split(";")[1:]:
        name, _, value = parameter.partition("=")
        if name.strip().lower() == "charset":
            try:
                known = codecs.lookup(value.strip().strip("\"'")).name
            except (LookupError, ValueError):
                return default
            return default if known.replace("-", "_") in _NO_CHARSETS else known
    return default


def read_pairs(query: str | bytes, *, charset: str = "utf-8") -> list[tuple[str, str]]:
    """Urlencoded pairs in their order, blanks kept, undecodable bytes replaced.

    Letters that a sender left as they are, as `curl -d 'name=Анна'` does, are read as if encoded.
    """
    text = query.decode(_plain(charset), "replace") if isinstance(query, bytes) else query
    if text.count("&") > MAX_FIELDS:
        raise Unreadable(QuarantineReason.TOO_LARGE, f"over {MAX_FIELDS} form fields")
    try:
        return parse_qsl(text, keep_blank_values=True, encoding=charset, errors="replace")
    except ValueError as error:
        raise Unreadable(QuarantineReason.BROKEN_FORM, str(error)[:200]) from error


def _plain(charset: str) -> str:
    """The charset of what was not encoded: only one that has ASCII as it is can be."""
    return charset if b"a=%26&".decode(charset, "replace") == "a=%26&" else "latin-1"


def read_form(delivery: Delivery) -> tuple[list[tuple[str, str]], list[Attachment]]:
    """The fields and files of an urlencoded or multipart body; a file is told, not kept apart.

    A body that is no UTF-8 though it claims nothing else is read as windows-1251, the charset of
    old Russian sites.
    """
    charset = charset_of(delivery.headers.get("content-type", ""))
    if delivery.content_type == "multipart/form-data":
        return read_multipart(delivery, charset)
    pairs = read_pairs(delivery.body, charset=charset)
    if charset == "utf-8" and any("\ufffd" in text for pair in pairs for text in pair):
        pairs = read_pairs(delivery.body, charset="windows-1251")
    return pairs, []


def first_values(pairs: list[tuple[str, str]]) -> dict[str, str]:
    """Each name with the first of its values."""
    found: dict[str, str] = {}
    for name, value in pairs:
        found.setdefault(name, value)
    return found


def as_text(value: Any) -> str:
    """A JSON value as a person would read it: lists joined by commas, objects as JSON.

    Never raises, however deeply it is nested.
    """
    match value:
        case None:
            return ""
        case str():
            return value
        case bool():
            return "true" if value else "false"
        case list():
            return ", ".join(as_text(item) for item in _flat(value))
        case dict():
            return _json_text(value)
        case _:
            return str(value)


def _flat(values: list[Any]) -> Iterator[Any]:
    """The items of lists within lists, in order; an empty list is an empty text."""
    waiting: list[Any] = [values]
    while waiting:
        value = waiting.pop()
        if isinstance(value, list) and value:
            waiting.extend(reversed(value))
        else:
            yield "" if value == [] else value


def _json_text(value: dict[str, Any]) -> str:
    try:
        return msgspec.json.encode(value).decode()
    except (RecursionError, TypeError, ValueError):
        return "{…}"


def as_dict(value: Any) -> dict[str, Any]:
    """The object, or an empty one where something else stands: for optional parts."""
    return value if isinstance(value, dict) else {}


def as_list(value: Any) -> list[Any]:
    """The list, or an empty one where something else stands: for optional parts."""
    return value if isinstance(value, list) else []


def as_int(value: Any) -> int | None:
    """A whole number given as number or digits; None for anything else."""
    if isinstance(value, bool):
        return None
    if isinstance(value, int):
        return value
    if isinstance(value, float) and value.is_integer():
        return int(value)
    if isinstance(value, str) and len(value) <= 30:
        try:
            return int(value.strip())
        except ValueError:
            return None
    return None


def as_seq(value: Any) -> int:
    """A provider's order number, where it is one that every store can hold; else 0."""
    number = as_int(value)
    return number if number is not None and 0 <= number < 2**63 else 0


def as_size(value: Any) -> int | None:
    """A file's size in bytes, where it is one that every store can hold; else None."""
    number = as_int(value)
    return number if number is not None and 0 <= number < 2**63 else None


def _decoded(body: bytes) -> Any:
    try:
        return msgspec.json.decode(body)
    except msgspec.DecodeError:
        whole = _ESCAPE.sub(lambda found: b"\\ufffd" if found["lone"] else found[0], body)
        if whole == body:
            raise
        return msgspec.json.decode(whole)
