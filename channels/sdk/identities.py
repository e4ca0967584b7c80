"""Identities from what people and providers write: normalised value, proof, raw spelling.

Every function gives None for what identifies nobody, and never raises on hostile text.
"""

import re
from collections.abc import Sequence
from functools import lru_cache

import idna

from channels.sdk.lead import (
    MAX_IDENTITIES,
    MAX_IDENTITIES_OF_A_KIND,
    Identity,
    Mention,
    Proof,
)
from channels.sdk.phones import parse_international, parse_phone

_ADDRESS = re.compile(r"[^\s@<>\"(),:;\[\]\\]+@[^\s@<>\"(),:;\[\]\\]+\.[^\s@<>\"(),:;\[\]\\]+")
_LONGEST_ADDRESS = 254  # RFC 5321 4.5.3.1.3, less the angle brackets
_LONGEST_VALUE = 255
_LONGEST_KIND = 32
_KIND = re.compile(r"[a-z][a-z0-9_]*")


def phone(
    raw: str, *, proof: Proof, country: str = "RU", international: bool = False
) -> Identity | None:
    """A telephone number in any spelling; `international` where the provider omits the plus."""
    number = parse_international(raw) if international else parse_phone(raw, country)
    return Identity(kind="phone", value=number.value, proof=proof, raw=raw) if number else None


def contact_phone(raw: str, *, proof: Proof, country: str = "RU") -> Identity | None:
    """A number of a shared contact: as a rule international without plus, else as it was saved."""
    return phone(raw, proof=proof, international=True) or phone(raw, proof=proof, country=country)


def email(raw: str, *, proof: Proof) -> Identity | None:
    """An e-mail address: trimmed, compared without case, the domain in IDNA (SEMANTICS 2.1.3)."""
    value = normalise_email(raw)
    return Identity(kind="email", value=value, proof=proof, raw=raw) if value else None


def account(kind: str, user_id: str | int, *, proof: Proof = "attested") -> Identity | None:
    """A user of a messenger or social network, by the id that never changes."""
    value = str(user_id).strip()
    if not value or len(value) > _LONGEST_VALUE:
        return None
    return Identity(kind=kind, value=value, proof=proof, raw=value)


def visitor(client_id: str) -> Identity | None:
    """A browser by a site's client id; always claimed, for anybody can send it."""
    return account("visitor", client_id, proof="claimed")


def mention(identity: Identity) -> Mention:
    """The same address, as one that proves nothing about the sender."""
    return Mention(kind=identity.kind, value=identity.value, raw=identity.raw)


def present(*found: Identity | None) -> tuple[Identity, ...]:
    """Those that are there, in order of appearance, each (kind, value) once, attested wins."""
    there = tuple(filter(None, found))
    if len(there) < 2:
        return there
    best: dict[tuple[str, str], Identity] = {}
    for identity in there:
        key = (identity.kind, identity.value)
        if key not in best or (best[key].proof == "claimed" and identity.proof == "attested"):
            best[key] = identity
    return tuple(best.values())


def cap_identities(
    identities: Sequence[Identity],
) -> tuple[tuple[Identity, ...], tuple[Mention, ...]]:
    """The identities that count (8, of one kind 4) and the others as mentions (SEMANTICS 2.1.1)."""
    if len(identities) <= MAX_IDENTITIES_OF_A_KIND:
        return tuple(identities), ()
    kept: list[Identity] = []
    beyond: list[Mention] = []
    of_kind: dict[str, int] = {}
    for identity in identities:
        count = of_kind.get(identity.kind, 0)
        if len(kept) < MAX_IDENTITIES and count < MAX_IDENTITIES_OF_A_KIND:
            of_kind[identity.kind] = count + 1
            kept.append(identity)
        else:
            beyond.append(mention(identity))
    return tuple(kept), tuple(beyond)


def mentioned(
    *found: Identity | None, besides: Sequence[Identity] = (), most: int = 20
) -> tuple[Mention, ...]:
    """Addresses that prove nothing, each once and none that is an identity already (`besides`)."""
    known = {(identity.kind, identity.value) for identity in besides}
    unique = {(one.kind, one.value): mention(one) for one in found if one}
    return tuple(value for key, value in unique.items() if key not in known)[:most]


def normalise(kind: str, raw: str, country: str = "RU") -> str | None:
    """The normalised value of an identity of any kind, or None when `raw` is none of that kind."""
    if not _KIND.fullmatch(kind) or len(kind) > _LONGEST_KIND:
        return None
    if kind == "phone":
        number = parse_phone(raw, country)
        return number.value if number else None
    if kind == "email":
        return normalise_email(raw)
    value = raw.strip()
    return value if value and len(value) <= _LONGEST_VALUE else None


@lru_cache(maxsize=4096)
def normalise_email(raw: str) -> str | None:
    """The address in lower case with its domain in IDNA, or None when `raw` is no address."""
    trimmed = raw.strip().removeprefix("mailto:")
    if len(trimmed) > _LONGEST_ADDRESS or not _ADDRESS.fullmatch(trimmed):
        return None
    local, _, domain = trimmed.rpartition("@")
    domain = domain.lower().rstrip(".")
    if not domain.isascii():
        try:
            domain = idna.encode(domain, uts46=True).decode()
        except idna.IDNAError:
            return None
    return f"{local.lower()}@{domain}"
