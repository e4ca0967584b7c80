"""Twilio's X-Twilio-Signature (docs/providers.md, 5.7; twilio-python, request_validator)."""

from collections.abc import Iterable, Iterator
from urllib.parse import parse_qsl, urlsplit, urlunsplit

from channels.sdk.delivery import Delivery
from channels.sdk.errors import Unreadable
from channels.sdk.read import read_pairs
from channels.sdk.signature import hmac_base64, same, same_as_any, sha256_hex

_PORTS = {"https": 443, "http": 80}


def is_signed(delivery: Delivery, given: str, tokens: Iterable[str], public_url: str) -> bool:
    """Whether any token signs this delivery under any spelling of its public address."""
    body = _signed_body(delivery)
    if body is None:
        return False
    texts = [
        (url + body).encode("utf-8", "surrogateescape") for url in addresses(delivery, public_url)
    ]
    return same_as_any(
        given, [hmac_base64(token, text, "sha1") for token in tokens for text in texts]
    )


def _signed_body(delivery: Delivery) -> str | None:
    """The text that follows the address; None where the body is not the one that was signed.

    A JSON body is not signed itself: the address carries its SHA-256. Nobody signed a form that
    cannot be read.
    """
    if delivery.method == "GET":
        return ""
    hashes = [value for name, value in parse_qsl(delivery.query) if name == "bodySHA256"]
    if hashes:
        return "" if same(hashes[0].lower(), sha256_hex(delivery.body)) else None
    try:
        pairs = set(read_pairs(delivery.body))
    except Unreadable:
        return None
    return "".join(name + value for name, value in sorted(pairs))


def addresses(delivery: Delivery, public_url: str) -> list[str]:
    """The public address in every spelling that Twilio may have signed, each once.

    `public_url` is what is configured at Twilio, in full or only its beginning; without it, the
    address as it came. The default port may be there or not, whatever was configured.
    """
    return list(dict.fromkeys(_spellings(delivery, public_url)))


def _spellings(delivery: Delivery, public_url: str) -> Iterator[str]:
    came = urlsplit(delivery.url)
    query = f"?{came.query}" if came.query else ""
    base = public_url.partition("#")[0]
    if base:
        candidates = [base, base + query, base.rstrip("/") + came.path + query]
    elif came.netloc:
        candidates = [delivery.url.partition("#")[0]]
    else:
        host = delivery.headers.get("host", "")
        candidates = [f"{scheme}://{host}{came.path}{query}" for scheme in _PORTS]
    for candidate in candidates:
        yield candidate
        yield from _with_and_without_port(candidate)


def _with_and_without_port(url: str) -> Iterator[str]:
    try:
        parts = urlsplit(url)
        port = _PORTS.get(parts.scheme)
        if port is None or (parts.port not in {None, port}):
            return
    except ValueError:
        return
    bare = parts.netloc.removesuffix(f":{port}")
    yield urlunsplit(parts._replace(netloc=bare))
    yield urlunsplit(parts._replace(netloc=f"{bare}:{port}"))
