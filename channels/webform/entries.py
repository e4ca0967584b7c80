"""Bodies of forms as a list of entries: JSON flattened, repeated names joined, brackets nested."""

import re
from typing import Any, TypeVar

import msgspec

from channels.sdk.delivery import Delivery
from channels.sdk.errors import Unreadable
from channels.sdk.lead import Attachment
from channels.sdk.outcome import QuarantineReason
from channels.sdk.read import as_text, charset_of, read_form, read_json_object
from channels.webform.cookies import allowed_cookies
from channels.webform.meanings import Meaning, meaning, of_role

C = TypeVar("C", list[Any], dict[str, Any], list["Entry"])

_BRACKETS = re.compile(r"\[([^\[\]]*)\]")
_BOM = b"\xef\xbb\xbf"
_MAX_ENTRIES = 500
_MAX_DEPTH = 8
_MAX_NAME = 200


class Entry(msgspec.Struct, frozen=True, gc=False):
    """One field as it came: its name, its value as text, and what it is for."""

    name: str
    value: str
    meant: Meaning
    identifier: str = ""
    """A second, technical name (`phone` where `name` is `Телефон`)."""


def entry_of(name: str, value: str, *, role: str = "", identifier: str = "") -> Entry:
    """The entry of this name; `role` is what the builder says, which outranks every name."""
    return Entry(name, value, of_role(role) if role else _by_names(name, identifier), identifier)


def _by_names(name: str, identifier: str) -> Meaning:
    by_name = meaning(name)
    if identifier and not (by_name.role and by_name.sure):
        by_identifier = meaning(identifier)
        return by_identifier if by_identifier.role else by_name
    return by_name


class Body(msgspec.Struct, frozen=True, gc=False):
    """A form as it came: its values by name, and the files."""

    values: dict[str, Any]
    attachments: tuple[Attachment, ...] = ()
    is_json: bool = False


def read_body(delivery: Delivery) -> Body:
    """A JSON object or a form, by content type; without one, by its first byte."""
    if looks_like_json(delivery):
        return read_json_body(delivery)
    pairs, files = read_form(delivery)
    attachments = tuple(file for file in files if file.name or file.size)
    return Body(joined(pairs), attachments)


def read_json_body(delivery: Delivery) -> Body:
    """A JSON object, whatever the content type says."""
    return Body(read_json_object(json_bytes(delivery)), is_json=True)


def looks_like_json(delivery: Delivery) -> bool:
    """Whether the body is to be read as JSON."""
    kind = delivery.content_type
    if kind == "application/json" or kind.endswith("+json"):
        return True
    if kind in {"application/x-www-form-urlencoded", "multipart/form-data"}:
        return False
    return delivery.body.lstrip(_BOM + b" \t\r\n")[:1] in {b"{", b"["}


def json_bytes(delivery: Delivery) -> bytes:
    """The body in UTF-8 without a byte order mark, whatever charset it claims."""
    body = delivery.body.removeprefix(_BOM)
    charset = charset_of(delivery.headers.get("content-type", ""))
    if charset in {"utf-8", "ascii"}:
        return body
    try:
        return body.decode(charset).encode()
    except (UnicodeError, LookupError) as error:
        raise Unreadable(QuarantineReason.BROKEN_ENCODING, f"no {charset} text") from error


def joined(pairs: list[tuple[str, str]]) -> dict[str, Any]:
    """Each name with its value; several values of one name (checkboxes) joined by commas."""
    found: dict[str, list[str]] = {}
    for name, value in pairs:
        found.setdefault(name.removesuffix("[]"), []).append(value)
    return {name: ", ".join(v for v in values if v) for name, values in found.items()}


def nested(values: dict[str, Any]) -> dict[str, Any]:
    """PHP's brackets: `a[b][c]=1` is `{"a": {"b": {"c": "1"}}}`; a value in the way is kept."""
    tree: dict[str, Any] = {}
    for name, value in values.items():
        head, bracket, _ = name.partition("[")
        path = [head, *_BRACKETS.findall(bracket + name[len(head) + 1 :])][:_MAX_DEPTH]
        place = tree
        for step in path[:-1]:
            branch = place.get(step)
            if not isinstance(branch, dict):
                branch = place[step] = {} if branch is None else {"": branch}
            place = branch
        place.setdefault(path[-1], value)
    return tree


def entries(values: dict[str, Any], prefix: str = "") -> list[Entry]:
    """Every leaf of a JSON object as an entry with a dotted name; lists become one text."""
    found: list[Entry] = []
    _gather(found, values, prefix, 0)
    return found


def capped(items: C) -> C:
    """A list or object as it is; Unreadable where it is longer than any form."""
    if len(items) > _MAX_ENTRIES:
        raise Unreadable(QuarantineReason.TOO_LARGE, f"over {_MAX_ENTRIES} fields")
    return items


def text_of(value: Any) -> str:
    """Any JSON value as a person would read it; Unreadable where it is too deep or too large."""
    try:
        return as_text(value).replace("\x00", "").strip()
    except (RecursionError, ValueError, OverflowError, TypeError) as error:
        raise Unreadable(QuarantineReason.TOO_LARGE, "a value is too deep or too large") from error


def _gather(found: list[Entry], values: dict[str, Any], prefix: str, depth: int) -> None:
    for name, value in values.items():
        path = f"{prefix}.{name}" if prefix else name
        meant = meaning(path)
        if isinstance(value, str) and meant.role != "cookies":
            text = value.replace("\x00", "").strip()
        elif meant.role == "cookies":
            text = allowed_cookies(value)
        elif isinstance(value, dict) and value and depth < _MAX_DEPTH:
            _gather(found, value, path, depth + 1)
            continue
        else:
            text = "" if value == {} else text_of(value)
        found.append(Entry(path[:_MAX_NAME], text, meant))
        if len(found) > _MAX_ENTRIES:
            capped(found)
