"""Seals what identifies a person with a key per leaf card (SEMANTICS 6.1).

AES-GCM with 128-bit keys; the stream's id is bound to the sealed text, so that no part can be
moved to another lead. Destroying the key makes the part unreadable, here and in every copy.
"""

import os

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from eventstore.domain.events import Id

Key = bytes
_KEY_BYTES = 16
_NONCE_BYTES = 12


class Tampered(Exception):
    """The sealed text or its place was changed."""


def new_key() -> Key:
    return os.urandom(_KEY_BYTES)


def seal(key: Key, stream: Id, plain: bytes) -> bytes:
    """Nonce and sealed text."""
    nonce = os.urandom(_NONCE_BYTES)
    return nonce + AESGCM(key).encrypt(nonce, plain, stream)


def unseal(key: Key, stream: Id, sealed: bytes) -> bytes:
    """The plain text; Tampered where key, stream or text do not belong together."""
    try:
        return AESGCM(key).decrypt(sealed[:_NONCE_BYTES], sealed[_NONCE_BYTES:], stream)
    except InvalidTag as error:
        raise Tampered(f"the personal part of {stream.hex()} cannot be opened") from error
