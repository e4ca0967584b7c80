"""The script that a site's owner puts beside a form, as the account's address serves it.

It is the same for every account and holds no secret, so it is served to anybody: from memory, a
few kilobytes, and hardly ever, for browsers keep it (docs/adr/0013). `v1` promises that the page's
side of it (attributes, events, what is stored in the browser) stays as it is.
"""

import gzip
from hashlib import sha256
from importlib import resources
from typing import Final

from channels.sdk.delivery import Delivery, Reply

NAMES: Final = frozenset({"snippet.js", "snippet.v1.js"})

_PLAIN: Final = (resources.files("channels.webform") / "snippet.js").read_bytes()
_SMALL: Final = gzip.compress(_PLAIN, 9, mtime=0)
_TAG: Final = f'"{sha256(_PLAIN).hexdigest()[:16]}"'
_HEADERS: Final = (
    ("Cache-Control", "public, max-age=3600, stale-while-revalidate=604800"),
    ("ETag", _TAG),
    ("Vary", "Accept-Encoding"),
    ("X-Content-Type-Options", "nosniff"),
    ("Cross-Origin-Resource-Policy", "cross-origin"),
)
_TYPE: Final = "text/javascript; charset=utf-8"


def snippet_reply(delivery: Delivery) -> Reply | None:
    """The script, where `delivery` asks for it by its name; None for any other request."""
    name = delivery.path.rpartition("/")[2]
    if delivery.method not in {"GET", "HEAD"} or name not in NAMES:
        return None
    if delivery.headers.get("if-none-match", "").removeprefix("W/") == _TAG:
        return Reply(304, b"", _TYPE, _HEADERS)
    if "gzip" in delivery.headers.get("accept-encoding", ""):
        return Reply(200, _SMALL, _TYPE, (*_HEADERS, ("Content-Encoding", "gzip")))
    return Reply(200, _PLAIN, _TYPE, _HEADERS)
