"""Deliveries that were written down as JSON objects (docs/lead-event.md), read back."""

import base64
import binascii
from typing import Any

import msgspec

from channels.sdk.delivery import Delivery, PollItem
from channels.sdk.errors import Unreadable
from channels.sdk.read import read_item
from channels.sdk.times import Timestamp, canonical_time, now


class BadCall(ValueError):
    """The account or the request file is not as docs/lead-event.md has it; the text says why."""


def delivery_of(request: dict[str, Any]) -> Delivery:
    """The HTTP request in a recording; BadCall names what is wrong with it."""
    headers = request.get("headers") or {}
    if not isinstance(headers, dict):
        raise BadCall("headers must be an object of names and values")
    return Delivery(
        method=str(request.get("method", "POST")).upper(),
        url=str(request.get("url", "/")),
        headers={str(name).lower(): str(value) for name, value in headers.items()},
        body=_body(request),
        remote_ip=str(request.get("remote_ip", "")),
        received_at=_received(request),
    )


def item_of(request: dict[str, Any]) -> PollItem:
    """The polled item in a recording; BadCall names what is wrong with it."""
    body = _body(request)
    item = request.get("item", body)
    if "item" in request and not body:
        item, body = _as_it_came(item)
    return PollItem(item=item, body=body, received_at=_received(request))


def _as_it_came(item: Any) -> tuple[Any, bytes]:
    """The item as a poller would hand it on, and its bytes; half surrogate pairs are replaced."""
    if isinstance(item, str):
        return item, item.encode("utf-8", "replace")
    try:
        whole = read_item(item)
    except Unreadable as error:
        raise BadCall(f"item: {error}") from error
    return whole, msgspec.json.encode(whole)


def _body(request: dict[str, Any]) -> bytes:
    if "body_base64" in request:
        try:
            return base64.b64decode(str(request["body_base64"]), validate=True)
        except binascii.Error as error:
            raise BadCall(f"body_base64 is no base64: {error}") from error
    body = request.get("body") or ""
    return str(body).encode("utf-8", "surrogatepass")


def _received(request: dict[str, Any]) -> Timestamp:
    given = request.get("received_at")
    if given is None:
        return now()
    try:
        return canonical_time(str(given))
    except ValueError as error:
        raise BadCall(f"received_at: {error}") from error
