"""Secrets of the store: identities become keys by HMAC, so that no table holds a phone number."""

import hashlib
import hmac
import os
import secrets
from pathlib import Path

from channels.sdk.ids import NAMESPACE
from eventstore.domain.events import Id

_SECRET_BYTES = 32
_ROOT = NAMESPACE.bytes


class Keyring:
    """The key of identities. Losing it makes every returning customer look new."""

    def __init__(self, secret: bytes) -> None:
        if len(secret) < _SECRET_BYTES:
            raise ValueError(f"the identity secret has {len(secret)} bytes; at least 32 are needed")
        self._secret = secret

    @classmethod
    def open(cls, path: Path) -> "Keyring":
        """Read the secret, or make one at the first start; only the owner may read the file."""
        try:
            return cls(path.read_bytes())
        except FileNotFoundError:
            path.parent.mkdir(parents=True, exist_ok=True)
            fresh = path.with_name(f"{path.name}.{os.getpid()}")
            with os.fdopen(os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as f:
                f.write(secrets.token_bytes(_SECRET_BYTES))
                f.flush()
                os.fsync(f.fileno())
            try:
                os.link(fresh, path)  # the first of two starters wins
            except FileExistsError:
                pass
            finally:
                fresh.unlink()
            return cls(path.read_bytes())

    def leaf(self, kind: str, value: str) -> Id:
        """The leaf card's id of an identity: uuid5 of its HMAC (SEMANTICS 2.2.4)."""
        return derived(hmac.digest(self._secret, f"{kind}:{value}".encode(), "sha256"))

    def record_key(self, kind: str, value: str) -> bytes:
        """The lead log's partitioning key of an identity."""
        return hmac.digest(self._secret, f"log/{kind}:{value}".encode(), "sha256")[:16]


def derived(name: bytes) -> Id:
    """uuid5 of `name` under leadlog's namespace, as 16 bytes."""
    digest = bytearray(hashlib.sha1(_ROOT + name, usedforsecurity=False).digest()[:16])
    digest[6] = digest[6] & 0x0F | 0x50
    digest[8] = digest[8] & 0x3F | 0x80
    return bytes(digest)
