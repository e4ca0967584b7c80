"""Constant-time checks over raw bytes (SEMANTICS 1.2). Each returns a bool; `verify` raises."""

import base64
import binascii
import hashlib
import hmac
from collections.abc import Iterable


def same(given: str, expected: str) -> bool:
    """Compare two texts in constant time; an empty expectation is never met."""
    return bool(expected) and hmac.compare_digest(
        given.encode("utf-8", "surrogateescape"), expected.encode("utf-8", "surrogateescape")
    )


def same_as_any(given: str, expected: Iterable[str]) -> bool:
    """Compare with every one of `expected`, without stopping at the first that fits."""
    found = False
    for candidate in expected:
        found |= same(given, candidate)
    return found


def hmac_hex(secret: str | bytes, message: bytes, algorithm: str = "sha256") -> str:
    return hmac.digest(_bytes(secret), message, algorithm).hex()


def hmac_base64(secret: str | bytes, message: bytes, algorithm: str = "sha256") -> str:
    return base64.b64encode(hmac.digest(_bytes(secret), message, algorithm)).decode()


def sha256_hex(message: bytes) -> str:
    return hashlib.sha256(message).hexdigest()


def base64_or_none(text: str) -> bytes | None:
    """Decode base64 with or without padding; None when it is none."""
    try:
        return base64.b64decode(text + "=" * (-len(text) % 4), validate=True)
    except (binascii.Error, ValueError):
        return None


def _bytes(secret: str | bytes) -> bytes:
    return secret if isinstance(secret, bytes) else secret.encode()
