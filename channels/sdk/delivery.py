"""A delivery as it came, and the reply that goes back. Plain values, no framework."""

from collections.abc import Mapping
from functools import lru_cache
from urllib.parse import urlsplit

import msgspec

from channels.sdk.times import Timestamp

_LONGEST_MEDIA_TYPE = 256
"""Characters; RFC 6838 allows 127 and a slash and 127."""


class Delivery(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """One HTTP request, untouched: what `verify` checks and `parse` reads."""

    method: str = "POST"
    url: str = "/"
    """As the provider called it, with its query; absolute where the caller knows the host."""
    headers: Mapping[str, str] = {}
    """Names in lower case."""
    body: bytes = b""
    remote_ip: str = ""
    received_at: Timestamp
    segments: tuple[str, ...] | None = None
    """The decoded path segments after `/in/{account}`; None where the gateway did not route it."""

    @property
    def query(self) -> str:
        return urlsplit(self.url).query

    @property
    def path(self) -> str:
        return urlsplit(self.url).path

    @property
    def content_type(self) -> str:
        """The media type in lower case without its parameters."""
        return _media_type(self.headers.get("content-type", "")[:_LONGEST_MEDIA_TYPE])


class PollItem(msgspec.Struct, frozen=True, kw_only=True):
    """What one poll brought: `item` is the decoded JSON object, the text or the bytes."""

    item: object
    received_at: Timestamp
    body: bytes = b""
    """The bytes of the item as they came: what is kept as raw."""


class Reply(msgspec.Struct, frozen=True, gc=False):
    """The answer to a delivery."""

    status: int = 200
    body: bytes = b""
    content_type: str = "text/plain; charset=utf-8"
    headers: tuple[tuple[str, str], ...] = ()


def media_type(content_type: str) -> str:
    """A Content-Type header's media type in lower case without its parameters."""
    return _media_type(content_type[:_LONGEST_MEDIA_TYPE])


@lru_cache(maxsize=256)
def _media_type(content_type: str) -> str:
    return content_type.partition(";")[0].strip().lower()


OK = Reply()
"""200 with an empty body."""


def json_reply(body: bytes, *, status: int = 200) -> Reply:
    return Reply(status, body, "application/json")
