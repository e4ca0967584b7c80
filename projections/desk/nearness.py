"""Whether a request comes from this machine, and whether it shows the token (docs/adr/0011)."""

import hmac
import ipaddress
from collections.abc import Mapping
from typing import Final
from urllib.parse import urlsplit

_FORWARDED: Final = ("forwarded", "x-forwarded-for", "x-forwarded-host", "x-real-ip", "via")
_LONGEST_TOKEN: Final = 4096


def is_local(headers: Mapping[str, str]) -> bool:
    """It asks for this machine by a loopback name, and no header says that it was passed on.

    Names of headers in lower case. A proxy that hides itself is taken for this machine.
    """
    return is_loopback_name(headers.get("host", "")) and not any(n in headers for n in _FORWARDED)


def is_loopback_name(host: str) -> bool:
    """Whether a Host header names this machine to itself only."""
    try:
        name = urlsplit(f"//{host}").hostname or ""
    except ValueError:
        return False
    if name == "localhost" or name.endswith(".localhost"):
        return True
    try:
        return ipaddress.ip_address(name).is_loopback
    except ValueError:
        return False


def is_loopback(address: str) -> bool:
    """Likewise of an address to listen on, or of whoever is connected."""
    return is_loopback_name(f"[{address}]" if ":" in address else address)


def shows(token: str, headers: Mapping[str, str]) -> bool:
    """Whether the token came with the request, as programs send it; never where there is none."""
    kind, _, given = headers.get("authorization", "").partition(" ")
    return kind.lower() == "bearer" and is_token(token, given.strip())


def is_token(token: str, given: str) -> bool:
    """Compared in constant time; never true where no token is configured."""
    same = hmac.compare_digest(_digest(given), _digest(token))
    return same and bool(token)


def _digest(text: str) -> bytes:
    """Of one length, so that comparing tells nothing of how long the token is."""
    return hmac.digest(b"leadlog", text[:_LONGEST_TOKEN].encode(errors="replace"), "sha256")
