"""Whether our own mail server found the sender's domain to be authentic (RFC 8601). Never raises.

Trusted are the `Authentication-Results` that name `authserv_id` and stand above the first
`Received` of a foreign server; of several the topmost verdict of each method counts, for a sender
can only put forged ones below ours. A verdict counts for the domain in From, or one above or
below it (relaxed alignment). SPF failing alone says nothing: forwarding breaks it.
"""

import re
from collections.abc import Iterator
from enum import Enum

from channels.email.headers import Headers

_COMMENT = re.compile(r"\([^()]*\)")
_RESULT = re.compile(r"\s*(dkim|spf|dmarc)\s*=\s*([a-z]+)(.*)", re.IGNORECASE | re.DOTALL)
_PROPERTY = re.compile(
    r"(header\.d|header\.i|header\.from|smtp\.mailfrom|smtp\.mail)\s*=\s*\"?([^\s\";]+)",
    re.IGNORECASE,
)
_BY = re.compile(r"\bby\s+([^\s;]+)", re.IGNORECASE)


class Verdict(Enum):
    """What our mail server says of the domain in From."""

    PASS = "pass"  # noqa: S105 - RFC 8601's word, no password
    FAIL = "fail"
    NONE = "none"


def verdict(headers: Headers, domain: str, authserv_id: str, own: frozenset[str]) -> Verdict:
    """PASS if dkim, spf or dmarc passed for `domain`; FAIL if dkim or dmarc failed; else NONE."""
    results: dict[str, list[tuple[str, str]]] = {}
    for field in _trusted(headers, authserv_id.strip().lower(), own):
        for method, found in _results(field).items():
            results.setdefault(method, found)
    failed = any(word == "fail" for word, _ in results.get("dmarc", []))
    if not failed and any(
        word == "pass" and _aligned(proven, domain, method)
        for method, found in results.items()
        for word, proven in found
    ):
        return Verdict.PASS
    failed = failed or any(word == "fail" for word, _ in results.get("dkim", []))
    return Verdict.FAIL if failed else Verdict.NONE


def _trusted(headers: Headers, authserv_id: str, own: frozenset[str]) -> Iterator[str]:
    reached_ours = False
    for name, value in headers:
        if name == "received":
            host = _by(value)
            ours = _is_ours(host, authserv_id, own)
            if not ours and (reached_ours or "." in host.strip("[]").rstrip(".")):
                return
            reached_ours |= ours
        elif name == "authentication-results" and _names(value, authserv_id):
            yield value


def _by(received: str) -> str:
    """The host that wrote a `Received`; an IP address or a bare name is an inner hop, as empty."""
    found = _BY.search(_COMMENT.sub("", received))
    host = found[1].lower() if found else ""
    return "" if ":" in host or re.fullmatch(r"[\[\]\d.]*", host) else host


def _is_ours(host: str, authserv_id: str, own: frozenset[str]) -> bool:
    _, _, parent = authserv_id.partition(".")
    zones = {authserv_id, *own} | ({parent} if "." in parent else set())
    return any(within(host, zone) for zone in zones)


def _names(value: str, authserv_id: str) -> bool:
    words = _COMMENT.sub("", value).partition(";")[0].lower().split()
    return bool(words) and within(words[0], authserv_id)


def _results(value: str) -> dict[str, list[tuple[str, str]]]:
    found: dict[str, list[tuple[str, str]]] = {}
    for piece in _COMMENT.sub("", value).split(";")[1:]:
        result = _RESULT.match(piece)
        if not result:
            continue
        properties = {name.lower(): proven.lower() for name, proven in _PROPERTY.findall(result[3])}
        method = result[1].lower()
        found.setdefault(method, []).append((result[2].lower(), _proven(method, properties)))
    return found


def _proven(method: str, properties: dict[str, str]) -> str:
    names = {
        "dkim": ("header.d", "header.i"),
        "spf": ("smtp.mailfrom", "smtp.mail"),
        "dmarc": ("header.from",),
    }[method]
    value = next((properties[name] for name in names if name in properties), "")
    return value.rpartition("@")[2].strip("<>.")


def _aligned(proven: str, domain: str, method: str) -> bool:
    """DMARC is about From by its nature, and some servers leave the domain out."""
    if not proven:
        return method == "dmarc"
    return "." in proven and (within(domain, proven) or within(proven, domain))


def within(domain: str, zone: str) -> bool:
    """Whether `domain` is `zone` or below it."""
    return bool(zone) and (domain == zone or domain.endswith(f".{zone}"))
