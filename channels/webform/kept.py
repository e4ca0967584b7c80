"""What of a form's body is kept: all of it but credentials and foreign cookies (channels.md, 0.11).

What is kept reads as the same lead again: cookies that count stay in place.
"""

import json
from collections.abc import Iterable, Iterator
from typing import Any
from urllib.parse import quote_plus, unquote_plus

from channels.sdk.delivery import Delivery
from channels.sdk.errors import Unreadable
from channels.sdk.read import charset_of, read_json_object
from channels.webform.cookies import allowed_cookies
from channels.webform.entries import Entry, json_bytes, looks_like_json
from channels.webform.meanings import meaning

_CUT = "***"
_SUSPECT = (
    *("cookie", "key", "token", "secret", "pass", "парол", "csrf", "captcha", "turnstile"),
    *("nonce", "auth"),
)
"""Some part of every name that may have to be cut."""
_TO_CUT = frozenset({"cookies", "secret"})
_ENCODED = ("%", "\\u")
_MAX_DEPTH = 8
_MAX_NAMES = 1000
"""Suspicious names that are looked at in one body: more than any form has."""


def kept_body(delivery: Delivery) -> bytes:
    """The body without secrets by name and without cookies that are none of ours.

    Byte for byte as it came where there is nothing to cut; multipart bodies always.
    """
    if delivery.content_type == "multipart/form-data" or not _is_suspect(delivery):
        return delivery.body
    if looks_like_json(delivery):
        return _kept_json(delivery)
    return b"&".join(_kept_pair(pair) for pair in delivery.body.split(b"&"))


def is_kept_whole(entries: Iterable[Entry]) -> bool:
    """Whether nothing is to be cut out of a JSON object whose fields are these, and no others."""
    return _TO_CUT.isdisjoint([entry.meant.role for entry in entries])


def _kept_pair(pair: bytes) -> bytes:
    name, equals, value = pair.partition(b"=")
    role = meaning(unquote_plus(name.decode("latin-1"))).role if equals and value else ""
    if role == "cookies":
        came = unquote_plus(value.decode("latin-1"))
        kept = allowed_cookies(came)
        return pair if kept == came else name + b"=" + quote_plus(kept).encode()
    return name + b"=" + _CUT.encode() if role == "secret" else pair


def _kept_json(delivery: Delivery) -> bytes:
    try:
        values = read_json_object(json_bytes(delivery))
    except Unreadable:
        return delivery.body
    kept = _kept_object(values, "", iter(range(_MAX_NAMES)))
    return delivery.body if kept == values else json.dumps(kept).encode()


def _kept_object(values: dict[str, Any], prefix: str, left: Iterator[int]) -> dict[str, Any]:
    return {
        name: _kept_value(value, f"{prefix}.{name}" if prefix else name, left)
        for name, value in values.items()
    }


def _kept_value(value: Any, path: str, left: Iterator[int]) -> Any:
    role = _role(path, left)
    if role == "cookies" and isinstance(value, str | dict):
        return value if value == allowed_cookies(value) else allowed_cookies(value)
    if role == "secret" and isinstance(value, str) and value:
        return _CUT
    if isinstance(value, dict) and path.count(".") < _MAX_DEPTH:
        return _kept_object(value, path, left)
    return value


def _role(path: str, left: Iterator[int]) -> str:
    return meaning(path).role if _has_suspect(path.lower()) and next(left, None) is not None else ""


def _has_suspect(path: str) -> bool:
    return any(part in path for part in _SUSPECT)


def _is_suspect(delivery: Delivery) -> bool:
    """Whether a name to cut can be in it; where names may be encoded, each is looked at."""
    try:
        lower = delivery.body.decode().lower()
    except UnicodeDecodeError:
        return True
    for part in (*_ENCODED, *_SUSPECT):  # a loop, for this is asked of every form
        if part in lower:
            return True
    return charset_of(delivery.headers.get("content-type", "")) not in {"utf-8", "ascii"}
