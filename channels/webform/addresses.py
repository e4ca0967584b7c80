"""Identities that people type into forms: several in one field, handles, browsers' client ids.

All of them are claimed. A WhatsApp number is a telephone number too, so it gives both; a handle
of another network is an identity of its own value (`@Inna`, `t.me/inna` and `inna` are one).
"""

import re
from functools import lru_cache

import msgspec

from channels.sdk import identities
from channels.sdk.campaigns import google_client_id
from channels.sdk.handles import HANDLE, WA_LINK, value_of
from channels.sdk.lead import Identity
from channels.sdk.phones import parse_phone

_BETWEEN_PHONES = re.compile(r"[,;\n]|\s/\s|\sили\s|\sи\s|\sor\s")
_NUMBER = re.compile(r"\+?\d[\d\s().-]{8,24}\d")
_BETWEEN_EMAILS = re.compile(r"[,;\s]+")
_CLIENT_ID = re.compile(r"[\w.:\-]{1,128}", re.ASCII)
_WRITTEN_OUT = re.compile(r"\+|[78][\s(-]*\d{3}[\s)-]*\d{3}")
_NOT_A_HANDLE = frozenset({"telegram", "whatsapp", "instagram", "vkontakte", "false", "true"})
_LONGEST = 300
_MANY = 4
_REMEMBERED = 128
"""A form's addresses are read twice: to see whether they are right, and for the lead."""


@lru_cache(maxsize=_REMEMBERED)
def phones(text: str, country: str) -> tuple[Identity, ...]:
    """The numbers of a phone field; none where it holds no number."""
    whole = identities.phone(text, proof="claimed", country=country)
    if whole or len(text) > _LONGEST:
        return (whole,) if whole else ()
    pieces = [piece.strip() for piece in _BETWEEN_PHONES.split(text)][:_MANY]
    return _phones_of(pieces, country) or _phones_of(_among_words(text), country)


def _phones_of(pieces: list[str], country: str) -> tuple[Identity, ...]:
    return identities.present(
        *(identities.phone(piece, proof="claimed", country=country) for piece in pieces)
    )


def _among_words(text: str) -> list[str]:
    """Numbers in a remark: `89210001122, Инна, после шести`; no parts of a SIP address."""
    return [] if "@" in text else _NUMBER.findall(text)[:_MANY]


@lru_cache(maxsize=_REMEMBERED)
def emails(text: str) -> tuple[Identity, ...]:
    """The addresses of an e-mail field; none where it holds no address."""
    if len(text) > _LONGEST:
        return ()
    pieces = [text, *_BETWEEN_EMAILS.split(text)[:_MANY]]
    return identities.present(*(identities.email(piece, proof="claimed") for piece in pieces))


def whatsapp(text: str, country: str) -> tuple[Identity, ...]:
    """A WhatsApp number: the account by its digits, as WhatsApp itself names it, and the phone."""
    link = WA_LINK.fullmatch(text[:_LONGEST])
    number = parse_phone(f"+{link['digits']}" if link else text, country)
    if number is None:
        return ()
    digits = number.value.removeprefix("+")
    return (
        Identity(kind="whatsapp", value=digits, proof="claimed", raw=text),
        Identity(kind="phone", value=number.value, proof="claimed", raw=text),
    )


def handle(kind: str, text: str, country: str) -> tuple[Identity, ...]:
    """A user name, an id or a page's address in a network; a phone where that was typed instead."""
    if _is_rather_a_phone(text):
        return phones(text, country)
    found = HANDLE.fullmatch(text) if len(text) <= _LONGEST else None
    if found is None or not _plausible(found["name"].lower(), bool(found["marked"])):
        return ()
    account = identities.account(kind, value_of(kind, found["name"]), proof="claimed")
    return (msgspec.structs.replace(account, raw=text),) if account else ()


def visitor(text: str) -> tuple[Identity, ...]:
    """A browser by its client id, also as the whole `_ga` cookie; none for anything unlike it."""
    if not _CLIENT_ID.fullmatch(text):
        return ()
    found = identities.visitor(google_client_id(text) or text)
    return (msgspec.structs.replace(found, raw=text),) if found else ()


def anything(text: str, country: str) -> tuple[Identity, ...]:
    """What a field that only says "contact" holds: an address that is plainly one, or nothing."""
    if "@" in text[1:]:
        return emails(text)
    if text.startswith("@") or text.lower().startswith(("t.me/", "https://t.me/")):
        return handle("telegram", text, country)
    return phones(text, country) if _WRITTEN_OUT.match(text) else ()


def _is_rather_a_phone(text: str) -> bool:
    """Ids of messengers are shorter than eleven digits."""
    return text.startswith("+") or (text[:1] in {"7", "8"} and sum(map(str.isdigit, text)) == 11)


def _plausible(name: str, marked: bool) -> bool:
    return marked or (len(name) >= 5 and name not in _NOT_A_HANDLE)
