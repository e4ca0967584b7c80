"""What of a form's body is kept: all of it but credentials and foreign cookies (channels.md, 0.11).

What is kept reads as the same lead again: cookies that count stay in place.
"""

import json
from typing import Any
from urllib.parse import quote_plus, unquote_plus

from channels.sdk.delivery import Delivery
from channels.sdk.errors import Unreadable
from channels.sdk.read import read_json_object
from channels.webform.cookies import allowed_cookies
from channels.webform.entries import json_bytes, looks_like_json
from channels.webform.meanings import meaning

_CUT = "***"
_MAX_DEPTH = 8


def kept_body(delivery: Delivery) -> bytes:
    """The body without secrets by name and without cookies that are none of ours.

    Byte for byte as it came where there is nothing to cut; multipart bodies always.
    """
    if delivery.content_type == "multipart/form-data":
        return delivery.body
    if looks_like_json(delivery):
        return _kept_json(delivery)
    return b"&".join(_kept_pair(pair) for pair in delivery.body.split(b"&"))


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
    kept = _kept_object(values, "", 0)
    return delivery.body if kept == values else json.dumps(kept, ensure_ascii=False).encode()


def _kept_object(values: dict[str, Any], prefix: str, depth: int) -> dict[str, Any]:
    return {
        name: _kept_value(value, f"{prefix}.{name}" if prefix else name, depth)
        for name, value in values.items()
    }


def _kept_value(value: Any, path: str, depth: int) -> Any:
    role = meaning(path).role
    if role == "cookies" and isinstance(value, str | dict):
        return allowed_cookies(value) if value != allowed_cookies(value) else value
    if role == "secret" and isinstance(value, str) and value:
        return _CUT
    if isinstance(value, dict) and depth < _MAX_DEPTH:
        return _kept_object(value, path, depth + 1)
    return value
