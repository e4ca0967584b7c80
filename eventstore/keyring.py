"""Secrets of the store: identities become keys by HMAC, so that no table holds a phone number."""

import hashlib
import hmac
import os
import secrets
import tempfile
from contextlib import suppress
from functools import lru_cache
from pathlib import Path

from channels.sdk.ids import NAMESPACE
from eventstore.domain.events import Id

_SECRET_BYTES = 32
_BLOCK_BYTES = 64
_REMEMBERED = 4096
"""Identities of some batches: within one, each is asked for several times."""
_ROOT = hashlib.sha1(NAMESPACE.bytes, usedforsecurity=False)


class Keyring:
    """The key of identities. Losing it makes every returning customer look new."""

    def __init__(self, secret: bytes) -> None:
        if len(secret) < _SECRET_BYTES:
            raise ValueError(f"the identity secret has {len(secret)} bytes; at least 32 are needed")
        self._secret = secret
        key = (secret if len(secret) <= _BLOCK_BYTES else hashlib.sha256(secret).digest()).ljust(
            _BLOCK_BYTES, b"\0"
        )
        # The two halves of HMAC-SHA256 with the key worked in: half the cost of `hmac.digest`.
        self._inner = hashlib.sha256(bytes(byte ^ 0x36 for byte in key))
        self._outer = hashlib.sha256(bytes(byte ^ 0x5C for byte in key))
        self._leaf = lru_cache(maxsize=_REMEMBERED)(self._new_leaf)

    @classmethod
    def open(cls, path: Path) -> "Keyring":
        """Read the secret, or make one at the first start; only the owner may read the file."""
        try:
            return cls(path.read_bytes())
        except FileNotFoundError:
            path.parent.mkdir(parents=True, exist_ok=True)
            _make_secret(path)
            return cls(path.read_bytes())

    def leaf(self, kind: str, value: str) -> Id:
        """The leaf card's id of an identity: uuid5 of its HMAC (SEMANTICS 2.2.4)."""
        return self._leaf(f"{kind}:{value}")

    def record_key(self, kind: str, value: str) -> bytes:
        """The lead log's partitioning key of an identity."""
        return self._hmac(f"log/{kind}:{value}")[:16]

    def sealing_key(self, what: str) -> bytes:
        """Seals what identifies persons and is of none of them alone, such as a list of many."""
        return hmac.digest(self._secret, f"seal/{what}".encode(), "sha256")[:16]

    def _new_leaf(self, text: str) -> Id:
        return derived(self._hmac(text))

    def _hmac(self, text: str) -> bytes:
        inner, outer = self._inner.copy(), self._outer.copy()
        inner.update(text.encode())
        outer.update(inner.digest())
        return outer.digest()


def _make_secret(path: Path) -> None:
    """Durably; of several that make one at once the first wins."""
    # A name of its own: a process that was killed here, and had our number, left one behind.
    descriptor, fresh = tempfile.mkstemp(prefix=f"{path.name}.", dir=path.parent)
    try:
        with os.fdopen(descriptor, "wb") as file:
            file.write(secrets.token_bytes(_SECRET_BYTES))
            file.flush()
            os.fsync(descriptor)
        with suppress(FileExistsError):
            os.link(fresh, path)
    finally:
        Path(fresh).unlink()


def derived(name: bytes) -> Id:
    """uuid5 of `name` under leadlog's namespace, as 16 bytes."""
    named = _ROOT.copy()
    named.update(name)
    digest = named.digest()
    version, variant = digest[6] & 0x0F | 0x50, digest[8] & 0x3F | 0x80
    return b"%b%c%b%c%b" % (digest[:6], version, digest[7:8], variant, digest[9:16])
